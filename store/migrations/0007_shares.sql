-- Shares: a part of new leads may take a newer version first. And what each worker holds in memory.

create table definition_share (
    id      bigint generated always as identity primary key,
    process text not null,
    version integer not null,
    share   numeric(5, 2) not null check (share between 0 and 100),
    set_by  text not null,
    set_at  timestamptz not null default now(),
    why     text not null default '',
    foreign key (process, version) references definition (process, version)
);

comment on table definition_share is 'Which share of new leads a version was given, by whom and why. The last row of a version counts; a version without one takes all.';
comment on column definition_share.share is 'Of new leads, in percent: 100 takes all, 0 takes the version back.';

create index definition_share_of_version on definition_share (process, version, id desc);

create view definition_offer as
select definition.process, definition.version, definition.digest, definition.title, definition.published_at,
    coalesce(last.share, 100) as share
from definition
left join lateral (
    select definition_share.share from definition_share
    where definition_share.process = definition.process and definition_share.version = definition.version
    order by definition_share.id desc limit 1
) as last on true;

comment on view definition_offer is 'Every version with the share that it was given last.';

create or replace view definition_current as
select distinct on (process) process, version, digest, title, published_at
from definition_offer
where share = 100
order by process, version desc;

comment on view definition_current is 'The main version of each process: the newest that takes all new leads, but for those that a canary takes.';

create view definition_canary as
select distinct on (offer.process) offer.process, offer.version, offer.digest, offer.share
from definition_offer as offer
join definition_current as main using (process)
where offer.version > main.version and offer.share > 0
order by offer.process, offer.version desc;

comment on view definition_canary is 'The newer version of a process that takes a share of its new leads first.';

create table worker_catalog (
    worker  text primary key,
    holds   text[] not null,
    seen_at timestamptz not null default now()
);

comment on table worker_catalog is 'Which definitions each worker holds, by digest, as it last said. One that has said nothing for long is gone.';
