-- One lead (S0.13): by what people and companies are found again, which keys lead to which lead, and which pairs wait for a person.

create extension if not exists pg_trgm;

create sequence contact_change;

create table contact (
    lead    text primary key references lead,
    pool    text,
    change  bigint not null default nextval('contact_change'),
    stale   boolean not null default false,
    reads   text[] not null default '{}',
    email   text,
    mailbox text,
    phone   text,
    name    text,
    company text,
    domain  text,
    country text
);

comment on table contact is 'By what a lead is found again: values made comparable. Personal (B.7); erased with the person.';
comment on column contact.pool is 'The identity table of its process; null where that has none. Leads of different pools are never the same.';
comment on column contact.change is 'Rises with each change. Changes of a pool are made one after another, so what is higher came later.';
comment on column contact.stale is 'The lead has other values now: made anew before the pool is next asked.';
comment on column contact.reads is 'The fields of the lead that it was made from.';
comment on column contact.mailbox is 'What stands before the @.';
comment on column contact.domain is 'Of the company; never of a free-mail provider.';

create index contact_change_of_pool on contact (pool, change);
create index contact_stale on contact (lead) where stale;
create index contact_email on contact (email) where email is not null;
create index contact_phone on contact (phone) where phone is not null;
create index contact_domain on contact (domain) where domain is not null;
create index contact_name_alike on contact using gin (name gin_trgm_ops);
create index contact_mailbox_alike on contact using gin (mailbox gin_trgm_ops);
create index contact_company on contact (company) where company is not null;

create function contact_goes_stale() returns trigger
    language plpgsql as
$$
begin
    update contact
    set stale = true
    where lead = new.key
        and not stale
        and (
            new.digest is distinct from old.digest
            or exists (
                select
                from unnest(reads) as field
                where (new.personal -> field, new.fields -> field) is distinct from (old.personal -> field, old.fields -> field)
            )
        );
    if new.digest is distinct from old.digest and new.erased_at is null then
        -- It may have come to a process that has a pool from one that has none.
        insert into contact (lead, stale) values (new.key, true) on conflict (lead) do nothing;
    end if;
    return null;
end
$$;

create trigger contact_goes_stale after update of personal, fields, digest on lead for each row
    when (
        (new.personal, new.fields) is distinct from (old.personal, old.fields) or new.digest is distinct from old.digest
    )
    execute function contact_goes_stale();

alter table identity add column pool text;

comment on column identity.pool is 'Within which one lead at most holds the value; null is of a time before there were pools.';

create unique index identity_held on identity (pool, kind, value) where pool is not null;

create table lead_alias (
    key           text primary key,
    lead          text not null references lead,
    source_system text not null,
    external_id   text not null,
    at            timestamptz not null,
    points        integer not null,
    why           jsonb not null,
    unique (source_system, external_id)
);

comment on table lead_alias is 'Upstream keys of leads that were another one: whoever names them means that one (C.6).';
comment on column lead_alias.why is 'What agreed and what differed, in words and points; no values (B.5, B.7).';

create index lead_alias_of_lead on lead_alias (lead);

create table possible_match (
    one        text not null references lead,
    other      text not null references lead,
    points     integer not null,
    why        jsonb not null,
    found_at   timestamptz not null,
    state      text not null default 'open' check (state in ('open', 'same', 'different')),
    decided_by text,
    decided_at timestamptz,
    primary key (one, other),
    check (one < other),
    check ((state = 'open') = (decided_by is null and decided_at is null))
);

comment on table possible_match is 'Pairs of leads that may be one: a person decides. What was called different is never asked again.';
comment on column possible_match.why is 'What agrees and what differs, in words and points; no values (B.5, B.7).';

create index possible_match_of_other on possible_match (other);
create index possible_match_open on possible_match (found_at) where state = 'open';
