-- name: tell
insert into worker_catalog (worker, holds, seen_at) values ($1, $2, now())
on conflict (worker) do update set holds = excluded.holds, seen_at = excluded.seen_at;

-- name: leave
delete from worker_catalog where worker = $1 or seen_at < now() - interval '1 day';

-- name: holders
-- $1 digests, $2 how many seconds ago a worker that is at work has said at most what it holds.
select count(*) as workers, count(*) filter (where holds @> $1::text[]) as holding
from worker_catalog
where seen_at > now() - make_interval(secs => $2);

-- name: lacking
-- What new leads take, or running ones are on, and a worker that is at work does not hold. $1 as above.
select worker_catalog.worker, definition.process, definition.version, definition.digest
from worker_catalog
join definition on definition.digest <> all(worker_catalog.holds)
where
    worker_catalog.seen_at > now() - make_interval(secs => $1)
    and (
        definition.digest in (select digest from definition_current)
        or definition.digest in (select digest from definition_canary)
        or exists (select from lead where lead.digest = definition.digest and lead.state = 'running')
    )
order by worker_catalog.worker, definition.process, definition.version;
