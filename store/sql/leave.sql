-- name: add
insert into leave (person, starts_at, ends_at, note) values ($1, $2, $3, $4) returning id;

-- name: open_leads_of
-- Leads whose deadlines this person's calendar may move.
select key from lead where owner = $1 and state = 'running' and kind in ('open', 'waiting') order by key;

-- name: end
-- Nothing comes back where it was over already. Its leads are to be told anew.
update leave
set ends_at = greatest(starts_at, $2), announced_at = null
where id = $1 and ends_at > $2
returning person;

-- name: exists
select true from leave where id = $1;

-- name: list
select id, person, starts_at, ends_at, note, entered_at, announced_at
from leave
where ($1::text is null or person = $1)
    and ($2::timestamptz is null or ends_at > $2)
    and ends_at > starts_at
order by starts_at, id;

-- name: not_announced
select id, person, starts_at, ends_at, note, entered_at, announced_at from leave where announced_at is null order by id;

-- name: mark_announced
update leave set announced_at = now() where id = $1;
