-- name: fields
select fields from lead where key = $1;
