-- name: current
select
    coalesce((select jsonb_object_agg(name, to_jsonb(aliases)) from source), '{}') as sources,
    coalesce((select jsonb_object_agg(name, kind) from source where kind is not null), '{}') as kinds,
    coalesce((select jsonb_object_agg(name, to_jsonb(aliases)) from campaign), '{}') as campaigns,
    coalesce(
        (
            select jsonb_object_agg(country, aliases)
            from (select country, jsonb_agg(alias order by alias) as aliases from country_alias group by country) as named
        ),
        '{}'
    ) as countries;

-- name: lock
-- One table is loaded at a time.
lock table source_load in exclusive mode;

-- name: sources_that_came
select source as sent from touch where source is not null
union
select first_source from lead where first_source is not null
order by sent;

-- name: campaigns_that_came
select campaign as sent from touch where campaign is not null
union
select first_campaign from lead where first_campaign is not null
order by sent;

-- name: clear
with sources as (
    delete from source
), campaigns as (
    delete from campaign
), countries as (
    delete from country_alias
)
delete from known_as;

-- name: add_source
insert into source (name, title, "group", kind, aliases) values ($1, $2, $3, $4, $5);

-- name: add_campaign
insert into campaign (name, title, source, aliases) values ($1, $2, $3, $4);

-- name: add_country
insert into country_alias (alias, country) values ($1, $2);

-- name: add_known
insert into known_as (list, sent, name) values ($1, $2, $3);

-- name: loaded
insert into source_load (loaded, loaded_by, sources, campaigns) values ($1, $2, $3, $4);

-- name: sources
with came as (
    select source, count(*) as touches from report_source_quality where source is not null group by source
)
select
    coalesce(source.name, came.source) as name,
    source.title,
    source."group",
    source.kind,
    coalesce(source.aliases, '{}') as aliases,
    coalesce(came.touches, 0) as touches,
    source.name is not null as known
from source
full join came on came.source = source.name
order by known desc, touches desc, name;
