-- name: left_by_people
-- How stays in the stages of a process ended that people ended, and how many others did: by a deadline, a system or the lead.
-- Working seconds are those of whoever had the lead in the end. To move to another version, or to be merged, is no end that leads come to.
with
    stay as (
        select
            visit.stage,
            visit.left_by as event,
            visit.working_seconds,
            event.by not in ('system', 'clock', 'lead') as by_people
        from visit
        join event on (event.lead, event.seq) = (visit.lead, visit.left_seq)
        where visit.process = $1 and visit.left_at is not null and event.happening not in ('moved', 'merged')
    )
select
    stage,
    count(*) as stays,
    count(*) filter (where by_people) as by_people,
    percentile_cont(0.5) within group (order by working_seconds)
        filter (where by_people and working_seconds is not null) as median_seconds,
    percentile_cont(0.9) within group (order by working_seconds)
        filter (where by_people and working_seconds is not null) as p90_seconds
from stay
group by stage
having count(*) filter (where by_people and working_seconds is not null) >= $2
order by stage;

-- name: events_of_people
-- Which events people have ended stays with, and how often.
select visit.stage, event.happening as event, count(*) as times
from visit
join event on (event.lead, event.seq) = (visit.lead, visit.left_seq)
where
    visit.process = $1
    and visit.left_at is not null
    and event.by not in ('system', 'clock', 'lead')
    and event.happening not in ('moved', 'merged')
group by visit.stage, event.happening
order by visit.stage, event.happening;

-- name: first_contacts
-- How long it was, day and night, until somebody did something in a stage that left the lead there.
with
    first_one as (
        select visit.stage, min(event.at) - visit.entered_at as wait
        from visit
        join event on event.lead = visit.lead
            and event.seq > visit.entered_seq
            and (visit.left_seq is null or event.seq < visit.left_seq)
            and event.by not in ('system', 'clock', 'lead')
        where visit.process = $1 and event.happening = any ($3::text[])
        group by visit.lead, visit.cycle, visit.stage, visit.number, visit.entered_at
    )
select
    stage,
    extract(epoch from percentile_cont(0.5) within group (order by wait))::double precision as median_seconds,
    extract(epoch from percentile_cont(0.9) within group (order by wait))::double precision as p90_seconds
from first_one
group by stage
having count(*) >= $2
order by stage;
