-- Past leads from other systems: where their past comes from, and what in it does not add up (B.9).

alter table lead add column past_from text;

comment on column lead.past_from is 'The system that its past was imported from; null for a lead that has always been here.';

create table import_remark (
    id            bigint generated always as identity primary key,
    lead          text references lead,
    source_system text not null,
    file          text not null,
    line          integer not null,
    code          text not null,
    what          text not null,
    mended        text not null,
    noted_at      timestamptz not null default now(),
    unique nulls not distinct (lead, source_system, file, line, code, what)
);

comment on table import_remark is 'What contradicts itself or means nothing in an imported past, row by row. Holds nothing that stood in a cell.';
comment on column import_remark.lead is 'Null for a row that belongs to no lead.';
comment on column import_remark.mended is 'What was made of it.';

create index import_remark_of_lead on import_remark (lead);

-- Whoever sees the lead sees where its past comes from, and what is doubtful about it.
grant select (past_from) on lead to leadflow_visitor, leadflow_confidant;
call guard('import_remark', 'lead');
