-- name: known
-- $1 the source system, $2 ids: those that were here before, as a lead or as the same as another.
select external_id from lead where source_system = $1 and external_id = any ($2)
union
select external_id from lead_alias where source_system = $1 and external_id = any ($2);

-- name: leads
-- A row comes back for each that was entered. $1: rows.
insert into lead (
    key, title, source_system, external_id, arrived_at, first_source, first_campaign, first_channel, origin, past_from, state,
    process, version, digest, cycle, seq, stage, status, kind, entered_at, ownership, owner, team, leader, assigned_at, owner_because,
    hops, segment, score, priority, grade, value, currency, probability, fields, personal, known, missing, on_hold, due_at, due_clock,
    overdue_since, wakes_at, last_event_at, closed_at, snapshot
)
select
    key, title, source_system, external_id, arrived_at, first_source, first_campaign, first_channel, origin, past_from, state,
    process, version, digest, cycle, seq, stage, status, kind, entered_at, ownership, owner, team, leader, assigned_at, owner_because,
    hops, segment, score, priority, grade, value, currency, probability, fields, personal, known, missing, on_hold, due_at, due_clock,
    overdue_since, wakes_at, last_event_at, closed_at, snapshot
from jsonb_populate_recordset(null::lead, $1)
on conflict do nothing
returning key;

-- name: touches
insert into touch (lead, at, source, campaign, channel, origin, idempotency_key, payload, raw, invalid, missing, wanted, filled)
select lead, at, source, campaign, channel, origin, idempotency_key, payload, raw, invalid, missing, wanted, filled
from jsonb_populate_recordset(null::touch, $1);

-- name: events
insert into event (
    lead, cycle, seq, at, happening, by, owner, process, digest, from_stage, to_stage, codes, changes, words, id, decision, settled
)
select
    lead, cycle, seq, at, happening, by, owner, process, digest, from_stage, to_stage, codes, changes, words, id, decision, settled
from jsonb_populate_recordset(null::event, $1);

-- name: visits
insert into visit
select * from jsonb_populate_recordset(null::visit, $1);

-- name: clocks
insert into clock
select * from jsonb_populate_recordset(null::clock, $1);

-- name: assignments
insert into assignment (
    lead, cycle, seq, at, mode, asked, ownership, person, team, leader, earlier, rule, because, explanation, segment, digest
)
select
    lead, cycle, seq, at, mode, asked, ownership, person, team, leader, earlier, rule, because, explanation, segment, digest
from jsonb_populate_recordset(null::assignment, $1)
order by at;

-- name: scores
insert into score
select * from jsonb_populate_recordset(null::score, $1);

-- name: notes
insert into note (lead, cycle, seq, at, by, text)
select lead, cycle, seq, at, by, text from jsonb_populate_recordset(null::note, $1);

-- name: to_be_found
-- By what they are found again is made before their pool is next asked.
insert into contact (lead, stale) select key, true from unnest($1::text[]) as key;

-- name: remarks
insert into import_remark (lead, source_system, file, line, code, what, mended)
select lead, source_system, file, line, code, what, mended from jsonb_populate_recordset(null::import_remark, $1)
on conflict do nothing;

-- name: remarks_of
select file, line, code, what, mended from import_remark where lead = $1 order by file, line, id;
