"""All analyses of one process, one after the other.

They look at what has compiled without a finding, so none of them has to ask whether names exist or conditions can be
read. To add one: a function `(Checker, Subject) -> None` here, its codes in `engine.codes`, a page for each in
`docs/findings`.
"""

from __future__ import annotations

from engine.analysis.bands import check_score
from engine.analysis.capacity import check_capacity
from engine.analysis.fired import check_fired
from engine.analysis.guards import check_guards
from engine.analysis.livelock import check_livelock
from engine.analysis.personal import check_personal
from engine.analysis.reach import check_reach
from engine.analysis.rules import check_rules
from engine.analysis.subject import Analysis, Subject
from engine.analysis.timing import check_timing
from engine.analysis.unused import check_series
from engine.analysis.waiting import check_waiting
from engine.compiling.checking import Checker
from engine.compiling.compile import Compiled
from engine.errors import Finding
from engine.reading.document import Document

ANALYSES: tuple[Analysis, ...] = (
    check_reach,
    check_livelock,
    check_waiting,
    check_fired,
    check_timing,
    check_capacity,
    check_personal,
    check_series,
    check_guards,
    check_rules,
    check_score,
)


def analyse(compiled: Compiled) -> list[Finding]:
    """Everything found in a process and the tables it uses, in the order of files and lines. Allowed ones are among them."""
    check, subject = Checker(), Subject.of(compiled)
    for analysis in ANALYSES:
        analysis(check, subject)
    return sorted(dict.fromkeys(check.findings))


def documents_of(compiled: Compiled) -> list[Document]:
    """Every file that findings of its analysis may lie in."""
    return [compiled.source.document, *(table.document for table in compiled.tables)]
