-- name: by_version
-- $1 process, $2 names of events that are no answer to a lead, $3 how long after its entry a lead is looked at: of leads that
-- entered later than that ago nothing is counted. Null looks at all that has happened.
with
    entered as (
        -- The version that it entered on is that of the event: a stay goes along to another one.
        select distinct on (visit.lead)
            visit.lead, event.digest, visit.entered_at as since, visit.entered_at + $3::interval as until
        from visit
        join event on (event.lead, event.seq) = (visit.lead, visit.entered_seq)
        join lead on lead.key = visit.lead and lead.merged_into is null
        where visit.process = $1
        order by visit.lead, visit.entered_seq
    ),
    looked_at as (
        select lead, digest, since, coalesce(until, 'infinity') as until
        from entered
        where until is null or until <= now()
    ),
    come as (
        select
            looked_at.lead,
            bool_or(visit.status in ('Contacted', 'Working', 'Converted')) as contacted,
            bool_or(visit.status in ('Working', 'Converted')) as working,
            (array_agg(visit.kind order by visit.entered_seq desc))[1] as stands
        from looked_at
        join visit on visit.lead = looked_at.lead and visit.process = $1 and visit.entered_at <= looked_at.until
        group by looked_at.lead
    ),
    breached as (
        select clock.lead, count(*) as breaches
        from clock
        join looked_at on looked_at.lead = clock.lead
        where clock.process = $1 and clock.breached_at between looked_at.since and looked_at.until
        group by clock.lead
    ),
    answered as (
        select event.lead, min(event.at) as at
        from event
        join looked_at on looked_at.lead = event.lead
        where
            event.process = $1
            and event.by not in ('system', 'clock', 'lead')
            and event.happening <> all($2::text[])
            and event.at between looked_at.since and looked_at.until
        group by event.lead
    )
select
    definition.version,
    definition.digest,
    count(looked_at.lead) as leads,
    count(*) filter (where come.contacted) as contacted,
    count(*) filter (where come.working) as working,
    count(*) filter (where come.stands = 'won') as converted,
    count(*) filter (where come.stands = 'lost') as lost,
    count(*) filter (where come.stands in ('open', 'waiting')) as open,
    coalesce(sum(breached.breaches), 0)::bigint as breaches,
    count(breached.lead) as leads_breached,
    count(answered.lead) as answered,
    percentile_cont(0.5) within group (
        order by extract(epoch from answered.at - looked_at.since)
    )::double precision as median_seconds_to_answer
from definition
left join looked_at on looked_at.digest = definition.digest
left join come on come.lead = looked_at.lead
left join breached on breached.lead = looked_at.lead
left join answered on answered.lead = looked_at.lead
where definition.process = $1
group by definition.version, definition.digest
order by definition.version desc;
