"""Files of another system, read by their mapping (B.9)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from client.history.mapping import check_against, read_history
from client.history.ordering import in_order
from client.history.reading import read_files
from client.history.remarks import Doubt
from engine.errors import DefinitionError
from store.definition_files import load_process

DEFINITIONS = Path(__file__).parents[2] / "definitions"
MAPPING = DEFINITIONS / "histories" / "old_crm.yaml"
SAMPLES = DEFINITIONS / "samples"


def test_the_sample_is_read_with_what_does_not_add_up() -> None:
    """B.9: forty leads; each doubt with its file and line."""
    mapping = read_history(MAPPING)
    check_against(MAPPING, mapping, load_process(DEFINITIONS / "inbound_b2b" / "v1.yaml")[1])
    files = read_files(SAMPLES / "old_crm_leads.csv", SAMPLES / "old_crm_events.csv", mapping)
    assert len(files.accounts) == 40
    assert [one.code for one in files.stray] == [Doubt.NO_LEAD]
    found = [one.code for account in files.accounts for one in account.remarks]
    assert sorted(found) == [Doubt.UNKNOWN_REASON, Doubt.UNKNOWN_STAGE]


def test_an_outcome_before_the_first_contact_counts_when_that_was() -> None:
    """B.9: the file tells it last, so its date is wrong."""
    mapping = read_history(MAPPING)
    files = read_files(SAMPLES / "old_crm_leads.csv", SAMPLES / "old_crm_events.csv", mapping)
    account = next(one for one in files.accounts if one.id == "D-105")
    ordered = in_order(account, files.events, datetime(2027, 1, 1, tzinfo=UTC), lambda one: one.what in ("Won", "Lost"))
    assert ordered.entries[-1].what in ("Won", "Lost")
    assert ordered.entries[-1].at == ordered.entries[-2].at
    assert [one.code for one in ordered.remarks] == [Doubt.OUTCOME_TOO_EARLY]


def test_a_stage_that_the_process_does_not_have_is_told_with_its_place(tmp_path: Path) -> None:
    """B.1, B.9."""
    path = tmp_path / "wrong.yaml"
    path.write_text(MAPPING.read_text().replace("stage: delivered", "stage: deliverd"))
    with pytest.raises(DefinitionError, match=r"wrong\.yaml:\d+:\d+: UNKNOWN_STAGE .*deliverd"):
        check_against(path, read_history(path), load_process(DEFINITIONS / "inbound_b2b" / "v1.yaml")[1])
