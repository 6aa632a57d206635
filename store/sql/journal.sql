-- name: recorded
-- The decision with this number and what the world answered to it, if one was recorded; if not, the one with this id. The
-- cycle is no part of the number: of two decisions that would be the next one, only the first counts.
select seq, decision, settled from event where lead = $1 and (seq = $2 or id = $3) order by seq <> $2 limit 1;

-- name: known
select decision, settled from event where (lead, id) = ($1, $2);

-- name: snapshot
-- The whole state of a lead after its last decision; null before the first.
select snapshot from lead where key = $1;

-- name: record
-- One decision with all that it changes, in one statement. A row comes back only if this call wrote it: everything hangs
-- on the event, and that is written once. `$1` is the document that store/journal.py makes.
with doc as (
    select *
    from jsonb_to_record($1) as d (
        lead text, cycle integer, seq integer, at timestamptz, happening text, by text, owner_before text,
        process text, version integer, digest text, from_stage text, to_stage text, codes jsonb, changes jsonb,
        words text, parcel text, cleared jsonb, id text, decision jsonb, settled jsonb,
        visit integer, stage_seconds double precision, status text, kind text, closes boolean, entered_at timestamptz,
        ownership text, owner text, team text, leader text, assigned_at timestamptz, owner_because text, hops integer,
        segment text, score integer, priority text, grade text, value numeric, currency text, probability integer,
        fields jsonb, known jsonb, on_hold boolean, due_at timestamptz, due_clock text, overdue_since timestamptz,
        wakes_at timestamptz, merged_into text,
        missing jsonb, decider text, snapshot jsonb, assignments jsonb, scores jsonb, tasks jsonb
    )
), recorded as (
    insert into event (
        lead, cycle, seq, at, happening, by, owner, process, digest, from_stage, to_stage, codes, changes, words, id, decision, settled
    )
    select
        lead, cycle, seq, at, happening, by, owner_before, process, digest, from_stage, to_stage, codes, changes, words, id, decision, settled
    from doc
    -- By its number or by its id, whichever is there already.
    on conflict do nothing
    returning seq
), fresh as (
    select doc.* from doc join recorded using (seq)
), opened as (
    -- What came with the event and is personal: now that it has happened, it belongs to the lead.
    delete from parcel using fresh where parcel.id = fresh.parcel and parcel.lead = fresh.lead
    returning parcel.by, parcel.personal, parcel.note, parcel.fills
), noted as (
    insert into note (lead, cycle, seq, at, by, text)
    select fresh.lead, fresh.cycle, fresh.seq, fresh.at, opened.by, opened.note from fresh, opened where opened.note is not null
), stands as (
    update lead
    set state = case
            when fresh.merged_into is not null then 'merged'
            when fresh.closes then 'closed'
            else 'running'
        end,
        merged_into = fresh.merged_into,
        closed_at = case when fresh.closes then coalesce(lead.closed_at, fresh.at) end,
        process = fresh.process,
        version = fresh.version,
        digest = fresh.digest,
        cycle = fresh.cycle,
        seq = fresh.seq,
        -- What is another lead by now stands nowhere itself.
        stage = case when fresh.merged_into is null then fresh.to_stage end,
        status = case when fresh.merged_into is null then fresh.status end,
        kind = case when fresh.merged_into is null then fresh.kind end,
        entered_at = fresh.entered_at,
        ownership = fresh.ownership,
        owner = fresh.owner,
        team = fresh.team,
        leader = fresh.leader,
        assigned_at = fresh.assigned_at,
        owner_because = fresh.owner_because,
        hops = fresh.hops,
        segment = fresh.segment,
        score = fresh.score,
        priority = fresh.priority,
        grade = fresh.grade,
        value = case when fresh.merged_into is null then fresh.value end,
        currency = fresh.currency,
        probability = case when fresh.merged_into is null then fresh.probability end,
        fields = fresh.fields,
        personal = jsonb_strip_nulls(coalesce(
            (
                select case when opened.fills then opened.personal || lead.personal else lead.personal || opened.personal end
                from opened
            ),
            lead.personal
        )) - array(select jsonb_array_elements_text(fresh.cleared)),
        known = array(select jsonb_array_elements_text(fresh.known)),
        missing = array(select jsonb_array_elements_text(fresh.missing)),
        invalid = array(
            select name
            from unnest(lead.invalid) as named (name)
            where not (fresh.known ? name) and fresh.fields ->> name is null
        ),
        on_hold = fresh.on_hold,
        due_at = fresh.due_at,
        due_clock = fresh.due_clock,
        overdue_since = fresh.overdue_since,
        wakes_at = fresh.wakes_at,
        last_event_at = fresh.at,
        snapshot = fresh.snapshot
    from fresh
    where lead.key = fresh.lead
), goes as (
    update visit
    set left_at = fresh.at,
        left_seq = fresh.seq,
        left_by = fresh.happening,
        working_seconds = fresh.stage_seconds
    from fresh
    where visit.lead = fresh.lead
        and visit.left_at is null
        and (visit.cycle, visit.stage, visit.number) <> (fresh.cycle, fresh.to_stage, fresh.visit)
), goes_on as (
    -- A stay that the lead takes along to another version of its process.
    update visit
    set process = fresh.process,
        digest = fresh.digest,
        status = fresh.status,
        kind = fresh.kind
    from fresh
    where visit.lead = fresh.lead
        and visit.left_at is null
        and (visit.cycle, visit.stage, visit.number) = (fresh.cycle, fresh.to_stage, fresh.visit)
        and visit.digest <> fresh.digest
), comes as (
    insert into visit (lead, cycle, stage, number, process, digest, status, kind, entered_at, entered_seq, entered_by)
    select lead, cycle, to_stage, visit, process, digest, status, kind, at, seq, happening
    from fresh
    on conflict (lead, cycle, stage, number) do nothing
), assigned as (
    insert into assignment (
        lead, cycle, seq, at, mode, asked, ownership, person, team, leader, earlier, rule, because, explanation, segment, digest
    )
    select
        fresh.lead, fresh.cycle, fresh.seq, fresh.at, a.mode, a.asked, a.ownership, a.person, a.team, a.leader,
        fresh.owner_before, a.rule, a.because, a.explanation, fresh.segment, fresh.digest
    from fresh,
        jsonb_to_recordset(fresh.assignments) as a (
            mode text, asked text, ownership text, person text, team text, leader text, rule text, because text, explanation jsonb
        )
), scored as (
    insert into score (lead, cycle, seq, at, table_name, total, priority, grade, parts, why, digest)
    select
        fresh.lead, fresh.cycle, fresh.seq, fresh.at, s.table_name, s.total, s.priority, s.grade, s.parts, s.why, fresh.digest
    from fresh,
        jsonb_to_recordset(fresh.scores) as s (
            table_name text, total integer, priority text, grade text, parts jsonb, why jsonb
        )
), followed as (
    -- What its owner still had to do is the next owner's now; theirs to do comes with it.
    update task
    set person = case task.meant_for
        when 'owner' then fresh.owner
        when 'owner_or_exception' then coalesce(fresh.owner, fresh.decider)
        else fresh.leader
    end
    from fresh
    where task.lead = fresh.lead
        and task.done_at is null
        and task.meant_for in ('owner', 'owner_or_exception', 'team_leader')
        and fresh.owner is distinct from fresh.owner_before
), given as (
    insert into task (key, lead, meant_for, person, title, due_at, created_at, completes)
    select t.key, fresh.lead, t.meant_for, t.person, t.title, t.due_at, fresh.at, t.completes
    from fresh,
        jsonb_to_recordset(fresh.tasks) as t (
            key text, meant_for text, person text, title text, due_at timestamptz, completes boolean
        )
    on conflict (key) do nothing
)
select true from recorded;
