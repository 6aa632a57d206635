-- name: lead
select
    key, source_system, external_id, state, first_source, first_campaign, first_channel, origin,
    out_of_scope_rule, out_of_scope_reason, registered_at, erased_at, past_from
from lead
where key = $1;

-- name: fields
select snapshot -> 'fields' from lead where key = $1;

-- name: personal
select personal from lead where key = $1;

-- name: merged_in
select key from lead where merged_into = $1 order by arrived_at, key;

-- name: visits
select cycle, stage, number, process, status, kind, entered_at, entered_by, left_at, left_by, working_seconds
from visit
where lead = $1
order by entered_seq;

-- name: events
select cycle, seq, at, happening, by, owner, from_stage, to_stage, codes, changes, words, digest
from event
where lead = $1
order by seq;

-- name: assignments
select id, cycle, seq, at, mode, asked, ownership, person, team, leader, earlier, rule, because, segment, explanation, digest
from assignment
where lead = $1
order by id;

-- name: scores
select cycle, seq, at, table_name, total, priority, grade, parts, why, digest
from score
where lead = $1
order by seq;

-- name: clocks
select
    cycle, scope, name, title, owner, counts_from, due_at, calendar, state, breached_at, ended_at, ending, raw_seconds, working_seconds
from clock
where lead = $1
order by started_seq, counts_from, name;

-- name: notices
select key, at, recipient, name, template, channels, subject, status, attempts, delivered_channel, delivered_at, digest
from notification
where lead = $1
order by at, key;

-- name: tasks
select key, lead, meant_for, person, title, due_at, created_at, done_at, done_by
from task
where lead = $1
order by created_at, key;

-- name: touches
select at, source, campaign, channel, origin, idempotency_key, payload, invalid
from touch
where lead = $1
order by at, id;

-- name: touches_as_sent
-- For those who may see what is personal.
select at, source, campaign, channel, origin, idempotency_key, payload, invalid, raw
from touch
where lead = $1
order by at, id;

-- name: notes
select id, cycle, seq, at, by, text
from note
where lead = $1
order by at, id;
