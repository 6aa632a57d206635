-- name: version
select version from roster_version;

-- name: people
select
    person.*,
    array(
        select team_member.team
        from team_member
        where team_member.person = person.key
        order by team_member.position
    ) as teams
from person
order by key;

-- name: teams
select * from team where active order by key;

-- name: absences
-- Past ones too: time that passed before today is measured on calendars as well.
select person, starts_at, ends_at
from leave
where ends_at > now() - interval '2 years' and ends_at > starts_at
order by person, starts_at;

-- name: known
-- Active people and teams that another roster has brought.
select
    array(select key from person where active and roster <> $1) as people,
    array(select key from team where active and roster <> $1) as teams;

-- name: put_team
insert into team (key, roster, title, leader, calendar)
values ($1, $2, $3, $4, $5)
on conflict (key) do update
set (roster, title, leader, calendar, active) = (excluded.roster, excluded.title, excluded.leader, excluded.calendar, true);

-- name: put_person
insert into person (
    key, roster, name, email, webhook, channels, roles, territories, skills, weight, limit_open, limit_per_day, calendar, active
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict (key) do update
set (roster, name, email, webhook, channels, roles, territories, skills, weight, limit_open, limit_per_day, calendar, active)
    = (
        excluded.roster, excluded.name, excluded.email, excluded.webhook, excluded.channels, excluded.roles, excluded.territories,
        excluded.skills, excluded.weight, excluded.limit_open, excluded.limit_per_day, excluded.calendar, excluded.active
    );

-- name: leave_teams
delete from team_member using person where person.key = team_member.person and person.roster = $1;

-- name: join_team
insert into team_member (person, position, team) values ($1, $2, $3);

-- name: retire_people
update person set active = false where roster = $1 and active and key <> all ($2::text[]) returning key;

-- name: retire_teams
update team set active = false where roster = $1 and active and key <> all ($2::text[]) returning key;

-- name: note_load
insert into roster_load (roster, loaded_by, people, teams, retired) values ($1, $2, $3, $4, $5);

-- name: remember
select remember_roster();
