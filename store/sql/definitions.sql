-- name: publish
-- No row comes back where this digest, or this version of the process, is there already.
insert into definition (digest, process, version, title, body, published_by, why)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict do nothing
returning digest;

-- name: digest_of_version
select digest from definition where process = $1 and version = $2;

-- name: add_stages
insert into stage (digest, path, position, title, status, kind, closes, probability)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: announce
select pg_notify('definition_published', $1);

-- name: bundles
select digest, body from definition order by process, version;

-- name: body
select body from definition where digest = $1;

-- name: current
select process, digest from definition_current;

-- name: versions
select
    definition.process,
    definition.version,
    definition.digest,
    definition.title,
    definition.published_by,
    definition.published_at,
    definition.why,
    definition.digest in (select definition_current.digest from definition_current) as current,
    (select count(*) from lead where lead.digest = definition.digest and lead.state = 'running') as running
from definition
order by definition.process, definition.version desc;
