-- name: until
-- How far the past goes.
select greatest(now(), max(at)) from event;

-- name: leads
-- Leads that a workflow has taken up, but for those that are another one by now, in the order in which they arrived. $1: those that arrived before.
select key, title, arrived_at
from lead
where state not in ('out_of_scope', 'merged') and seq > 0 and ($1::timestamptz is null or arrived_at < $1)
order by arrived_at, key;

-- name: decisions
-- All their decisions, each with whether a note came with it and with its place in the row of all assignments.
select
    event.lead,
    event.decision,
    event.settled,
    exists (select from note where (note.lead, note.cycle, note.seq) = (event.lead, event.cycle, event.seq)) as note,
    assignment.id as turn
from event
join lead on lead.key = event.lead
left join assignment on (assignment.lead, assignment.cycle, assignment.seq) = (event.lead, event.cycle, event.seq)
where lead.state <> 'merged' and ($1::timestamptz is null or lead.arrived_at < $1)
order by event.lead, event.seq;

-- name: touches
select touch.lead, touch.idempotency_key, touch.source, touch.campaign, touch.channel, touch.payload
from touch
join lead on lead.key = touch.lead
where lead.state not in ('out_of_scope', 'merged') and ($1::timestamptz is null or lead.arrived_at < $1)
order by touch.lead, touch.id;

-- name: staffings
select at, people, teams from roster_past order by id;

-- name: leave
select at, leave, person, starts_at, ends_at, taken_over from leave_past order by at, id;

-- name: published
-- Every version with the share of new leads that it was given, as often as that changed. One without a share took all.
select
    published_at as at, process, version, digest,
    coalesce((
        select share from definition_share
        where (definition_share.process, definition_share.version) = (definition.process, definition.version)
            and set_at = published_at
        order by id limit 1
    ), 100) as share
from definition
union all
select set_at, process, version, digest, definition_share.share
from definition_share
join definition using (process, version)
order by at, version;
