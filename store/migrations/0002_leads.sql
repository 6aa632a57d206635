-- Leads: one row each, with where it came from. Personal data stands in lead.personal, note.text and parcel only (B.7).

create function account_of(company text) returns text
    language sql immutable parallel safe
    return nullif(lower(regexp_replace(btrim(company), '\s+', ' ', 'g')), '');

comment on function account_of is 'By which name leads of the same company are recognised.';

create table lead (
    key            text primary key,
    title          text not null,
    source_system  text not null,
    external_id    text not null,
    state          text not null default 'received' check (state in ('received', 'running', 'closed', 'out_of_scope')),
    arrived_at     timestamptz not null,
    first_source   text,
    first_campaign text,
    first_channel  text,
    origin         text,

    process        text,
    version        integer,
    digest         text,
    cycle          integer not null default 1,
    seq            integer not null default 0,
    stage          text,
    status         text,
    kind           text check (kind in ('open', 'waiting', 'won', 'lost')),
    entered_at     timestamptz,

    ownership      text not null default 'nobody' check (ownership in ('nobody', 'held', 'person', 'queue', 'exception')),
    owner          text,
    team           text,
    leader         text,
    assigned_at    timestamptz,
    owner_because  text not null default '',
    hops           integer not null default 0,

    segment        text,
    score          integer,
    priority       text,
    grade          text,
    value          numeric,
    currency       text,
    probability    integer,

    fields         jsonb not null default '{}',
    personal       jsonb not null default '{}',
    known          text[] not null default '{}',
    account        text generated always as (account_of(fields ->> 'company')) stored,

    on_hold        boolean not null default false,
    due_at         timestamptz,
    due_clock      text,
    overdue_since  timestamptz,
    wakes_at       timestamptz,
    last_event_at  timestamptz,
    closed_at      timestamptz,
    erased_at      timestamptz,
    registered_at  timestamptz not null default now(),
    snapshot       jsonb,

    out_of_scope_rule   text,
    out_of_scope_reason text,

    unique (source_system, external_id),
    check ((out_of_scope_reason is not null) = (state = 'out_of_scope')),
    check ((snapshot is null) = (state = 'out_of_scope'))
);

comment on table lead is 'Every lead as it stands now (S1.4). Written by the journal in the transaction of each decision.';
comment on column lead.key is 'Names the lead everywhere, its workflow included.';
comment on column lead.title is 'What people call it: company and product, never a person.';
comment on column lead.state is 'received: no workflow has taken it up yet; running; closed: its workflow has ended; out_of_scope: it is none (S0.14).';
comment on column lead.out_of_scope_rule is 'Which rule recognised that it is none; out_of_scope_reason is its reason code.';
comment on column lead.first_source is 'Of the first touch; all touches are in touch.';
comment on column lead.origin is 'Who generated it: a central function, or the seller alone (S0.9).';
comment on column lead.cycle is 'Times through the process, from 1: recycling, handing over and reopening begin the next.';
comment on column lead.seq is 'Number of its last decision; 0 before the first. Goes on through all cycles.';
comment on column lead.stage is 'Path of the stage, as in stage.path.';
comment on column lead.kind is 'Of the stage: worked on, waiting, won or lost. What the lead asks for is fields.kind.';
comment on column lead.status is 'Lead status beside the stage (S3.3).';
comment on column lead.leader is 'Leader of the owning team.';
comment on column lead.hops is 'Reassignments in this cycle (S2.5).';
comment on column lead.value is 'What the lead is worth (S2.14), from the field that its stage names; null is unknown, never zero.';
comment on column lead.probability is 'Of an order, in percent, as its stage states it (S2.6).';
comment on column lead.fields is 'Values by field, none of them personal.';
comment on column lead.personal is 'Names, addresses, numbers and free text by field.';
comment on column lead.known is 'Names of the personal fields that are filled.';
comment on column lead.account is 'By which name other leads of the same company are found.';
comment on column lead.due_at is 'The earliest deadline that somebody can miss, and due_clock its clock.';
comment on column lead.overdue_since is 'When the earliest of its clocks that are overdue now was breached.';
comment on column lead.wakes_at is 'The earliest time that it waits for, deadline or not. Once it has passed, something must have happened.';
comment on column lead.erased_at is 'When its personal data was erased.';
comment on column lead.snapshot is 'The whole state (engine.lead.Lead): to reopen a closed lead, and to compare with the running one.';

create index lead_not_started on lead (registered_at) where state = 'received';
create index lead_open_of_owner on lead (owner) where kind in ('open', 'waiting');
create index lead_in_stage on lead (process, stage) where state = 'running';
create index lead_due on lead (due_at) where state = 'running';
create index lead_wakes on lead (wakes_at) where state = 'running';
create index lead_of_account on lead (account) where account is not null;
create index lead_arrival on lead (arrived_at);
create index lead_title on lead (lower(title) text_pattern_ops);

create table identity (
    kind  text not null,
    value bytea not null,
    lead  text not null references lead,
    primary key (kind, value, lead)
);

comment on table identity is 'By which other leads of the same person are found (S0.13).';
comment on column identity.kind is 'Name of the identifying field: email, phone.';
comment on column identity.value is 'SHA-256 of kind and normalised value, so that neither is readable here.';

create index identity_of_lead on identity (lead);

create table touch (
    id              bigint generated always as identity primary key,
    lead            text not null references lead,
    at              timestamptz not null,
    source          text,
    campaign        text,
    channel         text,
    origin          text,
    idempotency_key text not null,
    payload         jsonb not null default '{}',
    unique (lead, idempotency_key)
);

comment on table touch is 'Each time a lead came in, the first included: what generated it, kept through merging (S0.4, S0.13).';
comment on column touch.idempotency_key is 'What it is known by (client.touches): a repeated one is not written again.';
comment on column touch.payload is 'What came with it, without anything personal.';

create index touch_of_lead on touch (lead, at);
create index touch_of_campaign on touch (campaign, at) where campaign is not null;

create table note (
    id    bigint generated always as identity primary key,
    lead  text not null references lead,
    cycle integer,
    seq   integer,
    at    timestamptz not null,
    by    text not null,
    text  text not null
);

comment on table note is 'Free text on a lead. May be personal.';
comment on column note.seq is 'With cycle the event that it came with; null for one that came by itself.';

create index note_of_lead on note (lead, at);

create table parcel (
    id       text primary key,
    lead     text not null references lead,
    by       text not null,
    personal jsonb not null,
    note     text,
    fills    boolean not null default false,
    put_at   timestamptz not null default now()
);

comment on table parcel is 'What an event brings that is personal: it waits here until the event has happened, or is dropped with it.';

comment on column parcel.fills is 'Only what is not known of the lead: a second arrival overwrites nothing.';

create index parcel_of_lead on parcel (lead);
create index parcel_age on parcel (put_at);
