-- Moves: leads in flight that go on in another version of their process, by a plan that somebody started (B.3).

create table move_run (
    id           bigint generated always as identity primary key,
    process      text not null,
    from_version integer not null,
    to_version   integer not null,
    origin       text not null references definition,
    target       text not null references definition,
    plan         jsonb not null,
    source       text not null,
    reason       text not null,
    started_by   text not null,
    started_at   timestamptz not null default now(),
    finished_at  timestamptz,
    back_by      text,
    back_reason  text,
    back_at      timestamptz,
    back_done_at timestamptz,
    check (origin <> target)
);

comment on table move_run is 'A migration, once it was started. Which leads it moved is in event: their id is move:RUN, and back:RUN of the way back.';
comment on column move_run.plan is 'engine.plan.Plan: what was started is what goes on, whatever has become of the file.';
comment on column move_run.source is 'The plan as its author wrote it.';
comment on column move_run.finished_at is 'When every lead that could be moved had been; null while it is under way, or where it was stopped.';
comment on column move_run.back_at is 'When the way back was begun, and by whom and why: back_by, back_reason.';

create unique index move_run_under_way on move_run (origin, target, md5(plan::text)) where back_at is null;

create table move_blocked (
    run      bigint not null references move_run,
    lead     text not null references lead,
    back     boolean not null,
    code     text not null,
    why      text not null,
    tried_at timestamptz not null default now(),
    primary key (run, lead, back)
);

comment on table move_blocked is 'Leads that a run did not move, and why. A lead that is moved later has no row any more.';
comment on column move_blocked.back is 'Not moved back.';

create index event_moved on event (id, lead) where happening = 'moved';

alter table clock drop constraint clock_ending_check;
alter table clock add constraint clock_ending_check
    check (ending in ('met', 'cancelled', 'breached', 'stopped_late', 'left', 'restarted', 'dropped', 'moved'));

comment on column clock.ending is 'engine.decision.ClockEnd; also restarted (began anew, for a new owner or date), dropped (with its cycle, process or version) and moved (goes on under another name, in another version).';
