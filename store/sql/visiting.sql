-- name: visitor
set local role leadflow_visitor;

-- name: confidant
set local role leadflow_confidant;

-- name: caller
select set_config('leadflow.caller', $1, true);

-- name: visible
-- A lead that was merged is the one that it is by now: whoever sees only the former reaches nobody else's lead by it. A system may go
-- on speaking of what it has sent.
select case
    when caller() ->> 'role' = 'upstream' then exists (select from lead where key = $1)
    else exists (select from lead where key = lead_resolved($1))
end;
