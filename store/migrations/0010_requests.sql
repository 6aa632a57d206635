-- Requests that name themselves (Idempotency-Key), with the answer each got: the same again is answered the same, and does nothing.

create table request_once (
    caller      text not null,
    key         text not null check (length(key) <= 200),
    digest      bytea not null check (length(digest) = 32),
    claimed_at  timestamptz not null default now(),
    answered_at timestamptz,
    status      smallint check (status between 200 and 499),
    body        text,
    primary key (caller, key),
    check ((status is null) = (answered_at is null)),
    check ((status is null) = (body is null))
);

comment on table request_once is 'Requests by the key that their sender gave them. Answers hold nothing personal.';
comment on column request_once.caller is 'Name of the credential: the keys of one sender are nothing to another.';
comment on column request_once.digest is 'SHA-256 of what was asked, by which another request under the same key is told apart.';
comment on column request_once.body is 'JSON, to the letter: the same request gets the same.';
comment on column request_once.claimed_at is 'When somebody last began to work on it. Without an answer long after that, they have died.';

create index request_once_by_age on request_once (claimed_at);
