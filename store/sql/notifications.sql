-- name: begin
insert into notification (key, lead, at, recipient, name, template, channels, subject)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (key) do nothing;

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
