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
