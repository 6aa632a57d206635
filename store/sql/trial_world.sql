-- name: clear
-- Everything about leads and people; published definitions stay.
truncate
    lead, identity, touch, note, parcel, event, visit, assignment, score, clock, notification, task, team, person, team_member,
    roster_load, leave, hours_change
restart identity cascade;

-- name: put_workload
-- So many open leads of somebody. $1 begins their keys, $2 how many, $3 person, $4 since when.
insert into lead (key, title, source_system, external_id, state, arrived_at, kind, ownership, owner, snapshot)
select $1 || number, 'Another lead', 'other', $1 || number, 'running', $4, 'open', 'person', $3, '{}'
from generate_series(1, $2::integer) as number;

-- name: put_account
-- A lead of a company that was won by somebody. $1 key, $2 company, $3 person, $4 when.
insert into lead (
    key, title, source_system, external_id, state, arrived_at, kind, ownership, owner, assigned_at, fields, snapshot
)
values ($1, 'Another lead', 'other', $1, 'closed', $4, 'won', 'person', $3, $4, jsonb_build_object('company', $2::text), '{}');

-- name: seq
select seq from lead where key = $1;

-- name: explanations
select explanation from assignment where lead = $1 order by id;

-- name: tasks
select key, title, meant_for from task where lead = $1 order by key;
