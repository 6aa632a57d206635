-- name: visitor
set local role leadflow_visitor;

-- name: confidant
set local role leadflow_confidant;

-- name: caller
select set_config('leadflow.caller', $1, true);

-- name: visible
select exists (select from lead where key = $1);
