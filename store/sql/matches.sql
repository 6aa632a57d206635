-- name: note_possible
-- A pair that is known already stays as it is: what was called different is not asked again. A lead that was merged into another is
-- that one.
insert into possible_match (one, other, points, why, found_at)
select least($1, meant.key), greatest($1, meant.key), $3, $4, $5
from (select lead_resolved($2) as key) as meant
where meant.key <> $1
on conflict (one, other) do nothing
returning true;

-- name: open_pairs
-- The likeliest first. $1 is a lead whose pairs are meant, null for all; $2 how many.
select
    pair.one, pair.other, pair.points, pair.why, pair.found_at, pair.state, pair.decided_by, pair.decided_at,
    a.title as one_title, a.process as one_process, a.stage as one_stage, a.state as one_state, a.owner as one_owner,
    a.first_source as one_source, a.arrived_at as one_arrived_at, a.fields as one_fields, a.personal as one_personal,
    b.title as other_title, b.process as other_process, b.stage as other_stage, b.state as other_state, b.owner as other_owner,
    b.first_source as other_source, b.arrived_at as other_arrived_at, b.fields as other_fields, b.personal as other_personal
from possible_match as pair
join lead as a on a.key = pair.one
join lead as b on b.key = pair.other
where pair.state = 'open'
    and a.merged_into is null
    and b.merged_into is null
    and ($1::text is null or $1 in (pair.one, pair.other))
order by pair.points desc, pair.found_at, pair.one, pair.other
limit $2;

-- name: pair
select one, other, points, why, found_at, state, decided_by, decided_at
from possible_match
where (one, other) = (least($1, $2), greatest($1, $2));

-- name: decide
-- Also a pair that nobody had asked about.
insert into possible_match (one, other, points, why, found_at, state, decided_by, decided_at)
values (least($1, $2), greatest($1, $2), 0, '[]', $5, $3, $4, $5)
on conflict (one, other) do update set state = excluded.state, decided_by = excluded.decided_by, decided_at = excluded.decided_at
where possible_match.state <> excluded.state
returning true;

-- name: reopen
update possible_match
set state = 'open', decided_by = null, decided_at = null
where (one, other) = (least($1, $2), greatest($1, $2)) and state <> 'open'
returning true;
