-- name: figures
-- $1 is the moment before which something must have been noticed by now.
select
    count(*) filter (where state = 'running') as running,
    count(*) filter (where state = 'closed') as closed,
    count(*) filter (where state = 'out_of_scope') as out_of_scope,
    count(*) filter (where state = 'received') as not_started,
    min(registered_at) filter (where state = 'received') as not_started_since,
    count(*) filter (where state = 'running' and wakes_at < $1) as unnoticed,
    min(wakes_at) filter (where state = 'running' and wakes_at < $1) as unnoticed_since,
    count(*) filter (where state = 'running' and overdue_since is not null) as overdue,
    min(overdue_since) filter (where state = 'running') as overdue_since,
    (select count(*) from clock where ended_at is null and breached_at is not null) as breached_clocks,
    (select count(*) from notification where status = 'planned') as notices_waiting,
    (select min(at) from notification where status = 'planned') as notices_waiting_since,
    (
        select count(*) from notification
        where recipient <> 'hook' and (status = 'failed' or (status = 'undeliverable' and recipient <> 'lead'))
    ) as notices_not_delivered,
    (
        select count(*) from notification where recipient = 'hook' and status in ('failed', 'undeliverable')
    ) as calls_not_delivered,
    (select count(*) from notification where status = 'undeliverable' and recipient = 'lead') as letters_without_address,
    count(*) filter (where state = 'merged') as merged,
    (
        select count(*) from lead_merge
        where undone_at is null and coalesce(undo_at, begun_at) < $1 and (done_at is null or undo_at is not null)
    ) as merges_under_way,
    (select count(*) from definition_current) as processes,
    (select count(*) from person where active) as people,
    (select count(*) from leave where announced_at is null) as leave_not_told
from lead;

-- name: suspects
-- Leads that should have got on before $1, the longest waiting first.
(
    select key from lead where state = 'running' and wakes_at < $1 order by wakes_at limit $2
)
union
(
    select key from lead where state = 'received' and registered_at < $1 order by registered_at limit $2
)
union
(
    select lead from notification where status = 'planned' and at < $1 order by at limit $2
);

-- name: some_running
select key from lead where state = 'running' order by registered_at desc limit $1;

-- name: states
select key, state from lead where key = any ($1::text[]);
