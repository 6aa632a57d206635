-- name: work_list
select key, lead, meant_for, person, title, due_at, created_at, done_at, done_by
from task
where person = $1 and done_at is null
order by due_at nulls last, created_at, key;

-- name: completing
select key from task where lead = $1 and completes and done_at is null and not starts_with(key, $2 || ':');

-- name: finish
update task set done_at = $2, done_by = $3 where key = $1 and done_at is null
returning true;
