-- name: kept
-- By what the hours of people and teams are told, as engine.time.calendars tells them.
select 'person' as whose, person.key, array[person.calendar, team.key, team.calendar] as hours
from person
left join team_member on team_member.person = person.key and team_member.position = 1
left join team on team.key = team_member.team and team.active
union all
select 'team', key, array[calendar] from team where active;

-- name: note_change
insert into hours_change (people, teams) values ($1, $2);

-- name: not_told
select id, people, teams from hours_change where told_at is null order by id;

-- name: leads_of
-- Leads whose deadlines these hours may move. $1 people, $2 teams.
select key from lead where state = 'running' and (owner = any ($1::text[]) or team = any ($2::text[])) order by key;

-- name: mark_told
update hours_change set told_at = now() where id = $1;
