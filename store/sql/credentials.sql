-- name: free_name
-- A name whose last token has expired may be given another.
update credential set revoked_at = now(), revoked_by = $2
where name = $1 and revoked_at is null and expires_at <= now();

-- name: issue
insert into credential (name, prefix, hash, role, person, sources, created_by, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, now() + $8)
returning expires_at;

-- name: find
-- Whoever has left, or has the role no longer, has no way in any more. Teams are those that the person leads now.
select
    credential.name, credential.role, credential.person, credential.sources,
    array(select team.key from team where team.leader = credential.person and team.active order by team.key) as teams
from credential
left join person on person.key = credential.person
where credential.hash = $1
    and credential.revoked_at is null
    and credential.expires_at > now()
    and (person.key is null or person.active and (credential.role in ('admin', 'upstream') or credential.role = any (person.roles)));

-- name: note_use
update credential set last_used_at = now()
where hash = $1 and (last_used_at is null or last_used_at < now() - interval '1 minute');

-- name: revoke
update credential set revoked_at = now(), revoked_by = $2
where revoked_at is null and (name = $1 or prefix = $1)
returning name;

-- name: listed
select id, name, prefix, role, person, sources, created_by, created_at, expires_at, revoked_at, revoked_by, last_used_at
from credential
where $1 or revoked_at is null and expires_at > now()
order by name, id;

-- name: person
select active, roles from person where key = $1;
