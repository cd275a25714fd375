"""Two knowledge dates give two reports, and the first one is the same to the byte whatever happens after it: each report, each format."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine

from fondsinnovation.kit.errors import act
from projects.enums import Role
from projects.models import GainLine, Objective, Organisation, Project
from projects.services.journal import money_clock
from projects.services.organisation_changes import rename_organisation
from reporting.catalogue import REPORTS
from reporting.enums import ContestCause, ParameterKind
from reporting.exports import FORMATS, Source, write_file
from reporting.importing.reading import read_package
from reporting.services import gains, snapshots
from reporting.services.compute import rows_of
from reporting.services.contests import record_contest
from reporting.services.imports import bring_portfolio
from reporting.services.objectives import record_results
from reporting.services.parameters import ParameterValues, approve_parameter, propose_parameter
from reporting.services.snapshots import fix_knowledge, one_moment, run_recompute
from tests.factories import NOW, person_with
from tests.funding.amending import amended
from tests.funding.credit import received
from tests.funding.recovering import claimed, paid_agreement, receive
from tests.reporting.gains import Team
from tests.reporting.packages import Rows, folder, row, small

EFFECTIVE = date(2028, 3, 31)
FIRST, AFTER, SECOND = NOW + timedelta(hours=1), NOW + timedelta(hours=2), NOW + timedelta(hours=3)
DAY = NOW.date()


@pytest.fixture
def _clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(snapshots, "_nudge", lambda run_id: None)
    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        yield


def files(known: datetime) -> dict[tuple[str, str], str]:
    """The SHA-256 of every report in every format, by (code, format), at one pair of dates."""
    fix_knowledge(known, now=NOW + timedelta(days=30))
    found = {}
    for code, report in REPORTS.items():
        for name, form in FORMATS.items():
            with tempfile.TemporaryFile() as file, one_moment():
                rows = rows_of(report, effective=EFFECTIVE, known=known, filters={})
                write_file(Source(report, rows, EFFECTIVE, known, {}), form, file)
                file.seek(0)
                found[code, name] = hashlib.sha256(file.read()).hexdigest()
    return found


def bring(path: Path, rows: Rows, now: datetime) -> None:
    bring_portfolio(package=read_package(folder(path, rows)), actor=None, now=now)


@act
def contest(*, line: GainLine, actor: None, now: datetime) -> None:
    known = money_clock(now)
    record_contest(line, cause=ContestCause.QUALITY, contested=True, reason="Essai", known=known, actor=actor, now=now)


def live_on(team: Team, report: Any, path: Path) -> None:
    """A long day: every kind of act that moves a figure, and some that name things otherwise."""
    later = {"now": AFTER}
    team.restated(report, Decimal("38000.00"), **later)
    team.verify(report, Decimal("30000.00"), reason="Un mois manque", **later)
    team.capture(report, Decimal("20000.00"), **later)
    other = team.report(period_start=date(2025, 4, 1), period_end=date(2025, 9, 30), **later)
    gains.cosign_gain(report_id=other.pk, actor=team.finance, **later)
    contest(line=GainLine.objects.get(plan__project__reference="P1"), actor=None, **later)
    name_otherwise(team)
    rate = ParameterValues(valid_from=date(2020, 4, 1), value=Decimal("0.070000"))
    move = propose_parameter(kind=ParameterKind.RATE, values=rate, source="Avis", reason="Essai", actor=person_with(Role.DIRECTOR), **later)
    approve_parameter(move_id=move.pk, actor=person_with(Role.HEAD), **later)
    measure(team.project)
    rows = small(gains=[{}, {"recorded_at": "", "amount": "700.00"}], projects=[{"status": "completed", "ends_on": "2026-09-30"}])
    rows["projects"].append(row("projects", reference="P2"))
    rows["secretariat_costs"].append(row("secretariat_costs", reference="S-2", recorded_at=""))
    rows["payments"].append(row("payments", kind="recovery", reference="R-2", amount="100.00", recorded_at=""))
    rows["cofunding"].append(row("cofunding", reference="F-2", recorded_at=""))
    bring(path, rows, AFTER)


def name_otherwise(team: Team) -> None:
    organisation = Organisation.objects.get(pk=team.organisation.pk)
    rename_organisation(
        organisation_id=organisation.pk, version=organisation.version, name="Un autre nom", effective_on=DAY, reason="Lettres",
        actor=person_with(Role.DIRECTOR), now=AFTER,
    )  # fmt: skip
    team.writer.name = "Un autre nom"
    team.writer.save(update_fields=["name"])
    team.finance.memberships.update(ends_on=DAY)


def measure(project: Project) -> None:
    said = {"indicator": "Délai", "unit": "jours", "baseline": 40, "target": 60, "weight": 100}
    objective = project.call.objectives.order_by("pk").first() or Objective.objects.create(call=project.call, position=1, **said)
    values = {objective.pk: Decimal(55)}
    record_results(project_id=project.pk, values=values, measured_on=DAY, source="Essai", actor=person_with(Role.OFFICER), now=AFTER)


@pytest.mark.django_db
@pytest.mark.usefixtures("_clock")
def test_a_report_of_two_dates_is_the_same_to_the_byte_after_any_later_act(tmp_path: Path) -> None:
    bring(tmp_path / "first", small(), NOW)
    team, agreement = Team(), paid_agreement()
    report, recovery = team.verified(), claimed(agreement)
    first = files(FIRST)
    asked = snapshots.request_recompute(now=FIRST, effective=EFFECTIVE, known=FIRST)
    run_recompute(run_id=asked.pk, now=FIRST)  # the pair is asked for, and so kept
    live_on(team, report, tmp_path / "then")
    amended(agreement, now=AFTER, amount=Decimal("120000.00"))
    receive(recovery, "4000.00", now=AFTER)
    received(Decimal("500.00"), now=AFTER)
    second = files(SECOND)
    run_recompute(run_id=snapshots.request_recompute(now=SECOND).pk, now=SECOND)
    assert files(FIRST) == first
    # the reports of the second date tell what happened since: the acts above did reach them
    moved = {code for code in REPORTS if any(first[code, name] != second[code, name] for name in ("csv", "csv-fr"))}
    assert moved >= {"roi-projects", "roi-calls", "gains", "gains-by-year", "commitments", "recoveries", "renewal", "envelopes"}


@pytest.mark.django_db
@pytest.mark.usefixtures("_clock")
def test_history_that_comes_after_a_report_that_was_asked_for_is_taken_and_leaves_it_as_it_was(tmp_path: Path) -> None:
    def computed() -> None:
        run_recompute(run_id=snapshots.request_recompute(now=SECOND, effective=EFFECTIVE, known=FIRST).pk, now=SECOND)

    bring(tmp_path / "first", small(), NOW)
    computed()
    first = files(FIRST)
    rows = {
        "projects": [row("projects", reference="PRJ-9")],
        "gain_lines": [row("gain_lines", project="PRJ-9")],
        "gains": [row("gains", project="PRJ-9", recorded_at="2026-05-01")],
    }
    bring(tmp_path / "then", rows, AFTER)
    assert files(FIRST) == first
    computed()
    with one_moment():
        codes = [found["project"] for found in rows_of(REPORTS["gains"], effective=EFFECTIVE, known=FIRST, filters={})]
    assert "PRJ-9" in codes
