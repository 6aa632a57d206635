-- name: offers
select main.process, main.digest as main, canary.digest as canary, coalesce(canary.share, 0) as share
from definition_current as main
left join definition_canary as canary using (process)
order by main.process;

-- name: versions
select version, share, digest, digest in (select main.digest from definition_current as main) as main
from definition_offer
where process = $1
order by version desc;

-- name: give
insert into definition_share (process, version, share, set_by, why) values ($1, $2, $3, $4, $5);

-- name: history
select process, version, share, set_by, set_at, why from definition_share where process = $1 order by id desc;

-- name: announce
select pg_notify('definition_published', $1);

-- name: published
select version, published_by, published_at from definition where digest = $1;
