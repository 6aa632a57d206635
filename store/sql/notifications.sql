-- name: begin
insert into notification (key, lead, at, recipient, name, template, channels, subject, about, due_at, status)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (key) do nothing;

-- name: one_by_one
-- Until the transaction ends: else those that come at once would not count each other.
select pg_advisory_xact_lock(hashtextextended('gather:' || $1, 0));

-- name: count_recent
select count(*) from (
    select from notification
    where recipient = 'person' and name = $1 and template = $2 and entered_at > clock_timestamp() - $3::interval
    limit 1000
) as recent;

-- name: read
select status, attempts, delivered_channel from notification where key = $1;

-- name: attempted
update notification
set attempts = attempts || jsonb_build_object('channel', $2::text, 'at', clock_timestamp(), 'outcome', $3::text, 'detail', $4::text)
where key = $1
returning true;

-- name: finished
-- What was sent stays sent, whatever comes later.
update notification
set status = $2,
    delivered_channel = $3,
    delivered_at = case when $2 = 'sent' then clock_timestamp() end
where key = $1 and status <> 'sent'
returning true;
