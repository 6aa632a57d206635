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

comment on column lead.erased_at is 'When the person was erased (B.7). From then on nothing personal is kept with the lead, whoever brings it: see nothing_personal.';
comment on column lead.external_id is 'What its system calls it. Of an erased lead erased: and its key, so that the person who comes again is somebody new.';

create index lead_erased on lead (key) where erased_at is not null;

create function nothing_personal_of_lead() returns trigger
    language plpgsql as
$$
begin
    new.personal := '{}';
    new.external_id := 'erased:' || new.key;
    return new;
end
$$;

create trigger nothing_personal before insert or update on lead for each row
    when (new.erased_at is not null) execute function nothing_personal_of_lead();

create function nothing_personal() returns trigger
    language plpgsql as
$$
begin
    if not exists (select from lead where key = new.lead and erased_at is not null) then
        return new;
    end if;
    if tg_table_name = 'note' then
        new.text := '';
        return new;
    elsif tg_table_name = 'touch' then
        new.raw := '{}';
        return new;
    end if;
    return null;
end
$$;

comment on function nothing_personal is 'What is written of an erased lead goes in without what is personal, or not at all: an event may have been under way.';

create trigger nothing_personal before insert or update on note for each row execute function nothing_personal();
create trigger nothing_personal before insert or update on touch for each row execute function nothing_personal();
create trigger nothing_personal before insert on parcel for each row execute function nothing_personal();
create trigger nothing_personal before insert on identity for each row execute function nothing_personal();
create trigger nothing_personal before insert or update on contact for each row execute function nothing_personal();
create trigger nothing_personal before insert on lead_alias for each row execute function nothing_personal();
