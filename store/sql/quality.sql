-- name: quality
-- By $1, of what came from $2 until before $3; either may be null.
with told as (
    select
        case $1
            when 'source' then source
            when 'group' then source_group
            when 'campaign' then campaign
            when 'source_system' then source_system
            else to_char(at at time zone 'UTC', 'YYYY-MM')
        end as name,
        case $1 when 'source' then not unknown_source when 'campaign' then not unknown_campaign else true end as known,
        report_source_quality.*
    from report_source_quality
    where ($2::timestamptz is null or at >= $2) and ($3::timestamptz is null or at < $3)
)
select
    name,
    bool_and(known) as known,
    count(*) as came,
    count(*) filter (where first and not out_of_scope) as leads,
    count(*) filter (where not first) as duplicates,
    coalesce(sum(wanted), 0) as wanted,
    coalesce(sum(filled), 0) as filled,
    count(distinct lead) filter (where first and missing <> '{}') as incomplete,
    count(distinct lead) filter (where invalid <> '{}') as invalid,
    count(*) filter (where first and bounced) as bounced,
    count(*) filter (where first and rejected) as rejected,
    count(*) filter (where out_of_scope) as out_of_scope
from told
group by name
order by case when $1 = 'month' then name end, came desc, name;

-- name: out_of_scope
select out_of_scope_rule as rule, out_of_scope_reason as reason, source, count(*) as leads
from report_source_quality
where out_of_scope
    and ($1::timestamptz is null or at >= $1)
    and ($2::timestamptz is null or at < $2)
group by rule, reason, source
order by leads desc, rule, source;

-- name: months
select month, leads, incomplete, invalid, unknown_source, clean
from report_cleanliness
where ($1::timestamptz is null or month >= date_trunc('month', $1, 'UTC')) and ($2::timestamptz is null or month < $2)
order by month;
