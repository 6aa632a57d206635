-- name: in_flight
-- Leads that run on version $1, in the order of their keys, from $2 on.
select snapshot from lead where state = 'running' and digest = $1 and key > $2 order by key limit $3;

-- name: standing_in
-- How many leads that run on version $1 stand in each of its stages.
select stage, count(*) as leads from lead where state = 'running' and digest = $1 group by stage;
