-- People: the roster as loaded, and leave. A fact of the world, pinned with no definition.

create table team (
    key      text primary key,
    roster   text not null,
    title    text not null,
    leader   text not null,
    calendar text,
    active   boolean not null default true
);

comment on table team is 'Teams. One that its roster no longer has becomes inactive.';
comment on column team.roster is 'The file that it came from; several can be loaded side by side.';

create table person (
    key           text primary key,
    roster        text not null,
    name          text not null,
    email         text,
    webhook       text,
    channels      text[] not null,
    roles         text[] not null,
    territories   text[] not null,
    skills        text[] not null,
    weight        integer not null,
    limit_open    integer,
    limit_per_day integer,
    calendar      text,
    active        boolean not null
);

comment on table person is 'Our people. One who is no longer in the roster becomes inactive and is never removed: past leads name them.';
comment on column person.channels is 'Order in which notices are tried.';
comment on column person.weight is 'Share in assignments by weight; 0 is none.';
comment on column person.limit_open is 'Open leads at most; null is the limit of the assignment table. limit_per_day likewise.';

create table team_member (
    person   text not null references person,
    position integer not null,
    team     text not null references team,
    primary key (person, position),
    unique (person, team)
);

comment on table team_member is 'Who is in which teams.';
comment on column team_member.position is 'From 1; the first team is the main one.';

create table roster_load (
    id        bigint generated always as identity primary key,
    roster    text not null,
    loaded_by text not null,
    loaded_at timestamptz not null default now(),
    people    integer not null,
    teams     integer not null,
    retired   text[] not null
);

comment on table roster_load is 'Who loaded which roster, and when.';
comment on column roster_load.retired is 'People and teams that were in this roster before and are not any more.';

create table leave (
    id           bigint generated always as identity primary key,
    person       text not null references person,
    starts_at    timestamptz not null,
    ends_at      timestamptz not null check (ends_at >= starts_at),
    note         text not null default '',
    entered_at   timestamptz not null default now(),
    announced_at timestamptz
);

comment on table leave is 'Absences (B.6). The end of one that is cut short moves; one taken back ends as it starts.';
comment on column leave.announced_at is 'When the leads whose deadlines it moves were told; null until then.';

create index leave_of_person on leave (person, ends_at);
create index leave_not_announced on leave (id) where announced_at is null;

create table hours_change (
    id         bigint generated always as identity primary key,
    people     text[] not null,
    teams      text[] not null,
    changed_at timestamptz not null default now(),
    told_at    timestamptz
);

comment on table hours_change is 'Who keeps other working hours since a roster was loaded (B.6): it moves the deadlines of their leads.';
comment on column hours_change.told_at is 'When those leads were told; null until then.';

create index hours_change_not_told on hours_change (id) where told_at is null;

create table roster_version (
    single     boolean primary key default true check (single),
    version    uuid not null default gen_random_uuid(),
    changed_at timestamptz not null default now()
);

comment on table roster_version is 'One row, new with every change of people, teams or leave: tells whether what was read of them still holds.';

insert into roster_version default values;

create function roster_changed() returns trigger
    language plpgsql as
$$
begin
    update roster_version set version = gen_random_uuid(), changed_at = now();
    return null;
end
$$;

create trigger roster_changed after insert or update or delete on team for each statement execute function roster_changed();
create trigger roster_changed after insert or update or delete on person for each statement execute function roster_changed();
create trigger roster_changed after insert or update or delete on team_member for each statement execute function roster_changed();
create trigger roster_changed after insert or update of starts_at, ends_at or delete on leave for each statement execute function roster_changed();
