-- name: listing
-- Most urgent first: overdue, then by deadline, then by score. Each of $1 to $11, and $13, is null where it does not matter.
select
    key, title, external_id, state, process, stage, status, kind, ownership, owner, team, owner_because, score, priority, grade,
    segment, value, currency, cycle, hops, on_hold, arrived_at, entered_at, due_at, due_clock, overdue_since, closed_at,
    missing, invalid,
    merged_into
from lead
where ($1::text is null or process = $1)
    and ($2::text is null or stage = $2 or stage like replace(replace($2, '\', '\\'), '_', '\_') || '.%')
    and ($3::text is null or owner = $3)
    and ($4::text is null or team = $4)
    and ($5::text is null or leader = $5)
    and ($6::text is null or status = $6)
    and ($7::text is null or kind = $7)
    and ($8::text is null or ownership = $8)
    and ($9::boolean is null or (overdue_since is not null) = $9)
    and ($10::text[] is null or state = any ($10))
    and ($11::text[] is null or key = any ($11))
    and ($13::boolean is null or (missing <> '{}') = $13)
order by overdue_since nulls last, due_at nulls last, score desc nulls last, arrived_at, key
limit $12;

-- name: find
-- The lead of this key, or that it came as; else those of this external id; else those whose title begins so.
with sought as (
    select key, 1 as rank from lead where key = $1
    union all
    select lead, 1 from lead_alias where key = $1
    union all
    select key, 2 from lead where external_id = $1
    union all
    select lead, 2 from lead_alias where external_id = $1
    union all
    select key, 3 from lead where lower(title) like replace(replace(replace(lower($1), '\', '\\'), '%', '\%'), '_', '\_') || '%'
)
select distinct key from sought where rank = (select min(rank) from sought);
