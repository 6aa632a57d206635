-- name: take_turns
-- Until the transaction ends, nobody else looks for an owner: whoever waits here sees the result.
select pg_advisory_xact_lock(hashtextextended('assignment of leadflow', 0));

-- name: workload
-- What each person has on their hands. $1 people, $2 the beginning of the day of each.
select
    person.key,
    (
        select count(*) from lead where lead.owner = person.key and lead.kind in ('open', 'waiting')
    ) as open,
    (
        select count(distinct assignment.lead)
        from assignment
        where assignment.person = person.key
            and assignment.at >= person.day_began
            and assignment.ownership in ('person', 'exception')
    ) as today,
    (
        select max(assignment.id)
        from assignment
        where assignment.person = person.key and assignment.ownership in ('person', 'exception')
    ) as last_turn
from unnest($1::text[], $2::timestamptz[]) as person (key, day_began);

-- name: account_owner
-- Whose the other leads of the same company are: a customer's first, then the one assigned last.
select owner
from lead
where account = account_of($1)
    and key <> $2
    and ownership = 'person'
    and kind in ('open', 'waiting', 'won')
order by kind = 'won' desc, assigned_at desc
limit 1;
