-- Merges: two leads that turned out to be one (S0.13). A person decides; the way back is open.

create table lead_merge (
    id         bigint generated always as identity primary key,
    loser      text not null references lead,
    survivor   text not null references lead,
    rule       text not null,
    by         text not null,
    reason     text not null,
    begun_at   timestamptz not null default now(),
    done_at    timestamptz,
    undo_by     text,
    undo_reason text,
    undo_at    timestamptz,
    undone_at  timestamptz,
    check (loser <> survivor),
    check ((undo_at is null) = (undo_by is null) and (undo_at is null) = (undo_reason is null)),
    check (undone_at is null or undo_at is not null)
);

comment on table lead_merge is 'Each merge, from when somebody asked for it. What it did to each lead is in event: merge:ID, unmerge:ID on the way back.';
comment on column lead_merge.rule is 'Why this one survives: the rule (engine.surviving), or that it was named.';
comment on column lead_merge.done_at is 'When the survivor had taken the other in; null while that is under way.';
comment on column lead_merge.undo_at is 'When the way back was begun; undone_at when the loser went on.';

create unique index lead_merge_stands on lead_merge (loser) where undone_at is null;
create index lead_merge_of_survivor on lead_merge (survivor) where undone_at is null;
create index lead_merge_under_way on lead_merge (begun_at) where done_at is null or (undo_at is not null and undone_at is null);

create table lead_merge_task (
    merge  bigint not null references lead_merge on delete cascade,
    task   text not null references task,
    person text,
    primary key (merge, task)
);

comment on table lead_merge_task is 'Tasks that were still to be done for the loser, and on whose list they stood: the survivor has them now.';

alter table lead add column merged_into text references lead;

comment on column lead.merged_into is 'The lead that it turned out to be (S0.13). It stands nowhere: no stage, status or value of its own.';

alter table lead drop constraint lead_state_check;
alter table lead add constraint lead_state_check
    check (state in ('received', 'running', 'closed', 'out_of_scope', 'merged'));
alter table lead add constraint lead_merged_check
    check ((merged_into is not null) = (state = 'merged') and merged_into <> key);

comment on column lead.state is 'received: no workflow has taken it up yet; running; closed: its workflow has ended; out_of_scope: it is none (S0.14); merged: it is another one, merged_into (S0.13).';

create index lead_merged on lead (merged_into) where merged_into is not null;

create view lead_counted (lead, counts_for) as
with recursive chain (lead, counts_for, merged_into) as (
    select key, merged_into, (select other.merged_into from lead as other where other.key = lead.merged_into)
    from lead
    where merged_into is not null
    union all
    select chain.lead, chain.merged_into, lead.merged_into
    from chain
    join lead on lead.key = chain.merged_into
)
select lead, counts_for from chain where merged_into is null
union all
select key, key from lead where merged_into is null;

comment on view lead_counted is 'For which lead each one counts: itself, or the one at the end of its merges. What hangs on a lead stays where it came to.';

create function lead_resolved(asked text) returns text
    language sql stable parallel safe
    return (
        with recursive chain (key, merged_into) as (
            select lead.key, lead.merged_into
            from lead
            where lead.key = coalesce((select lead_alias.lead from lead_alias where lead_alias.key = asked), asked)
            union all
            select lead.key, lead.merged_into from chain join lead on lead.key = chain.merged_into
        )
        select chain.key from chain where chain.merged_into is null
    );

comment on function lead_resolved is 'The lead that a key means by now: that it is an alias of, at the end of its merges; null for a key that there is not.';

alter table clock drop constraint clock_ending_check;
alter table clock add constraint clock_ending_check
    check (ending in ('met', 'cancelled', 'breached', 'stopped_late', 'left', 'restarted', 'dropped', 'moved', 'merged'));

comment on column clock.ending is 'engine.decision.ClockEnd; also restarted (began anew, for a new owner or date), dropped (with its cycle, process or version), moved (goes on under another name, in another version) and merged (with its lead, which is another one).';
