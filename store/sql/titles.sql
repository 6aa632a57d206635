-- name: stages
-- The stages of every definition that a lead has run on.
select stage.digest, stage.path, stage.title
from stage
where stage.digest in (
    select event.digest from event where event.lead = $1
    union
    select lead.digest from lead where lead.key = $1
);

-- name: paths
-- Every stage that leads can stand in, those that hold others included.
select distinct path from stage order by path;

-- name: versions
select digest, version from definition;
