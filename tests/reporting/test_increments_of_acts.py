"""After each act that people do, a recompute of what changed gives what a full one gives: every report, to the byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine

from projects.enums import Role
from projects.models import JournalEntry
from projects.services.baselines import ask_baseline, decide_baseline
from reporting.catalogue import REPORTS
from reporting.enums import OverlapOutcome, ParameterKind
from reporting.models import FactBase, Overlap, Snapshot
from reporting.queries.increments import affected_projects, own_facts
from reporting.queries.snapshots import kept_rows, working_snapshots
from reporting.services import snapshots
from reporting.services.gains import cosign_gain
from reporting.services.objectives import record_results
from reporting.services.parameters import ParameterValues, approve_parameter, propose_parameter
from reporting.services.renewals import analyse_renewal, open_renewal
from reporting.services.variances import explain_variance
from tests.factories import NOW, person_with
from tests.funding.amending import amended
from tests.reporting.gains import Team
from tests.reporting.overlaps import KEY, rival, settle
from tests.reporting.packages import row, small
from tests.reporting.sharing import measure, share
from tests.reporting.test_baselines import ASKED
from tests.reporting.test_byte_identity import bring
from tests.reporting.test_measures import measured
from tests.reporting.test_snapshots import recompute

DAY = NOW.date()


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(snapshots, "_nudge", lambda run_id: None)
    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        yield


def figures() -> dict[str, Any]:
    """Everything that a reader can see of every report."""
    found = working_snapshots()
    return {code: (found[code].sha256, found[code].manifest, list(kept_rows(found[code]))) for code in REPORTS}


def in_full(at: datetime) -> dict[str, Any]:
    FactBase.objects.all().delete()
    Snapshot.objects.all().delete()
    recompute(at)
    return figures()


class Life:
    """Two projects of the portal whose lines claim one budget, an imported one, and what people do with them, one act at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.one = Team(**KEY)
        self.other = rival(self.one)
        self.others = [Team(), Team()]
        bring(path / "first", small(), NOW)

    def report_and_verify(self, at: datetime) -> None:
        self.report = self.one.submitted(now=at, cosigned=at, measures=measured(self.one, 13))
        self.one.verify(self.report, now=at)

    def capture_and_restate(self, at: datetime) -> None:
        captured = self.one.capture(self.report, Decimal("20000.00"), now=at)
        self.one.restated(captured, Decimal("38000.00"), measures=measured(self.one, 13), now=at)

    def verify_again(self, at: datetime) -> None:
        self.report.refresh_from_db()
        self.one.verify(self.report, Decimal("30000.00"), reason="Un mois manque", now=at)

    def overlap(self, at: datetime) -> None:
        self.other.verify(cosign_gain(report_id=self.other.report(now=at).pk, actor=self.other.finance, now=at), now=at)

    def settle(self, at: datetime) -> None:
        settle(Overlap.objects.get(), outcome=OverlapOutcome.WITHDRAWN, withdrawn_id=self.other.line.pk, now=at)

    def restate_a_withdrawn_line(self, at: datetime) -> None:
        report = self.other.restated(self.other.line.reports.get(), Decimal("1.00"), now=at)
        self.other.verify(report, Decimal("1.00"), now=at)

    def share(self, at: datetime) -> None:
        shared = measure(share(*self.others, now=at), self.others[0].writer, now=at)
        for part, team in zip(shared.parts.order_by("pk"), self.others, strict=True):
            team.verify(cosign_gain(report_id=part.report_id, actor=team.finance, now=at), part.amount, now=at)

    def baseline(self, at: datetime) -> None:
        version = ask_baseline(line_id=self.one.line.pk, **ASKED, actor=self.one.finance, now=at)
        decide_baseline(version_id=version.pk, accepted=True, reason="", actor=person_with(Role.ADVISER), now=at)

    def explain(self, at: datetime) -> None:
        told = {"cause": "delay", "explanation": "=1+1", "action": "Rien"}
        explain_variance(project_id=self.one.project.pk, fiscal_year=2026, **told, actor=self.one.writer, now=at)

    def objectives(self, at: datetime) -> None:
        objective = self.one.project.call.objectives.order_by("pk")[0]
        values = {objective.pk: Decimal(55)}
        given = {"measured_on": DAY, "source": "Essai", "actor": person_with(Role.OFFICER)}
        record_results(project_id=self.one.project.pk, values=values, **given, now=at)

    def renew(self, at: datetime) -> None:
        officer = person_with(Role.OFFICER)
        renewal = open_renewal(project_id=self.one.project.pk, actor=officer, now=at)
        said = {"base_reason": "Coûts", "analysis": "Gains"}
        analyse_renewal(renewal_id=renewal.pk, eligible_base=Decimal("50000.00"), **said, actor=officer, now=at)

    def amend(self, at: datetime) -> None:
        amended(self.one.project.agreement, now=at, ends_on=date(2027, 6, 30))

    def import_more(self, at: datetime) -> None:
        rows = small(
            gains=[{}, {"recorded_at": "2026-05-02", "amount": "700.00"}], projects=[{"status": "terminated", "ends_on": "2025-09-30"}]
        )
        rows["projects"].append(row("projects", reference="P2"))
        rows["gain_lines"].append(row("gain_lines", project="P2"))
        rows["gains"].append(row("gains", project="P2", stage="forecast", recorded_at="2024-05-30", amount="10000000000.00"))
        rows["gains"].append(row("gains", project="P2", amount="-0.01"))
        bring(self.path / "then", rows, at)
        written = JournalEntry.objects.count()
        bring(self.path / "again", rows, at)
        assert JournalEntry.objects.count() == written

    def rate(self, at: datetime) -> None:
        """Twice for one day: the latest known counts."""
        for value, when in (("0.07", at - timedelta(seconds=1)), ("0.02", at)):
            said = {"values": ParameterValues(valid_from=date(2020, 4, 1), value=Decimal(value)), "source": "Avis", "reason": "Essai"}
            move = propose_parameter(kind=ParameterKind.RATE, **said, actor=person_with(Role.DIRECTOR), now=when)
            approve_parameter(move_id=move.pk, actor=person_with(Role.HEAD), now=when)

    @property
    def days(self) -> list[list[Callable[[datetime], None]]]:
        return [
            [self.report_and_verify, self.capture_and_restate, self.overlap, self.share],
            [self.verify_again, self.settle, self.baseline, self.explain, self.objectives, self.renew],
            [self.restate_a_withdrawn_line, self.amend, self.import_more],
            [self.rate],
        ]


@pytest.mark.django_db
def test_recompute_after_acts_of_people_equals_a_full_one(tmp_path: Path) -> None:
    life, at = Life(tmp_path), NOW
    recompute(at)
    followed = []
    for day in life.days:
        for act in day:
            at += timedelta(minutes=1)
            act(at)
        followed.append(affected_projects(DAY, at, own_facts(at)[1]) is not None)
        recompute(at)
        found = figures()
        assert found == in_full(at)
    assert followed == [True, True, True, False]  # a rate is of every project
