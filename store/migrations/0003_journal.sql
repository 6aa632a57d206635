-- The journal: what happened to each lead, in entries that are only added. Reports read it, never workflows.
-- A decision is named by lead, cycle and seq for ever; everything it writes carries that name.

create table event (
    lead       text not null references lead,
    cycle      integer not null,
    seq        integer not null,
    at         timestamptz not null,
    happening  text not null,
    by         text not null,
    owner      text,
    process    text not null,
    digest     text not null,
    from_stage text,
    to_stage   text not null,
    codes      jsonb not null default '{}',
    changes    jsonb not null default '{}',
    words      text not null default '',
    id         text,
    decision   jsonb not null,
    settled    jsonb not null,
    primary key (lead, seq)
);

comment on table event is 'One decision of one lead. Written once, whatever is retried.';
comment on column event.at is 'When it happened on the clock of the workflow.';
comment on column event.happening is 'Name of the event; of things that fall due: overdue:CLOCK, warned:CLOCK, step:LADDER, rescored, hold_over.';
comment on column event.by is 'A person, or system, clock, lead.';
comment on column event.owner is 'Whose lead it was when it happened.';
comment on column event.from_stage is 'Null for the first. The same as to_stage where the lead stayed, or entered its stage anew: see visit.';
comment on column event.codes is 'Reason codes by name: reason, channel, competitor.';
comment on column event.changes is 'Fields changed; of personal ones only that they were.';
comment on column event.seq is 'Counts the decisions of a lead over all its cycles.';
comment on column event.id is 'What it is known by (workflows.event_ids): what comes under it again has happened already, for ever.';
comment on column event.decision is 'The whole decision (engine.decision.Decision): a workflow that has no memory of it catches up from here.';
comment on column event.settled is 'What the world answered (engine.decision.Settled): a retry finds the same answers.';

create unique index event_once on event (lead, id) where id is not null;
create index event_in_time on event (at);
create index event_by_name on event (happening, at);

create table visit (
    lead            text not null references lead,
    cycle           integer not null,
    stage           text not null,
    number          integer not null,
    process         text not null,
    digest          text not null,
    status          text not null,
    kind            text not null check (kind in ('open', 'waiting', 'won', 'lost')),
    entered_at      timestamptz not null,
    entered_seq     integer not null,
    entered_by      text not null,
    left_at         timestamptz,
    left_seq        integer,
    left_by         text,
    working_seconds double precision,
    primary key (lead, cycle, stage, number),
    check ((left_at is null) = (left_seq is null))
);

comment on table visit is 'A stay in a stage. A lead stands in exactly one at a time, so stays add up to any turnaround (S1.9 to S1.11).';
comment on column visit.number is 'The how manieth visit to this stage in this cycle, from 1.';
comment on column visit.entered_by is 'The event that led in; left_by the one that led out.';
comment on column visit.left_at is 'Null while the lead is there: an age, not a duration.';
comment on column visit.working_seconds is 'Of the stay, on the calendar of the owner at its end; null where it was not measured.';

create index visit_open on visit (lead) where left_at is null;
create index visit_of_stage on visit (process, stage, entered_at);
create index visit_in_time on visit (entered_at);

create table assignment (
    id          bigint generated always as identity primary key,
    lead        text not null references lead,
    cycle       integer not null,
    seq         integer not null,
    at          timestamptz not null,
    mode        text not null check (mode in ('rules', 'reassign', 'person', 'exception')),
    asked       text not null,
    ownership   text not null check (ownership in ('nobody', 'held', 'person', 'queue', 'exception')),
    person      text,
    team        text,
    leader      text,
    earlier     text,
    rule        text not null,
    because     text not null,
    explanation jsonb not null,
    segment     text,
    digest      text not null,
    unique (lead, cycle, seq)
);

comment on table assignment is 'Every answer to the question whose a lead is, with its whole explanation (B.5).';
comment on column assignment.id is 'Grows with every assignment: the turn in round robin (S4.5).';
comment on column assignment.mode is 'Why an owner was looked for: engine.decision.AssignMode.';
comment on column assignment.asked is 'What led to the question, in words.';
comment on column assignment.ownership is 'held is no assignment: the search goes on.';
comment on column assignment.earlier is 'Who had it before.';
comment on column assignment.explanation is 'Rules tried, in order, each with whom it considered and why not (engine.decision.RuleTried).';
comment on column assignment.digest is 'The version of the rules that decided.';

create index assignment_turn on assignment (person, id) where ownership in ('person', 'exception');
create index assignment_day on assignment (person, at) where ownership in ('person', 'exception');
create index assignment_in_time on assignment (at);

create table score (
    lead       text not null references lead,
    cycle      integer not null,
    seq        integer not null,
    at         timestamptz not null,
    table_name text not null,
    total      integer not null,
    priority   text not null,
    grade      text not null,
    parts      jsonb not null,
    why        jsonb not null,
    digest     text not null,
    primary key (lead, cycle, seq)
);

comment on table score is 'Every score a lead was given, with its components (S3.6).';
comment on column score.parts is 'Points by component; null is unknown, which is not zero.';
comment on column score.why is 'The same in words.';
comment on column score.digest is 'The version of the table that scored.';

create table clock (
    lead            text not null references lead,
    cycle           integer not null,
    started_seq     integer not null,
    scope           text not null,
    name            text not null,
    title           text not null,
    process         text not null,
    digest          text not null,
    owner           text,
    counts_from     timestamptz not null,
    due_at          timestamptz,
    calendar        text not null default '',
    state           text not null check (state in ('running', 'paused', 'suspended', 'breached', 'ended')),
    breached_at     timestamptz,
    ended_at        timestamptz,
    ended_seq       integer,
    ending          text check (ending in ('met', 'cancelled', 'breached', 'stopped_late', 'left', 'restarted', 'dropped')),
    raw_seconds     double precision,
    working_seconds double precision,
    raw_before      double precision not null default 0,
    working_before  double precision not null default 0,
    primary key (lead, cycle, started_seq, scope, name),
    check ((state = 'ended') = (ended_at is not null)),
    check ((ended_at is null) = (ending is null))
);

comment on table clock is 'Every deadline that ran, how it ended, and how long it took (S1.10, S2.4, S4.1).';
comment on column clock.scope is 'Stage that it belongs to; empty for those of the process and of its assignment table.';
comment on column clock.owner is 'Whose lead it was, last.';
comment on column clock.due_at is 'As last computed; null while it is paused.';
comment on column clock.state is 'suspended: the lead has left the stage, and takes the clock up again on coming back.';
comment on column clock.breached_at is 'When it fell due unmet; it may go on measuring how late the answer comes.';
comment on column clock.ending is 'engine.decision.ClockEnd; also restarted (began anew, for a new owner or date) and dropped (with its cycle or process).';
comment on column clock.raw_seconds is 'Time that counted, as it passed. Null where nothing was measured.';
comment on column clock.working_seconds is 'The same as open time on its calendar.';
comment on column clock.raw_before is 'Counted before the last pause; working_before likewise.';

create index clock_open on clock (lead) where ended_at is null;
create index clock_by_name on clock (process, name, counts_from);
