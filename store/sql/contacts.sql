-- name: lock
-- Two leads of one pool are not looked at at the same time: until the end of the transaction. $1 is the pool, or a lead's key.
select pg_advisory_xact_lock(hashtextextended('leadflow:match:' || $1, 0));

-- name: how_like
-- What `%` takes for alike, in this transaction.
select set_config('pg_trgm.similarity_threshold', $1, true);

-- name: newest
select coalesce(max(change), 0) from contact where pool = $1;

-- name: candidates
-- $1 pool, then mail address, phone number, domain, name, mailbox and company; null for what is not known. What could be the same by
-- any of them, and how it stands. `limit` in each branch: who has a whole exhibition on one number must not be slow.
with found as (
    (select lead from contact where email = $2 and pool = $1 limit 20)
    union
    (select lead from contact where phone = $3 and pool = $1 order by change limit 40)
    union
    (
        select lead from contact
        where domain = $4 and pool = $1 and (similarity(name, $5) > 0.25 or similarity(mailbox, $6) > 0.4)
        order by greatest(similarity(name, $5), similarity(mailbox, $6)) desc nulls last
        limit 20
    )
    union
    (select lead from contact where name % $5 and pool = $1 order by similarity(name, $5) desc limit 25)
    union
    (select lead from contact where mailbox % $6 and pool = $1 order by similarity(mailbox, $6) desc limit 25)
    union
    (
        select lead from contact
        where company = $7 and pool = $1 and similarity(name, $5) > 0.25
        order by similarity(name, $5) desc
        limit 20
    )
)
select
    contact.lead, contact.email, contact.phone, contact.name, contact.company, contact.domain, contact.country,
    lead.digest, lead.state, greatest(lead.last_event_at, lead.arrived_at) as last_at, lead.arrived_at
from found
join contact using (lead)
join lead on lead.key = contact.lead;

-- name: since
-- What has come to the pool or changed after $2, to be looked at again under the lock.
select
    contact.lead, contact.email, contact.phone, contact.name, contact.company, contact.domain, contact.country,
    lead.digest, lead.state, greatest(lead.last_event_at, lead.arrived_at) as last_at, lead.arrived_at
from contact
join lead on lead.key = contact.lead
where contact.pool = $1 and contact.change > $2;

-- name: put
insert into contact (lead, pool, reads, email, mailbox, phone, name, company, domain, country)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (lead) do update
set pool = excluded.pool,
    reads = excluded.reads,
    email = excluded.email,
    mailbox = excluded.mailbox,
    phone = excluded.phone,
    name = excluded.name,
    company = excluded.company,
    domain = excluded.domain,
    country = excluded.country,
    stale = false,
    change = nextval('contact_change');

-- name: hold
-- $1 pool, $2 SHA-256 of what means one person, $3 lead. Of several leads of one person, the newest holds it.
insert into identity (pool, kind, value, lead)
values ($1, 'person', $2, $3)
on conflict (pool, kind, value) where pool is not null do update set lead = excluded.lead;

-- name: holder
select
    contact.lead, contact.email, contact.phone, contact.name, contact.company, contact.domain, contact.country,
    lead.digest, lead.state, greatest(lead.last_event_at, lead.arrived_at) as last_at, lead.arrived_at
from identity
join contact using (lead)
join lead on lead.key = contact.lead
where (identity.pool, identity.kind, identity.value) = ($1, 'person', $2) and contact.pool = $1;

-- name: stale
-- Leads that have other values by now, or that have come to the pool $1 from a process of another: $2 are the digests of its own.
select lead.key, lead.digest, lead.fields, lead.personal
from contact
join lead on lead.key = contact.lead
where contact.stale and (contact.pool = $1 or lead.digest = any ($2))
order by contact.lead
limit $3
for update of contact skip locked;

-- name: put_alias
insert into lead_alias (key, lead, source_system, external_id, at, points, why)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict do nothing;

-- name: alias
select lead, points, why from lead_alias where (source_system, external_id) = ($1, $2);
