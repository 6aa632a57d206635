-- Costs: what was paid to generate leads (S0.6).

create table cost (
    id         bigint generated always as identity primary key,
    campaign   text,
    source     text,
    starts_on  date not null,
    ends_on    date not null check (ends_on >= starts_on),
    amount     numeric not null check (amount >= 0),
    currency   text not null check (currency ~ '^[A-Z]{3}$'),
    entered_by text not null,
    entered_at timestamptz not null default now(),
    check (campaign is not null or source is not null)
);

comment on table cost is 'What a campaign or source cost in a period. Where there is no row the cost is unknown, which is not zero.';
comment on column cost.ends_on is 'Last day of the period, included.';

create index cost_of_campaign on cost (campaign, starts_on);
