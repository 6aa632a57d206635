-- name: run
-- Bring the clock ledger of a lead up to its state. A clock that is there and was open goes on, unless it began anew;
-- one that is there and was not open starts; one that was open and is gone has ended, as said or without a word.
-- $1 lead, $2 cycle, $3 seq, $4 at, $5 process, $6 digest, $7 owner, $8 present, $9 endings, $10 measured
with present as (
    select *
    from jsonb_to_recordset($8) as p (
        scope text, name text, title text, state text, counts_from timestamptz, due_at timestamptz, calendar text,
        breached_at timestamptz, resumed boolean, counts_on boolean, was_scope text, was_name text, taken_up boolean
    )
), endings as (
    select * from jsonb_to_recordset($9) as e (scope text, name text, ending text, breached_at timestamptz)
), measured as (
    select * from jsonb_to_recordset($10) as m (scope text, name text, raw double precision, working double precision)
), fate as (
    select
        clock.cycle,
        clock.started_seq,
        clock.scope,
        clock.name,
        case
            when endings.ending <> 'breached' then endings.ending
            when present.name is null then coalesce(endings.ending, 'dropped')
            when present.breached_at is null and coalesce(endings.breached_at, clock.breached_at) is not null then 'breached'
            -- A clock taken up after a pause counts from then on: it is the same one all the same.
            when present.counts_from <> clock.counts_from and not present.resumed then 'restarted'
        end as ending,
        coalesce(endings.breached_at, clock.breached_at) as breached_at,
        clock.raw_before + measured.raw as raw,
        clock.working_before + measured.working as working,
        clock.counts_from,
        clock.raw_before,
        clock.working_before,
        clock.raw_seconds,
        clock.working_seconds
    from clock
    left join present using (scope, name)
    left join endings using (scope, name)
    left join measured using (scope, name)
    where clock.lead = $1 and clock.ended_at is null
), ended as (
    update clock
    set state = 'ended',
        ending = fate.ending,
        ended_at = $4,
        ended_seq = $3,
        -- What was missed is missed once: of a clock that goes on elsewhere, there.
        breached_at = case when fate.ending <> 'moved' then fate.breached_at end,
        raw_seconds = coalesce(fate.raw, clock.raw_seconds),
        working_seconds = coalesce(fate.working, clock.working_seconds)
    from fate
    where (clock.lead, clock.cycle, clock.started_seq, clock.scope, clock.name)
        = ($1, fate.cycle, fate.started_seq, fate.scope, fate.name)
        and fate.ending is not null
), went_on as (
    update clock
    set state = present.state,
        title = present.title,
        digest = $6,
        owner = $7,
        due_at = present.due_at,
        calendar = present.calendar,
        breached_at = fate.breached_at,
        raw_seconds = coalesce(fate.raw, clock.raw_seconds),
        working_seconds = coalesce(fate.working, clock.working_seconds),
        raw_before = case
            when present.state = 'paused' or present.counts_on then coalesce(fate.raw, clock.raw_before)
            else clock.raw_before
        end,
        working_before = case
            when present.state = 'paused' or present.counts_on then coalesce(fate.working, clock.working_before)
            else clock.working_before
        end
    from fate
    join present using (scope, name)
    where (clock.lead, clock.cycle, clock.started_seq, clock.scope, clock.name)
        = ($1, fate.cycle, fate.started_seq, fate.scope, fate.name)
        and fate.ending is null
), earlier as (
    -- What a clock counted under the name that it had in another version, or before it was closed with that.
    select
        present.scope,
        present.name,
        fate.counts_from,
        case when present.counts_on then coalesce(fate.raw, fate.raw_before) else fate.raw_before end as raw_before,
        case when present.counts_on then coalesce(fate.working, fate.working_before) else fate.working_before end as working_before,
        fate.raw_seconds,
        fate.working_seconds
    from present
    join fate on (fate.scope, fate.name) = (present.was_scope, present.was_name)
    union all
    select
        present.scope,
        present.name,
        dropped.counts_from,
        coalesce(dropped.raw_seconds, 0),
        coalesce(dropped.working_seconds, 0),
        dropped.raw_seconds,
        dropped.working_seconds
    from present
    cross join lateral (
        select clock.counts_from, clock.raw_seconds, clock.working_seconds
        from clock
        where clock.lead = $1
            and (clock.scope, clock.name) = (present.scope, present.name)
            and clock.ending = 'dropped'
        order by clock.ended_seq desc
        limit 1
    ) as dropped
    where present.taken_up
)
insert into clock (
    lead, cycle, started_seq, scope, name, title, process, digest, owner, counts_from, due_at, calendar, state, breached_at,
    raw_seconds, working_seconds, raw_before, working_before
)
select
    $1, $2, $3, present.scope, present.name, title, $5, $6, $7, coalesce(earlier.counts_from, present.counts_from),
    due_at, calendar, state, breached_at,
    earlier.raw_seconds, earlier.working_seconds, coalesce(earlier.raw_before, 0), coalesce(earlier.working_before, 0)
from present
left join earlier on (earlier.scope, earlier.name) = (present.scope, present.name)
where not exists (select from fate where (fate.scope, fate.name) = (present.scope, present.name) and fate.ending is null)
on conflict (lead, cycle, started_seq, scope, name) do nothing;
