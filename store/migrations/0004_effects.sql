-- Effects that reach people: notices and tasks, each under a stable key, so that no retry sends or asks twice.

create table notification (
    key               text primary key,
    lead              text not null references lead,
    at                timestamptz not null,
    recipient         text not null check (recipient in ('person', 'team', 'lead', 'hook')),
    name              text check ((name is null) = (recipient = 'lead')),
    template          text not null,
    channels          text[] not null,
    subject           text not null default '',
    status            text not null default 'planned' check (status in ('planned', 'sent', 'failed', 'undeliverable')),
    attempts          jsonb not null default '[]',
    delivered_channel text,
    delivered_at      timestamptz,
    check ((status = 'sent') = (delivered_at is not null))
);

comment on table notification is 'Every notice and every call, and whether it arrived (S4.7). What it said is not kept.';
comment on column notification.key is 'Step key of the decision and number of the effect: lead:cycle:seq:n.';
comment on column notification.at is 'When it was decided, on the clock of the workflow.';
comment on column notification.recipient is 'Of ours a person or a team, by name; the lead itself; or an endpoint that is called, by its name.';
comment on column notification.template is 'Of a call: what it tells of.';
comment on column notification.channels is 'Order in which channels are tried.';
comment on column notification.subject is 'As the template writes it, before anything is filled in.';
comment on column notification.status is 'failed: refused on every channel; undeliverable: there is no channel to try.';
comment on column notification.attempts is 'List of {channel, at, outcome, detail}, without addresses.';
comment on column notification.delivered_at is 'On the clock of the database, like the times of attempts.';

create index notification_of_lead on notification (lead, at);
create index notification_not_sent on notification (at) where status <> 'sent';

create table task (
    key        text primary key,
    lead       text not null references lead,
    meant_for  text not null,
    person     text,
    title      text not null,
    due_at     timestamptz,
    created_at timestamptz not null,
    done_at    timestamptz,
    done_by    text,
    check ((done_at is null) = (done_by is null))
);

comment on table task is 'The daily work list (S2.2).';
comment on column task.key is 'Step key of the decision and number of the effect: lead:cycle:seq:n.';
comment on column task.meant_for is 'As the definition says: owner, team_leader, person:NAME. Those of an owner follow the lead to the next one.';
comment on column task.person is 'On whose list it stands; null while nobody is meant.';

create index task_open on task (person, due_at) where done_at is null;
create index task_of_lead on task (lead);
