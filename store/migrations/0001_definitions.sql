-- Definitions: what sales operations published, never changed and never removed.

create table definition (
    digest       text primary key,
    process      text not null,
    version      integer not null check (version >= 1),
    title        text not null,
    body         jsonb not null,
    published_by text not null,
    published_at timestamptz not null default now(),
    why          text not null default '',
    unique (process, version)
);

comment on table definition is 'A published process with the content of every table it uses. Running leads name it by its digest.';
comment on column definition.digest is 'SHA-256 over what the files say, in hex.';
comment on column definition.body is 'The files as written: engine.compiling.bundle.Bundle.to_json.';
comment on column definition.why is 'What the author said about this version.';

create view definition_current as
select distinct on (process) process, version, digest, title, published_at
from definition
order by process, version desc;

comment on view definition_current is 'The newest version of each process: what new leads take.';

create table stage (
    digest      text not null references definition,
    path        text not null,
    position    integer not null,
    title       text not null,
    status      text not null,
    kind        text not null check (kind in ('open', 'waiting', 'won', 'lost')),
    closes      boolean not null,
    probability integer,
    primary key (digest, path)
);

comment on table stage is 'The stages a lead can stand in, by definition: what reports need to name, order and weigh them.';
comment on column stage.position is 'Place in the order written, from 1.';
comment on column stage.status is 'Lead status that goes with the stage (S3.3).';
comment on column stage.probability is 'Of an order, in percent, for the forecast (S2.6); null where none is stated.';
