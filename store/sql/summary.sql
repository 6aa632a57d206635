-- name: totals
select
    count(*) filter (where state not in ('out_of_scope', 'merged')) as leads,
    count(*) filter (where state = 'received') as received,
    count(*) filter (where state = 'running' and kind in ('open', 'waiting')) as open,
    count(*) filter (where kind = 'won') as won,
    count(*) filter (where kind = 'lost') as lost,
    count(*) filter (where state = 'closed') as closed,
    count(*) filter (where state = 'out_of_scope') as out_of_scope,
    count(*) filter (where state = 'merged') as merged,
    count(*) filter (where on_hold and state <> 'merged') as on_hold,
    count(*) filter (where missing <> '{}' and state <> 'merged') as incomplete,
    count(*) filter (where overdue_since is not null) as overdue,
    count(*) filter (where ownership = 'exception' and state <> 'merged') as with_exception_owner,
    count(*) filter (where ownership = 'queue' and state <> 'merged') as queued,
    count(*) filter (where ownership = 'held' and state <> 'merged') as held,
    -- What hangs on a lead that was merged counts for the one that it is by now.
    (select count(distinct counts_for) from score join lead_counted using (lead)) as scored,
    (select count(distinct counts_for) from assignment join lead_counted using (lead) where ownership in ('person', 'exception')) as assigned,
    (select count(distinct counts_for) from assignment join lead_counted using (lead) where ownership = 'exception') as sent_to_exception_owner,
    (select count(distinct counts_for) from assignment join lead_counted using (lead) where mode = 'reassign' and ownership = 'person') as reassigned,
    (select count(distinct counts_for) from clock join lead_counted using (lead) where breached_at is not null) as breached,
    -- A rung of a ladder done while a clock of the lead was overdue; a step of a nurture sequence is none.
    (
        select count(distinct lead_counted.counts_for)
        from event
        join lead_counted on lead_counted.lead = event.lead
        join clock on clock.lead = event.lead
            and clock.breached_at <= event.at
            and (clock.ended_at is null or clock.ended_at >= event.at)
        where event.happening like 'step:%'
    ) as escalated,
    (select count(*) - count(distinct counts_for) from touch join lead_counted using (lead)) as repeated_touches,
    (select count(*) from notification where status = 'sent' and recipient <> 'hook') as notices_sent,
    (
        select count(*) from notification where status in ('failed', 'undeliverable') and recipient <> 'hook'
    ) as notices_not_delivered,
    (select count(*) from task where done_at is null) as tasks_open
from lead;

-- name: by_stage
-- Stages in the order written; those of several versions of a process are one where they have one name.
select
    lead.process,
    lead.stage,
    (array_agg(stage.title order by lead.version desc))[1] as title,
    lead.kind,
    count(*) as leads,
    count(*) filter (where lead.overdue_since is not null) as overdue
from lead
left join stage on (stage.digest, stage.path) = (lead.digest, lead.stage)
where lead.stage is not null
group by lead.process, lead.stage, lead.kind
order by lead.process, max(stage.position), lead.stage;

-- name: by_owner
select
    owner,
    count(*) filter (where kind in ('open', 'waiting')) as open,
    count(*) filter (where kind in ('open', 'waiting') and overdue_since is not null) as overdue,
    count(*) filter (where kind = 'won') as won,
    count(*) filter (where kind = 'lost') as lost
from lead
where owner is not null and state <> 'merged'
group by owner
order by owner;
