-- Who may come in, and with what: tokens of systems and people (S1.13, S1.14). What they may do stands in engine.access.

create table credential (
    id           bigint generated always as identity primary key,
    name         text not null,
    prefix       text not null unique,
    hash         bytea not null unique check (length(hash) = 32),
    role         text not null check (role in ('upstream', 'seller', 'team_leader', 'marketing', 'partner', 'ops', 'admin')),
    person       text references person,
    sources      text[] not null default '{}',
    created_by   text not null,
    created_at   timestamptz not null default now(),
    expires_at   timestamptz not null check (expires_at > created_at),
    revoked_at   timestamptz,
    revoked_by   text,
    last_used_at timestamptz,
    check ((revoked_at is null) = (revoked_by is null)),
    check (role <> 'upstream' or sources <> '{}'),
    check (person is not null or role in ('upstream', 'marketing', 'ops', 'admin'))
);

comment on table credential is 'Tokens, each for one caller. The token itself is shown once and kept nowhere.';
comment on column credential.name is 'How the caller is called in lists and in the audit; one token in use for each name.';
comment on column credential.prefix is 'How the token begins, to recognise it by.';
comment on column credential.hash is 'SHA-256 of the token, which is 256 bits of chance: nobody can guess what it was made of.';
comment on column credential.person is 'Whose it is, by their key in the roster; null for a machine.';
comment on column credential.sources is 'Source systems that an upstream system may send for.';
comment on column credential.last_used_at is 'To the minute.';

create unique index credential_in_use on credential (name) where revoked_at is null;

create table session (
    hash       bytea primary key check (length(hash) = 32),
    credential bigint references credential,
    person     text references person,
    by         text not null check (by in ('token', 'oidc')),
    begun_at   timestamptz not null default now(),
    expires_at timestamptz not null,
    ended_at   timestamptz,
    check ((by = 'token') = (credential is not null)),
    check ((by = 'oidc') = (person is not null))
);

comment on table session is 'People who are signed in with a browser. It ends with the token that began it, or with their place in the roster.';
comment on column session.hash is 'SHA-256 of what the cookie holds.';

create table sign_in (
    hash       bytea primary key check (length(hash) = 32),
    state      text not null,
    nonce      text not null,
    verifier   text not null,
    expires_at timestamptz not null
);

comment on table sign_in is 'Sign-ins that are under way at the provider (OIDC): each serves one answer, of one browser.';
comment on column sign_in.hash is 'SHA-256 of what the cookie of that browser holds.';

create table audit (
    id     bigint generated always as identity primary key,
    at     timestamptz not null default now(),
    who    text not null,
    role   text not null,
    what   text not null,
    ended  text not null check (ended in ('done', 'refused', 'failed')),
    leads  text[] not null default '{}',
    count  integer check (count >= 0),
    origin text not null,
    detail text not null default ''
);

comment on table audit is 'Who changed what, and who read personal data in bulk: added to, never altered.';
comment on column audit.who is 'Name of the token, or key of the person; operator: whoever reaches the database themselves.';
comment on column audit.role is 'engine.access.CallerRole, or operator.';
comment on column audit.what is 'engine.access.Permission that was used.';
comment on column audit.leads is 'Keys of the leads that it was about, the first hundred.';
comment on column audit.count is 'How many there were; null where none were counted.';
comment on column audit.origin is 'The command, or method, path and address, never with a query.';

create index audit_in_time on audit (at);

create function never_altered() returns trigger
    language plpgsql as
$$
begin
    raise exception '% is only added to', tg_table_name using errcode = 'insufficient_privilege';
end
$$;

create trigger audit_never_altered before update or delete or truncate on audit
    for each statement execute function never_altered();

-- Callers read as one of two roles, which belong to the whole server: several databases, and several processes, may come to make
-- them at once.
do $$
declare
    wanted text;
    mend constant text := format(
        'let whoever administers the server run: create role leadflow_visitor nologin; create role leadflow_confidant nologin;'
        ' grant leadflow_visitor, leadflow_confidant to %I; (create those that are missing)', current_user);
begin
    foreach wanted in array array['leadflow_visitor', 'leadflow_confidant'] loop
        if not exists (select from pg_roles where rolname = wanted) then
            begin
                execute format('create role %I nologin', wanted);
            exception
                when duplicate_object or unique_violation then null;
                when insufficient_privilege then
                    raise exception 'this user may not create the role %, as which callers read leads: %', wanted, mend;
            end;
        end if;
        -- From version 16 on, a member may not become what it is a member of unless it is said so.
        if not pg_has_role(
            current_user, wanted, case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end
        ) then
            begin
                execute format('grant %I to %I', wanted, current_user);
            exception
                when insufficient_privilege then
                    raise exception 'this user may not become the role %, as which callers read leads: %', wanted, mend;
            end;
        end if;
    end loop;
end
$$;

create function caller() returns jsonb
    language sql stable parallel safe
    return nullif(current_setting('leadflow.caller', true), '')::jsonb;

comment on function caller is 'Who asks, for the length of one transaction (store.visiting): role, person, teams, sources.';

grant usage on schema public to leadflow_visitor, leadflow_confidant;

-- The row rule (S1.13, S1.14), here and nowhere else: which leads a caller sees. Workers and operators see all.
alter table lead enable row level security;

create policy keepers on lead using (current_user not in ('leadflow_visitor', 'leadflow_confidant'));

create policy row_rule on lead for select to leadflow_visitor, leadflow_confidant using (
    case (select caller() ->> 'role')
        when 'admin' then true
        when 'marketing' then true
        when 'ops' then true
        when 'upstream' then source_system = any (array(select jsonb_array_elements_text(caller() -> 'sources')))
        when 'partner' then owner = (select caller() ->> 'person')
        when 'seller' then
            owner = (select caller() ->> 'person')
            or ownership = 'queue'
            and team = any (array(select team_member.team from team_member where team_member.person = caller() ->> 'person'))
        when 'team_leader' then
            owner = (select caller() ->> 'person')
            or leader = (select caller() ->> 'person')
            or team = any (array(select jsonb_array_elements_text(caller() -> 'teams')))
        else false
    end
);

-- All but what is personal. A column that is added later is seen by no caller until it is granted.
grant select (
    key, title, source_system, external_id, state, arrived_at, first_source, first_campaign, first_channel, origin,
    process, version, digest, cycle, seq, stage, status, kind, entered_at,
    ownership, owner, team, leader, assigned_at, owner_because, hops,
    segment, score, priority, grade, value, currency, probability, fields, known, account,
    on_hold, due_at, due_clock, overdue_since, wakes_at, last_event_at, closed_at, erased_at, registered_at, snapshot,
    out_of_scope_rule, out_of_scope_reason, missing, invalid, merged_into
) on lead to leadflow_visitor, leadflow_confidant;
grant select (personal) on lead to leadflow_confidant;

create procedure guard(hanging regclass, lead_column name, personal boolean default false)
    language plpgsql as
$$
begin
    execute format('alter table %s enable row level security', hanging);
    execute format('create policy keepers on %s using (current_user not in (''leadflow_visitor'', ''leadflow_confidant''))', hanging);
    execute format(
        'create policy row_rule on %s for select to leadflow_visitor, leadflow_confidant'
        ' using (exists (select from lead where lead.key = %I))', hanging, lead_column);
    execute format(
        'grant select on %s to %s', hanging,
        case when personal then 'leadflow_confidant' else 'leadflow_visitor, leadflow_confidant' end);
end
$$;

comment on procedure guard is 'Lets callers read a table that hangs on leads, as far as they see the lead; with personal, only those who see what is personal.';

call guard('touch', 'lead');
revoke select on touch from leadflow_visitor;
grant select (
    id, lead, at, source, campaign, channel, origin, idempotency_key, payload, invalid, missing, wanted, filled
) on touch to leadflow_visitor;  -- all but raw, which may be personal
call guard('event', 'lead');
call guard('visit', 'lead');
call guard('assignment', 'lead');
call guard('score', 'lead');
call guard('clock', 'lead');
call guard('notification', 'lead');
call guard('task', 'lead');
call guard('lead_merge', 'survivor');
call guard('lead_alias', 'lead');
call guard('possible_match', 'one');
create policy pair on possible_match as restrictive for select to leadflow_visitor, leadflow_confidant
using (exists (select from lead where lead.key = other));
call guard('note', 'lead', personal => true);

grant select on
    definition, definition_current, definition_offer, definition_canary, definition_share, stage, team, team_member,
    source, campaign, country_alias, known_as
to leadflow_visitor, leadflow_confidant;
grant select (key, roster, name, channels, roles, territories, skills, weight, limit_open, limit_per_day, calendar, active)
on person to leadflow_visitor, leadflow_confidant;
