-- name: note
insert into audit (who, role, what, ended, origin, leads, count, detail) values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: entries
-- Each of $1 to $4 is null where it does not matter.
select at, who, role, what, ended, leads, count, origin, detail
from audit
where ($1::text is null or who = $1)
    and ($2::text is null or what = $2)
    and ($3::text is null or $3 = any (leads))
    and ($4::timestamptz is null or at >= $4)
order by id desc
limit $5;
