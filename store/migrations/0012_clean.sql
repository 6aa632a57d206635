-- Clean at the door (S0.11, S0.14, S0.15): what was sent where it is not what is kept, what leads lack, under which names sources are known.

alter table touch
    add column raw jsonb not null default '{}',
    add column invalid text[] not null default '{}',
    add column missing text[] not null default '{}',
    add column wanted integer,
    add column filled integer;

comment on column touch.raw is 'What was sent, by field, where cleaning has changed or emptied it. May be personal: erasing a person empties it (B.7).';
comment on column touch.invalid is 'Contact fields that held no mail address or phone number.';
comment on column touch.missing is 'Required fields that did not come with it.';
comment on column touch.wanted is 'How many fields a source should bring: those that are required or identify somebody. Null before leadflow counted them.';
comment on column touch.filled is 'How many of those came filled, and valid.';

alter table lead
    add column invalid text[] not null default '{}',
    add column missing text[] not null default '{}';

comment on column lead.invalid is 'Contact fields of which only an invalid value has come so far.';
comment on column lead.missing is 'Fields that its process requires and nobody knows: the lead is incomplete.';

create index lead_incomplete on lead (arrived_at) where missing <> '{}';

alter table task add column completes boolean not null default false;

comment on column task.completes is 'It asks for what the lead lacks, and is done by itself once that is known.';

create index task_completing on task (lead) where completes and done_at is null;

create table source (
    name    text primary key,
    title   text not null,
    "group" text,
    kind    text,
    aliases text[] not null
);

comment on table source is 'The sources that are known, as loaded; a source of a lead that is not here is unknown.';
comment on column source."group" is 'The generating channel that it counts under: advertising, events, telemarketing (S0.4).';
comment on column source.kind is 'What a lead from there is, where it does not say: sales, hiring, vendor (S0.14).';
comment on column source.aliases is 'What else systems call it.';

create table campaign (
    name    text primary key,
    title   text not null,
    source  text,
    aliases text[] not null
);

comment on table campaign is 'The campaigns that are known, as loaded.';

create table country_alias (
    alias   text primary key,
    country text not null
);

comment on table country_alias is 'What people write for a country beside its names and codes, as loaded.';

create table known_as (
    list text not null check (list in ('source', 'campaign')),
    sent text not null,
    name text not null,
    primary key (list, sent)
);

comment on table known_as is 'Which name of source or campaign counts for what leads carry: the name itself, and what came under an alias before that was known.';

create table source_load (
    id        bigint generated always as identity primary key,
    loaded    text not null,
    loaded_by text not null,
    loaded_at timestamptz not null default now(),
    sources   integer not null,
    campaigns integer not null
);

comment on table source_load is 'Who loaded which table of sources, and when.';

create view report_source_quality with (security_invoker = true) as
select
    touch.at,
    lead.key as lead,
    lead.source_system,
    lead.process,
    coalesce(is_source.name, touch.source) as source,
    source."group" as source_group,
    coalesce(is_campaign.name, touch.campaign) as campaign,
    touch.channel,
    touch.id = min(touch.id) over (partition by touch.lead) and lead.state <> 'merged' as first,
    false as out_of_scope,
    null::text as out_of_scope_rule,
    null::text as out_of_scope_reason,
    touch.source is not null and is_source.name is null as unknown_source,
    touch.campaign is not null and is_campaign.name is null as unknown_campaign,
    touch.wanted,
    touch.filled,
    touch.missing,
    touch.invalid,
    exists (select from event where event.lead = touch.lead and event.codes ? 'reason') as rejected,
    exists (
        select from notification where notification.lead = touch.lead and recipient = 'lead' and status = 'failed'
    ) as bounced
from touch
join lead on lead.key = touch.lead
left join known_as as is_source on is_source.list = 'source' and is_source.sent = touch.source
left join source on source.name = is_source.name
left join known_as as is_campaign on is_campaign.list = 'campaign' and is_campaign.sent = touch.campaign
union all
select
    lead.arrived_at,
    lead.key,
    lead.source_system,
    null,
    coalesce(is_source.name, lead.first_source),
    source."group",
    coalesce(is_campaign.name, lead.first_campaign),
    lead.first_channel,
    true,
    true,
    lead.out_of_scope_rule,
    lead.out_of_scope_reason,
    lead.first_source is not null and is_source.name is null,
    lead.first_campaign is not null and is_campaign.name is null,
    null,
    null,
    '{}',
    '{}',
    false,
    false
from lead
left join known_as as is_source on is_source.list = 'source' and is_source.sent = lead.first_source
left join source on source.name = is_source.name
left join known_as as is_campaign on is_campaign.list = 'campaign' and is_campaign.sent = lead.first_campaign
where lead.state = 'out_of_scope';

comment on view report_source_quality is 'One row for each time that something came in, with all that tells how reliable its source is (S0.11).';
comment on column report_source_quality.first is 'It made the lead; otherwise it is a duplicate: the lead was known, or turned out to be another one.';
comment on column report_source_quality.unknown_source is 'It came from a source that is in no table.';
comment on column report_source_quality.rejected is 'Somebody has turned the lead down, with a reason, at some time since.';
comment on column report_source_quality.bounced is 'A mail to the person was refused for good.';

create view report_cleanliness with (security_invoker = true) as
with flaw as (
    select task.lead, 'incomplete' as flaw, task.created_at as since, task.done_at as until
    from task
    join lead on lead.key = task.lead
    where task.completes and lead.state <> 'merged'
    union all
    select touch.lead, 'invalid', touch.at, (
        select min(event.at) from event where event.lead = touch.lead and event.at > touch.at and event.changes ? field.name
    )
    from touch
    join lead on lead.key = touch.lead,
        unnest(touch.invalid) as field (name)
    where lead.state <> 'merged'
    union all
    select lead.key, 'unknown_source', lead.arrived_at, null
    from lead
    where lead.first_source is not null
        and lead.state not in ('out_of_scope', 'merged')
        and not exists (select from known_as where list = 'source' and sent = lead.first_source)
), came as (
    select date_trunc('month', arrived_at, 'UTC') as month, count(*) as leads
    from lead
    where state not in ('out_of_scope', 'merged')
    group by 1
), months as (
    select month, month + interval '1 month' as ends
    from (select min(month) as first, max(month) as last from came) as span,
        generate_series(
            span.first, greatest(span.last, date_trunc('month', now(), 'UTC')), interval '1 month'
        ) as month
    where span.first is not null
), held as (
    select months.month, months.ends, sum(coalesce(came.leads, 0)) over (order by months.month)::bigint as leads
    from months
    left join came using (month)
), flawed as (
    select
        months.month,
        count(distinct flaw.lead) as any_flaw,
        count(distinct flaw.lead) filter (where flaw = 'incomplete') as incomplete,
        count(distinct flaw.lead) filter (where flaw = 'invalid') as invalid,
        count(distinct flaw.lead) filter (where flaw = 'unknown_source') as unknown_source
    from months
    join flaw on flaw.since < months.ends and (flaw.until is null or flaw.until >= months.ends)
    group by months.month
)
select
    held.month,
    held.leads,
    coalesce(flawed.incomplete, 0) as incomplete,
    coalesce(flawed.invalid, 0) as invalid,
    coalesce(flawed.unknown_source, 0) as unknown_source,
    held.leads - coalesce(flawed.any_flaw, 0) as clean
from held
left join flawed using (month);

comment on view report_cleanliness is 'How clean the lead database was at the end of each month (S0.15): leads in it, how many had which flaw then, and how many none.';
