-- name: take_turns
-- Until the transaction ends nobody else begins a merge or a way back: each sees what the one before made of it.
select pg_advisory_xact_lock(hashtextextended('merges of leadflow', 0));

-- name: begin
insert into lead_merge (loser, survivor, rule, by, reason) values ($1, $2, $3, $4, $5) returning *;

-- name: numbered
select * from lead_merge where id = $1;

-- name: of_loser
-- The merge that a lead is the loser of, unless it was undone.
select * from lead_merge where loser = $1 and undone_at is null;

-- name: into
-- The merges that a lead is the survivor of, in the order in which they were begun; those that were undone are none.
select * from lead_merge where survivor = $1 and undone_at is null order by id;

-- name: under_way
-- Merges and ways back that have begun and not come to their end.
select * from lead_merge where done_at is null or (undo_at is not null and undone_at is null) order by id;

-- name: finish
update lead_merge set done_at = now() where id = $1 and done_at is null returning true;

-- name: drop
-- It was refused: nothing has happened to either lead.
delete from lead_merge
where id = $1
    and done_at is null
    and not exists (select from event where event.lead = lead_merge.loser and event.id = 'merge:' || lead_merge.id);

-- name: begin_undo
update lead_merge set undo_at = now(), undo_by = $2, undo_reason = $3 where id = $1 and undo_at is null;

-- name: drop_undo
-- The way back was refused: nothing of it has happened.
update lead_merge set undo_at = null, undo_by = null, undo_reason = null
where id = $1
    and undone_at is null
    and not exists (select from event where event.lead in (loser, survivor) and event.id = 'unmerge:' || lead_merge.id);

-- name: finish_undo
update lead_merge set undone_at = now() where id = $1 and undone_at is null returning true;

-- name: deed
-- What a lead's part in a merge was: the decision with this id, and the one before it with its answers.
select
    event.decision,
    event.settled,
    (select earlier.decision from event as earlier where (earlier.lead, earlier.seq) = (event.lead, event.seq - 1)) as before,
    (select earlier.settled from event as earlier where (earlier.lead, earlier.seq) = (event.lead, event.seq - 1)) as before_settled
from event
where (event.lead, event.id) = ($1, $2);

-- name: person
select personal, erased_at is not null as erased from lead where key = $1;

-- name: comes_along
-- How much of a lead is to come along: touches, notes and tasks that are not done.
select
    (select count(*) from touch join lead_counted on lead_counted.lead = touch.lead where lead_counted.counts_for = $1) as touches,
    (select count(*) from note where lead = $1) as notes,
    (select count(*) from task where lead = $1 and done_at is null) as tasks;

-- name: merged
-- $1 the loser, $2 the survivor, $3 number of the decision, $4 when. The stay in its stage is over, and what is still to be done is
-- the survivor's: on the list of whoever has that.
with stay as (
    update visit set left_at = $4, left_seq = $3, left_by = 'merged' where lead = $1 and left_at is null
), noted as (
    insert into lead_merge_task (merge, task, person)
    select lead_merge.id, task.key, task.person
    from lead_merge
    join task on task.lead = lead_merge.loser
    where lead_merge.loser = $1 and lead_merge.undone_at is null and task.done_at is null
    on conflict do nothing
    returning task
)
update task
set lead = $2,
    person = case task.meant_for when 'owner' then stays.owner when 'team_leader' then stays.leader else task.person end
from noted, lead as stays
where task.key = noted.task and stays.key = $2;

-- name: parted
-- $1 the loser, $2 number of the decision. Its stay and its clocks go on, and its tasks come back, those too that were done for it
-- meanwhile.
with stay as (
    update visit set left_at = null, left_seq = null, left_by = null, working_seconds = null
    where lead = $1 and left_by = 'merged'
), again as (
    delete from clock as fresh
    using clock as ended
    where (fresh.lead, fresh.started_seq) = ($1, $2)
        and (ended.lead, ended.cycle, ended.scope, ended.name, ended.ending) = ($1, fresh.cycle, fresh.scope, fresh.name, 'merged')
    returning fresh.scope, fresh.name, fresh.state, fresh.due_at, fresh.calendar, ended.started_seq
), goes_on as (
    update clock
    set state = again.state,
        due_at = again.due_at,
        calendar = again.calendar,
        ended_at = null,
        ended_seq = null,
        ending = null,
        -- One that runs counts from now on.
        raw_before = case when again.state in ('running', 'suspended') then coalesce(clock.raw_seconds, 0) else clock.raw_before end,
        working_before = case
            when again.state in ('running', 'suspended') then coalesce(clock.working_seconds, 0) else clock.working_before
        end
    from again
    where clock.lead = $1
        and clock.ending = 'merged'
        and (clock.scope, clock.name, clock.started_seq) = (again.scope, again.name, again.started_seq)
), back as (
    select lead_merge_task.task, lead_merge_task.person
    from lead_merge
    join lead_merge_task on lead_merge_task.merge = lead_merge.id
    where lead_merge.loser = $1 and lead_merge.undone_at is null
)
update task
set lead = $1,
    person = case task.meant_for when 'owner' then loser.owner when 'team_leader' then loser.leader else back.person end
from back, lead as loser
where task.key = back.task and loser.key = $1;

-- name: pairs_follow
-- Whoever may be the loser may be the survivor: what nobody has decided about the one is asked about the other.
insert into possible_match (one, other, points, why, found_at)
select least($2, third.key), greatest($2, third.key), pair.points, pair.why, pair.found_at
from possible_match as pair
cross join lateral (select case when pair.one = $1 then pair.other else pair.one end as key) as third
join lead on lead.key = third.key and lead.merged_into is null
where pair.state = 'open' and $1 in (pair.one, pair.other) and third.key <> $2
on conflict (one, other) do nothing;
