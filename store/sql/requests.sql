-- name: claim
-- Of several that come at once exactly one gets a row back; and whoever comes when the one who had it must have died.
insert into request_once (caller, key, digest) values ($1, $2, $3)
on conflict (caller, key) do update set claimed_at = now()
where request_once.status is null
    and request_once.digest = excluded.digest
    and request_once.claimed_at < now() - $4::interval
returning true;

-- name: found
select digest = $3 as same, status, body from request_once where (caller, key) = ($1, $2);

-- name: answer
update request_once set status = $4, body = $5, answered_at = now()
where (caller, key, digest) = ($1, $2, $3) and status is null;

-- name: release
delete from request_once where (caller, key, digest) = ($1, $2, $3) and status is null;

-- name: forget
with old as (
    delete from request_once where claimed_at < now() - $1::interval returning 1
)
select count(*) from old;
