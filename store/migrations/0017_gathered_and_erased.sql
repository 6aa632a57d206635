-- Notices that come in a flood are gathered into one mail (S4.7), and what reminds of a person who was erased (B.7).

create table digest (
    key               text primary key,
    person            text not null,
    at                timestamptz not null default clock_timestamp(),
    status            text not null default 'planned' check (status in ('planned', 'sent', 'failed', 'undeliverable')),
    attempts          jsonb not null default '[]',
    delivered_channel text,
    delivered_at      timestamptz,
    check ((status = 'sent') = (delivered_at is not null))
);

comment on table digest is 'One mail to one person in place of many notices. What it says is made of those notices when it is sent, and not kept.';
comment on column digest.at is 'When it was made up; nothing is added to it afterwards. All times are on the clock of the database.';
comment on column digest.status is 'As of a notification; its notices have the same.';

create index digest_not_sent on digest (at) where status = 'planned';
create index digest_of_person on digest (person, at);

alter table notification
    add column entered_at timestamptz not null default clock_timestamp(),
    add column about text not null default '',
    add column due_at timestamptz,
    add column digest text references digest;

alter table notification drop constraint notification_status_check;
alter table notification add constraint notification_status_check
    check (status in ('planned', 'gathered', 'sent', 'failed', 'undeliverable'));

comment on column notification.status is 'gathered: waits for the next digest of its reader; failed: refused on every channel; undeliverable: there is no channel to try.';
comment on column notification.entered_at is 'On the clock of the database: by it one tells a flood.';
comment on column notification.about is 'What it is about, in the words of the process; nothing personal.';
comment on column notification.due_at is 'The deadline that it names.';
comment on column notification.digest is 'The digest that it went with, or is to go with; null while it waits for one, and of one that went alone.';

create index notification_of_reader on notification (name, template, entered_at) where recipient = 'person';
create index notification_gathered on notification (name, entered_at) where status = 'gathered' and digest is null;
create index notification_of_digest on notification (digest) where digest is not null;
