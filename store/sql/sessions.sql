-- name: begin
insert into session (hash, credential, person, by, expires_at)
select $1, credential.id, null, 'token', least(now() + $3, credential.expires_at)
from credential
where credential.hash = $2
returning expires_at;

-- name: begin_as_person
insert into session (hash, person, by, expires_at) values ($1, $2, 'oidc', now() + $3) returning expires_at;

-- name: by_token
-- The session of a token: it holds as long as the token does.
select credential.hash
from session
join credential on credential.id = session.credential
where session.hash = $1 and session.ended_at is null and session.expires_at > now();

-- name: by_person
select
    person.key as person, person.roles,
    array(select team.key from team where team.leader = person.key and team.active order by team.key) as teams
from session
join person on person.key = session.person and person.active
where session.hash = $1 and session.ended_at is null and session.expires_at > now();

-- name: finish
update session set ended_at = now() where hash = $1 and ended_at is null;

-- name: person_with
-- Two with one address are nobody: whom it means cannot be told.
select min(key) as key from person where active and lower(email) = lower($1) having count(*) = 1;

-- name: keep
with forgotten as (
    delete from sign_in where expires_at < now()
)
insert into sign_in (hash, state, nonce, verifier, expires_at) values ($1, $2, $3, $4, now() + $5);

-- name: take
delete from sign_in where hash = $1 returning state, nonce, verifier, expires_at > now() as in_time;
