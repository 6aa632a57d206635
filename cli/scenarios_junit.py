"""Outcomes of scenarios as JUnit XML, which build servers show."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

from trials.scenarios.running import Outcome


def write_junit(outcomes: list[Outcome], file: Path) -> None:
    """One suite for each process; a failure holds what was expected, what is so and what had happened."""
    root = Xml.Element("testsuites")
    suites: dict[str, list[Outcome]] = {}
    for one in outcomes:
        suites.setdefault(one.case.setting.process.name, []).append(one)
    for process, some in suites.items():
        failed = sum(not one.ok for one in some)
        suite = Xml.SubElement(root, "testsuite", name=process, tests=str(len(some)), failures=str(failed))
        for one in some:
            mark = one.case.mark
            case = Xml.SubElement(suite, "testcase", classname=process, name=one.case.name)
            case.set("file", mark.file)
            case.set("line", str(mark.line))
            if not one.ok:
                first = one.failures[0]
                failure = Xml.SubElement(case, "failure", message=f"{first.what}: expected {first.expected}")
                told = [f"{each.mark}: {each.what}: expected {each.expected}, got {each.got}" for each in one.failures]
                failure.text = "\n".join([*told, "what had happened:", *one.path])
    Xml.indent(root)
    Xml.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
