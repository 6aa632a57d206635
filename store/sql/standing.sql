-- name: stages
-- Leads of a process in each stage now, of all versions; $2 is the version that is drawn, $3 now.
select
    stage,
    count(*) as leads,
    count(*) filter (where overdue_since is not null) as overdue,
    count(*) filter (where digest <> $2) as others,
    percentile_cont(0.5) within group (order by extract(epoch from $3::timestamptz - entered_at)) as median_seconds,
    max(extract(epoch from $3::timestamptz - entered_at))::double precision as oldest_seconds
from lead
where process = $1 and stage is not null
group by stage
order by stage;

-- name: worth
select stage, currency, sum(value)::double precision as value
from lead
where process = $1 and stage is not null and value is not null and currency is not null
group by stage, currency
order by stage, currency;

-- name: other_versions
select version, count(*) as leads
from lead
where process = $1 and stage is not null and digest <> $2
group by version
order by version;
