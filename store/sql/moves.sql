-- name: in_flight
-- Leads that run on version $1, in the order of their keys, from $2 on.
select snapshot from lead where state = 'running' and digest = $1 and key > $2 order by key limit $3;

-- name: standing_in
-- How many leads that run on version $1 stand in each of its stages.
select stage, count(*) as leads from lead where state = 'running' and digest = $1 group by stage;

-- name: under_way
-- The run of this very plan, unless it was taken back.
select id from move_run where (origin, target) = ($1, $2) and md5(plan::text) = md5($3::jsonb::text) and back_at is null;

-- name: start
insert into move_run (process, from_version, to_version, origin, target, plan, source, reason, started_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
returning *;

-- name: runs
-- Runs, the latest first, with how many leads each moved, moved back and could not.
select
    move_run.*,
    (select count(*) from event where event.happening = 'moved' and event.id = 'move:' || move_run.id) as moved,
    (select count(*) from event where event.happening = 'moved' and event.id = 'back:' || move_run.id) as returned,
    (select count(*) from move_blocked where move_blocked.run = move_run.id and not move_blocked.back) as blocked,
    (select count(*) from move_blocked where move_blocked.run = move_run.id and move_blocked.back) as stays
from move_run
where $1::bigint is null or move_run.id = $1
order by move_run.id desc;

-- name: finish
update move_run set finished_at = now() where id = $1 and back_at is null;

-- name: reopen
update move_run set finished_at = null where id = $1 and back_at is null;

-- name: begin_back
update move_run set back_by = $2, back_reason = $3, back_at = now() where id = $1 and back_at is null;

-- name: finish_back
update move_run set back_done_at = now() where id = $1;

-- name: blocked
insert into move_blocked (run, lead, back, code, why)
values ($1, $2, $3, $4, $5)
on conflict (run, lead, back) do update set code = excluded.code, why = excluded.why, tried_at = now();

-- name: moved
delete from move_blocked where (run, lead, back) = ($1, $2, $3);

-- name: in_the_way
select lead, code, why from move_blocked where run = $1 and back = $2 order by lead;

-- name: moved_by
-- The leads that a run has moved and that have not been moved back, with what the move made of each; in the order of keys, from $2
-- on. `gone_on`: since then the lead has come to another stage, or begun another cycle, or gone to another version.
select
    moved.lead,
    moved.decision,
    (select earlier.decision from event as earlier where (earlier.lead, earlier.seq) = (moved.lead, moved.seq - 1)) as before,
    (select earlier.settled from event as earlier where (earlier.lead, earlier.seq) = (moved.lead, moved.seq - 1)) as before_settled,
    lead.snapshot,
    array(
        select later.happening from event as later where later.lead = moved.lead and later.seq > moved.seq order by later.seq
    ) as since,
    exists (
        select from event as later
        where later.lead = moved.lead
            and later.seq > moved.seq
            and (later.from_stage <> later.to_stage or later.cycle <> moved.cycle or later.digest <> moved.digest)
    ) or lead.state <> 'running' as gone_on
from event as moved
join lead on lead.key = moved.lead
where moved.happening = 'moved'
    and moved.id = 'move:' || $1
    and moved.lead > $2
    and not exists (select from event as back where (back.lead, back.id) = (moved.lead, 'back:' || $1))
order by moved.lead
limit $3;

-- name: alone
-- One migration of a process at a time; until the connection closes.
select pg_try_advisory_lock(hashtext('leadflow move'), hashtext($1));
