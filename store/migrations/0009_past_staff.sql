-- Who worked here and who was away, as it was known at each time: what past leads are judged by (B.4).

create table roster_past (
    id     bigint generated always as identity primary key,
    at     timestamptz not null default now(),
    people jsonb not null,
    teams  jsonb not null
);

comment on table roster_past is 'The whole roster as it stood after each load; the first row as it stood when this table was made.';
comment on column roster_past.people is 'By key, all that rules read of a person; not how they are reached.';
comment on column roster_past.teams is 'Teams in use, by key.';

create function remember_roster() returns void
    language sql as
$$
    insert into roster_past (people, teams)
    select
        coalesce(
            (
                select jsonb_object_agg(
                    person.key,
                    jsonb_build_object(
                        'roles', person.roles,
                        'territories', person.territories,
                        'skills', person.skills,
                        'weight', person.weight,
                        'limit_open', person.limit_open,
                        'limit_per_day', person.limit_per_day,
                        'calendar', person.calendar,
                        'active', person.active,
                        'teams', array(
                            select team_member.team
                            from team_member
                            where team_member.person = person.key
                            order by team_member.position
                        )
                    )
                )
                from person
            ),
            '{}'
        ),
        coalesce(
            (
                select jsonb_object_agg(
                    team.key, jsonb_build_object('title', team.title, 'leader', team.leader, 'calendar', team.calendar)
                )
                from team
                where team.active
            ),
            '{}'
        )
$$;

comment on function remember_roster is 'Called at the end of each load, in its transaction.';

select remember_roster() where exists (select from person);

create table leave_past (
    id         bigint generated always as identity primary key,
    at         timestamptz not null default now(),
    leave      bigint not null references leave,
    person     text not null,
    starts_at  timestamptz not null,
    ends_at    timestamptz not null,
    taken_over boolean not null default false
);

comment on table leave_past is 'What was known of each leave, from when on: entered, cut short, taken back.';
comment on column leave_past.taken_over is 'Entered before this table was made: when it was cut short since is not known.';

insert into leave_past (at, leave, person, starts_at, ends_at, taken_over)
select entered_at, id, person, starts_at, ends_at, true from leave order by id;

create function remember_leave() returns trigger
    language plpgsql as
$$
begin
    insert into leave_past (leave, person, starts_at, ends_at) values (new.id, new.person, new.starts_at, new.ends_at);
    return null;
end
$$;

create trigger remember_leave after insert or update of starts_at, ends_at on leave for each row execute function remember_leave();
