-- name: lock
-- One migration run at a time; the number means nothing but must be the same everywhere.
select pg_advisory_lock(7163402915);

-- name: create
create table if not exists migration (
    name       text primary key,
    checksum   text not null,
    applied_at timestamptz not null default now()
);
comment on table migration is 'What has been applied to this database, as it was then.';

-- name: exists
select to_regclass('migration') is not null;

-- name: applied
select name, checksum from migration;

-- name: note
insert into migration (name, checksum) values ($1, $2);
