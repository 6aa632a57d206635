-- name: one_by_one
-- Until the transaction ends: of several who make digests up at once one finds what there is.
select pg_advisory_xact_lock(hashtextextended('digests', 0));

-- name: make_up
-- Whoever has waited for $1 or longer gets all that waits for them.
with waiting as (
    select name as person
    from notification
    where status = 'gathered' and digest is null
    group by name
    having min(entered_at) <= clock_timestamp() - $1::interval
), made as (
    insert into digest (key, person)
    select 'digest:' || waiting.person || ':' || to_char(clock_timestamp() at time zone 'utc', 'YYYYMMDD"T"HH24MISS.US'), waiting.person
    from waiting
    returning key, person
)
update notification
set digest = made.key
from made
where notification.name = made.person and notification.status = 'gathered' and notification.digest is null;

-- name: not_sent
select key from digest where status = 'planned' order by at;

-- name: read
select key, person, at, status, attempts, delivered_channel from digest where key = $1;

-- name: notices
select key, lead, template, subject, about, due_at from notification where digest = $1 order by at, key;

-- name: attempted
update digest
set attempts = attempts || jsonb_build_object('channel', $2::text, 'at', clock_timestamp(), 'outcome', $3::text, 'detail', $4::text)
where key = $1;

-- name: finished
with ended as (
    update digest
    set status = $2,
        delivered_channel = $3,
        delivered_at = case when $2 = 'sent' then clock_timestamp() end
    where key = $1 and status = 'planned'
    returning key, status, delivered_channel, delivered_at
)
update notification
set status = ended.status,
    delivered_channel = ended.delivered_channel,
    delivered_at = ended.delivered_at
from ended
where notification.digest = ended.key and notification.status = 'gathered';
