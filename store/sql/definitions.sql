-- name: take_turns
select pg_advisory_xact_lock(hashtextextended('definitions of leadflow', 0));

-- name: publish
-- No row comes back where this digest, or this version of the process, is there already.
insert into definition (digest, process, version, title, body, published_by, why)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict do nothing
returning digest;

-- name: version
select
    digest, published_by, published_at,
    (select max(other.version) from definition as other where other.process = $1) as newest
from definition
where process = $1 and version = $2;

-- name: add_stages
insert into stage (digest, path, position, title, status, kind, closes, probability)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: announce
select pg_notify('definition_published', $1);

-- name: bundles
select digest, body from definition where digest <> all($1::text[]) order by process, version;

-- name: body
select body from definition where digest = $1;

-- name: current
select process, digest from definition_current;

-- name: versions
-- $1 is how many seconds ago a worker that is at work has said at most what it holds.
with
    at_work as (select holds from worker_catalog where seen_at > now() - make_interval(secs => $1))
select
    definition.process,
    definition.version,
    definition.digest,
    definition.title,
    definition.published_by,
    definition.published_at,
    definition.why,
    main.digest is not null as current,
    case
        when main.digest is not null then 100 - coalesce((
            select other.share from definition_canary as other where other.process = definition.process
        ), 0)
        else coalesce(canary.share, 0)
    end as share,
    (select count(*) from lead where lead.digest = definition.digest and lead.state = 'running') as running,
    (select count(*) from at_work where definition.digest = any(holds)) as held_by,
    (select count(*) from at_work) as workers
from definition
left join definition_current as main using (digest)
left join definition_canary as canary using (digest)
order by definition.process, definition.version desc;
