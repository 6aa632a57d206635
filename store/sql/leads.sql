-- name: register
-- Of several that come at once exactly one gets a row back; none where it came as another lead before.
insert into lead (
    key, title, source_system, external_id, arrived_at, first_source, first_campaign, first_channel, origin,
    process, version, digest, fields, personal, known, snapshot, missing
)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, jsonb_strip_nulls($14), $15, $16, $17
where not exists (select from lead_alias where (source_system, external_id) = ($3, $4))
on conflict do nothing
returning key;

-- name: keep_out
insert into lead (
    key, title, source_system, external_id, arrived_at, state, out_of_scope_rule, out_of_scope_reason,
    first_source, first_campaign, first_channel, origin
)
values ($1, $2, $3, $4, $5, 'out_of_scope', $6, $7, $8, $9, $10, $11)
on conflict do nothing
returning key;

-- name: registered
select
    key,
    snapshot,
    state,
    (select idempotency_key from touch where touch.lead = lead.key order by touch.id limit 1) as touch
from lead
where key = coalesce(
    (select key from lead where (source_system, external_id) = ($1, $2)),
    (select lead_alias.lead from lead_alias where (source_system, external_id) = ($1, $2))
);

-- name: add_touch
-- An invalid contact marks the lead while no valid one is known.
with noted as (
    insert into touch (lead, at, source, campaign, channel, origin, idempotency_key, payload, raw, invalid, missing, wanted, filled)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    on conflict (lead, idempotency_key) do nothing
    returning lead, invalid
), marked as (
    update lead
    set invalid = array(
        select name
        from unnest(lead.invalid || noted.invalid) as named (name)
        where not (lead.personal ? name or lead.fields ? name)
        group by name
        order by name
    )
    from noted
    where lead.key = noted.lead and noted.invalid <> '{}'
)
select true from noted;

-- name: has_touch
select exists (select from touch where (lead, idempotency_key) = ($1, $2) and at > $3);

-- name: set_personal
-- A value of null takes a field away.
update lead set personal = jsonb_strip_nulls(personal || $2) where key = $1
returning array(select jsonb_object_keys(personal) order by 1);

-- name: add_note
insert into note (lead, at, by, text) values ($1, $2, $3, $4) returning id;

-- name: put_parcel
-- What was never taken by an event within a month belongs to a caller who died: it must not stay.
with forgotten as (
    delete from parcel where put_at < now() - interval '30 days'
)
insert into parcel (id, lead, by, personal, note, fills) values ($1, $2, $3, $4, $5, $6);

-- name: drop_parcel
delete from parcel where id = $1;

-- name: standing
-- By a key that came as the same as another lead, that one.
select key, state, snapshot, personal, erased_at is not null as erased
from lead
where key = coalesce((select lead_alias.lead from lead_alias where lead_alias.key = $1), $1) and snapshot is not null;

-- name: resolve
select lead_resolved($1);

-- name: chain
with recursive chain (key, merged_into, place) as (
    select key, merged_into, 1
    from lead
    where key = coalesce((select lead_alias.lead from lead_alias where lead_alias.key = $1), $1)
    union all
    select lead.key, lead.merged_into, chain.place + 1 from chain join lead on lead.key = chain.merged_into
)
select key from chain order by place;

-- name: overslept
-- $2 is the key after which to go on.
select key, snapshot from lead where state = 'running' and wakes_at < $1 and key > $2 order by key limit $3;

-- name: not_started
select
    snapshot,
    (select idempotency_key from touch where touch.lead = lead.key order by touch.id limit 1) as touch,
    case when seq > 0 then past_from end as past_from,
    owner is not null and not exists (select from person where person.key = lead.owner and person.active) as owner_left
from lead
where state = 'received'
order by registered_at, key;
