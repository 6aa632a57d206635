-- name: take
select pg_advisory_lock(hashtextextended('deliver:' || $1, 0));

-- name: give_back
select pg_advisory_unlock(hashtextextended('deliver:' || $1, 0));
