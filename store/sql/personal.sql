-- name: erase
-- Each part can be done again. Triggers see to it that nothing comes back.
with gone as (
    update lead set personal = '{}', erased_at = coalesce(erased_at, clock_timestamp()) where key = any ($1::text[])
    returning key
), notes as (
    update note set text = '' from gone where note.lead = gone.key and note.text <> ''
), sent as (
    update touch set raw = '{}' from gone where touch.lead = gone.key and touch.raw <> '{}'
), parcels as (
    delete from parcel using gone where parcel.lead = gone.key
), identities as (
    delete from identity using gone where identity.lead = gone.key
), contacts as (
    delete from contact using gone where contact.lead = gone.key
), aliases as (
    delete from lead_alias using gone where lead_alias.lead = gone.key
), pairs as (
    delete from possible_match using gone where state = 'open' and gone.key in (one, other)
)
select key from gone order by key;

-- name: erased
select erased_at is not null from lead where key = $1;

-- name: touched
select exists (select from touch where lead = $1 and idempotency_key = any ($2::text[]));

-- name: of_address
select key
from lead
where exists (select from jsonb_each_text(personal) where lower(value) = lower($1))
order by arrived_at, key;

-- name: raw_values
select lead.external_id, lead.personal, array(
    select touch.raw from touch where touch.lead = lead.key
) as raw
from lead
where key = any ($1::text[]);

-- name: notices
select notification.key, notification.digest
from notification
where lead = any ($1::text[]) and recipient <> 'hook';

-- name: tables
-- Every table that hangs on leads, with its column, in the order of their names.
select holder.relname as table_name, held.attname as column_name
from pg_constraint
join pg_class as holder on holder.oid = pg_constraint.conrelid
join pg_attribute as held on held.attrelid = pg_constraint.conrelid and held.attnum = any (pg_constraint.conkey)
where contype = 'f' and confrelid = 'lead'::regclass and array_length(conkey, 1) = 1
order by 1, 2;

-- name: audit
select to_jsonb(audit) as row from audit where $1 = any (leads) order by id;

-- name: one_person
-- This lead, what it was merged into, and all that was merged into that.
with recursive upwards (key, merged_into) as (
    select key, merged_into from lead where key = $1
    union
    select lead.key, lead.merged_into from lead join upwards on lead.key = upwards.merged_into
), everyone (key) as (
    select key from upwards
    union
    select lead.key from lead join everyone on lead.merged_into = everyone.key
)
select key from everyone join lead using (key) order by merged_into is not null, arrived_at, key;

-- name: lead
select to_jsonb(lead) as row from lead where key = $1;
