"""A project over six fiscal years, through the acts: late, partial, negative, restated and overlapping gains, at several dates.

Every figure below is made by hand, in the comments. The forecast at signature, net by fiscal year (2026 is 2026-2027):
2026: 10 000 · 2027: 20 000 − 2 000 · 2028: 20 000 − 2 000 + 5 000 · 2029, 2030, 2031: 20 000 − 2 000 each, 105 000 in all.
The Fund pays 25 000 and another source 5 000, both in 2026: the public cost is 30 000.
"""

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from funding.services.payments import record_cofunding
from projects.enums import ApplicationState, Nature, Recurrence, Role
from projects.models import ForecastGain, GainLine, GainPlan, Project
from reporting.enums import GainReportState
from reporting.models import Overlap
from reporting.queries.invariants import INVARIANTS, check
from reporting.services import gains as acts
from reporting.services import snapshots
from reporting.services.restatements import cosign_restatement
from tests.factories import NOW, ApplicationFactory, agreement_in_force, person_with, upload
from tests.funding.paying import pay
from tests.reporting.gains import Team
from tests.reporting.overlaps import KEY, rival, settle
from tests.reporting.test_snapshots import recompute

pytestmark = pytest.mark.django_db
#: those of the money and of the gains
OF_MONEY = tuple(one for one in INVARIANTS if one.code < "INV-21")


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T15:00:00+00:00").astimezone(UTC)


class SixYears(Team):
    """The project, its three lines, and its people. `year` takes a gain of a fiscal year from its report to its verification."""

    def __init__(self) -> None:
        application = ApplicationFactory(state=ApplicationState.CONVERTED)
        plan = GainPlan.objects.get(application=application)
        GainLine.objects.filter(plan=plan).update(**KEY)
        said = {"plan": plan, "organisation": application.organisation}
        GainLine.objects.create(code="L2", title="Licences", nature=Nature.COST, recurrence=Recurrence.RECURRENT, **said)
        GainLine.objects.create(code="L3", title="Vente de mobilier", nature=Nature.REV, recurrence=Recurrence.ONE_OFF, **said)
        self.lines = {line.code: line for line in GainLine.objects.filter(plan=plan).order_by("pk")}
        for code, years, amount in (("L1", (2026,), 10_000), ("L1", range(2027, 2032), 20_000), ("L2", range(2027, 2032), -2_000)):
            for year in years:
                self._forecast(code, year, amount, application.submitted_at)
        self._forecast("L3", 2028, 5_000, application.submitted_at)
        agreement = agreement_in_force(application)
        self.project, self.line = agreement.project, self.lines["L1"]
        Project.objects.filter(pk=self.project.pk).update(starts_on=date(2026, 4, 1))
        self.project.refresh_from_db()
        pay(agreement.instalments.get(position=1))
        self.organisation = self.project.organisation
        self.writer = person_with(Role.WRITER, organisation=self.organisation)
        self.finance = person_with(Role.FINANCE_RESPONDENT, organisation=self.organisation)
        self.verifier, self.controller = person_with(Role.GAIN_VERIFIER), person_with(Role.CONTROLLER)

    def _forecast(self, code, year, amount, known):
        """An hour after the plan was first written: a forecast that is corrected before signature is superseded."""
        ForecastGain.objects.create(
            line=self.lines[code], period_start=date(year, 4, 1), period_end=date(year + 1, 3, 31), amount=Decimal(amount),
            recorded_at=known + timedelta(hours=1), recorded_by=None,
        )  # fmt: skip

    def year(self, code, year, amount, day, *, accepted=None):
        """Reported, co-signed the next day, verified the day after; `accepted`: what the verifier keeps of it."""
        now, amount = at(day), Decimal(amount)
        report = acts.report_gain(
            line_id=self.lines[code].pk, period_start=date(year, 4, 1), period_end=date(year + 1, 3, 31), amount=amount,
            method="Factures comparées", evidence=upload(), actor=self.writer, now=now,
        )  # fmt: skip
        acts.cosign_gain(report_id=report.pk, actor=self.finance, now=now + timedelta(days=1))
        kept = amount if accepted is None else Decimal(accepted)
        partly = {"reason": "Un mois manque", "rating": "amber"} if accepted is not None else {}
        return self.verify(report, kept, now=now + timedelta(days=2), **partly)


class Exports:
    """Files of the project's return at pairs of dates, as `export_report` writes them."""

    def __init__(self, project, folder):
        self.project, self.folder, self.kept = project, folder, {}

    def bytes_of(self, code, effective, known, *filters):
        output = self.folder / f"{len(self.kept)}-{code}-{effective}-{known}.csv"
        chosen = [f"--filter={one}" for one in filters]
        call_command("export_report", code, "--format=csv", f"--effective={effective}", f"--known={known}", f"--output={output}", *chosen)
        return output.read_bytes()

    def take(self, effective, known, *, on=None, code="roi-projects"):
        """The project's rows in a file taken on a day (by default that of its knowledge date), kept to be compared later."""
        filters = [] if code == "gains-by-year" else [f"project={self.project.reference}"]
        asked = (code, effective, at(known).isoformat(), *filters)
        with time_machine.travel(at(on or known) + timedelta(minutes=1), tick=False):
            self.kept[asked] = self.bytes_of(*asked)
        rows = list(csv.DictReader(self.kept[asked].decode().splitlines()))
        return rows if code != "roi-projects" else rows[0]

    def changed(self, on):
        """Those of the kept files that are no longer the same, byte for byte, when they are taken again."""
        with time_machine.travel(at(on), tick=False):
            return [asked[:3] for asked, data in self.kept.items() if self.bytes_of(*asked) != data]


def figures(row, *names):
    return {name: row[name] for name in names}


def test_six_years_of_a_project(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshots, "_nudge", lambda run_id: None)
    team = SixYears()
    other = rival(team)  # of the same date, on the same budget; it reports nothing before 2031
    exports = Exports(team.project, tmp_path)
    with_money(team)

    # ── 2026-2027: 9 000 reported, 8 000 kept ──────────────────────────────────────────────────────────────────────
    team.year("L1", 2026, 9_000, "2027-05-10", accepted=8_000)
    first = exports.take("2027-05-31", "2027-05-31")
    assert first == {
        **figures(first, "project", "call", "organisation", "region", "status"),
        "fund_paid": "25000.00", "cofunding": "5000.00",
        "net_gain_forecast": "105000.00", "net_gain_reported": "9000.00", "net_gain_verified": "8000.00", "net_gain_captured": "0.00",
        "avoided_verified": "0.00", "productivity_verified": "0.00",
        "roi_public": "-0.7333", "roi_fund": "-0.6800",  # (8 − 30) ÷ 30, (8 − 25) ÷ 25
        "multiple_public": "0.2667", "multiple_fund": "0.3200",  # 8 ÷ 30, 8 ÷ 25
        "rec3_fund": "", "rec3_public": "", "cum3_fund": "", "cum3_public": "",  # 2029-2030 has not ended
        "npv": "-22000.00", "bcr": "0.2667", "payback_years": "",  # everything is of the year of the decision
        "realisation_reported": "0.9000", "realisation_verified": "0.8000",  # of the 10 000 that were due
        "verification_yield": "0.8889", "coverage": "1.0000", "capture_rate": "0.0000", "variance": "-0.2000",
        "net_gain_contested": "0.00", "net_gain_expected": "10000.00", "net_gain_examined": "9000.00",
    }  # fmt: skip

    # ── 2027-2028: nothing is reported in time; the forecast keeps counting ─────────────────────────────────────────
    late = exports.take("2028-05-31", "2028-05-31")
    assert figures(late, "net_gain_reported", "net_gain_verified", "net_gain_expected", "realisation_verified", "variance") == {
        "net_gain_reported": "9000.00", "net_gain_verified": "8000.00", "net_gain_expected": "28000.00",  # 10 000 + 18 000
        "realisation_verified": "0.2857", "variance": "-0.7143",  # 8 ÷ 28, (8 − 28) ÷ 28
    }  # fmt: skip
    assert missing_at(team, "2028-05-31") == [("L1", 2027, "20000.00"), ("L2", 2027, "-2000.00")]
    of_2027 = team.year("L1", 2027, 21_000, "2028-11-03")
    team.year("L2", 2027, 3_000, "2028-11-03")  # a cost is written without its sign
    told = exports.take("2028-05-31", "2028-12-01")
    names = ("net_gain_reported", "net_gain_verified", "realisation_reported", "realisation_verified", "verification_yield")
    assert figures(told, *names) == {
        "net_gain_reported": "27000.00", "net_gain_verified": "26000.00",  # 9 + 21 − 3, 8 + 21 − 3
        "realisation_reported": "0.9643", "realisation_verified": "0.9286", "verification_yield": "0.9630",  # 27 ÷ 28, 26 ÷ 28, 26 ÷ 27
    }  # fmt: skip
    assert missing_at(team, "2028-12-01") == []

    # ── 2028-2029: the migration costs more than it saves · 2029-2030: back to the plan, and part of it leaves a budget ─
    team.year("L1", 2028, 20_000, "2029-05-10")
    team.year("L2", 2028, 30_000, "2029-05-10")
    team.year("L3", 2028, 5_000, "2029-05-10")
    of_2029 = team.year("L1", 2029, 20_000, "2030-05-10")
    team.year("L2", 2029, 2_000, "2030-05-10")
    team.capture(of_2029, Decimal(15_000), now=at("2030-05-20"))
    four = exports.take("2030-05-31", "2030-05-31")
    ratios = ("roi_public", "roi_fund", "cum3_fund", "cum3_public", "rec3_fund", "rec3_public", "npv", "payback_years", "capture_rate")
    assert figures(four, "net_gain_reported", "net_gain_verified", "net_gain_captured", "net_gain_expected", *ratios) == {
        # 27 − 5 + 18, 26 − 5 + 18, then 10 + 18 + 23 + 18
        "net_gain_reported": "40000.00", "net_gain_verified": "39000.00", "net_gain_captured": "15000.00", "net_gain_expected": "69000.00",
        "roi_public": "0.3000", "roi_fund": "0.5600",  # (39 − 30) ÷ 30, (39 − 25) ÷ 25
        "cum3_fund": "1.2400", "cum3_public": "1.0333",  # 18 − 5 + 18 = 31, ÷ 25 and ÷ 30
        "rec3_fund": "0.7200", "rec3_public": "0.6000",  # 20 − 2 in 2029-2030, ÷ 25 and ÷ 30
        "npv": "6958.72",  # −22 000 + 18 000 ÷ 1.035 − 5 000 ÷ 1.035² + 18 000 ÷ 1.035³
        "payback_years": "3.5000",  # −22, −4, −9, then +18: 3 + 9 ÷ 18
        "capture_rate": "0.2027",  # 15 ÷ (8 + 21 + 20 + 5 + 20)
    }  # fmt: skip
    told = exports.take("2030-05-31", "2030-05-31", code="variances")
    assert [(row["fiscal_year"], row["forecast"], row["verified"], row["variance"], row["band"]) for row in told[:4]] == [
        ("2026", "10000.00", "8000.00", "-0.2000", "amber"),
        ("2027", "18000.00", "18000.00", "0.0000", "green"),
        ("2028", "23000.00", "-5000.00", "-1.2174", "red"),  # −28 ÷ 23
        ("2029", "18000.00", "18000.00", "0.0000", "green"),
    ]

    # ── The savings of 2027-2028 were 16 000: what was verified stays until it is verified again ───────────────────
    restatement = team.restate(of_2027, Decimal(16_000), now=at("2030-09-02"))
    cosign_restatement(restatement_id=restatement.pk, actor=team.finance, now=at("2030-09-03"))
    waiting = exports.take("2030-05-31", "2030-09-30")
    assert figures(waiting, "net_gain_reported", "net_gain_verified", "payback_years", "verification_yield") == {
        "net_gain_reported": "35000.00", "net_gain_verified": "39000.00", "payback_years": "3.5000",
        "verification_yield": "1.1143",  # 39 ÷ 35: more is verified than is still reported, which the mark explains
    }  # fmt: skip
    of_2027.refresh_from_db()
    assert of_2027.state == GainReportState.TO_REVERIFY
    team.verify(of_2027, Decimal(16_000), now=at("2030-10-08"))
    again = exports.take("2030-05-31", "2030-10-31")
    assert figures(again, "net_gain_verified", "roi_public", "roi_fund", "cum3_fund", "payback_years", "capture_rate", "variance") == {
        "net_gain_verified": "34000.00", "roi_public": "0.1333", "roi_fund": "0.3600",  # 8 + 13 − 5 + 18
        "cum3_fund": "1.0400",  # 13 − 5 + 18 = 26, ÷ 25
        "payback_years": "3.7778",  # −22, −9, −14, then +18: 3 + 14 ÷ 18
        "capture_rate": "0.2174",  # 15 ÷ (8 + 16 + 20 + 5 + 20)
        "variance": "-0.5072",  # (34 − 69) ÷ 69
    }  # fmt: skip
    years = exports.take("2030-05-31", "2030-10-31", code="gains-by-year")
    # the other project forecasts 60 000 in 2027-2028 and in 2028-2029
    assert [tuple(row.values()) for row in years if row["nature"] == "NET"] == [
        ("2026", "NET", "10000.00", "9000.00", "8000.00", "0.00", "0.00"),
        ("2027", "NET", "78000.00", "13000.00", "13000.00", "0.00", "0.00"),
        ("2028", "NET", "83000.00", "-5000.00", "-5000.00", "0.00", "0.00"),
        ("2029", "NET", "18000.00", "18000.00", "18000.00", "15000.00", "0.00"),
        ("2030", "NET", "18000.00", "0.00", "0.00", "0.00", "0.00"),
        ("2031", "NET", "18000.00", "0.00", "0.00", "0.00", "0.00"),
        ("TOTAL", "NET", "225000.00", "35000.00", "34000.00", "15000.00", "0.00"),
    ]

    # ── 2030-2031: another project claims the same budget, so neither line counts that year until it is settled ─────
    team.year("L1", 2030, 20_000, "2031-05-10")
    team.year("L2", 2030, 2_000, "2031-05-10")
    claim = other.report(period_start=date(2030, 4, 1), period_end=date(2031, 3, 31), amount=Decimal(7_000), now=at("2031-06-05"))
    acts.cosign_gain(report_id=claim.pk, actor=other.finance, now=at("2031-06-06"))
    names = ("net_gain_reported", "net_gain_verified", "net_gain_captured", "net_gain_contested", "realisation_verified", "roi_fund")
    disputed = exports.take("2031-05-31", "2031-06-30")
    assert figures(disputed, *names) == {
        "net_gain_reported": "33000.00", "net_gain_verified": "32000.00",  # without the 20 of L1 in 2030-2031: 35 − 2, 34 − 2
        "net_gain_captured": "15000.00", "net_gain_contested": "20000.00",  # what was captured is of another year
        "realisation_verified": "0.4776",  # 32 ÷ 67: the forecast of the disputed year, 20, is left out as its gain is
        "roi_fund": "0.2800",  # (32 − 25) ÷ 25
    }  # fmt: skip
    page = page_of(team, "2031-07-01")
    assert (page["contested"].text, page["contested_lines"]) == ("20\u00a0000,00\u00a0$", [("L1", "2030-2031")])
    settle(Overlap.objects.get(), now=at("2031-07-10"))
    settled = exports.take("2031-05-31", "2031-07-31")
    assert figures(settled, *names) == {
        "net_gain_reported": "53000.00", "net_gain_verified": "52000.00",  # 35 + 18, 34 + 18
        "net_gain_captured": "15000.00", "net_gain_contested": "0.00",
        "realisation_verified": "0.5977", "roi_fund": "1.0800",  # 52 ÷ 87, (52 − 25) ÷ 25
    }  # fmt: skip

    # ── 2031-2032 ───────────────────────────────────────────────────────────────────────────────────────────────────
    team.year("L1", 2031, 18_000, "2032-05-10")
    team.year("L2", 2031, 2_000, "2032-05-10")
    last = exports.take("2032-05-31", "2032-05-31")
    assert figures(last, "net_gain_verified", "net_gain_expected", "realisation_verified", "roi_public", "roi_fund", "payback_years") == {
        "net_gain_verified": "68000.00", "net_gain_expected": "105000.00",  # 34 + 18 + 16
        "realisation_verified": "0.6476", "roi_public": "1.2667", "roi_fund": "1.7200", "payback_years": "3.7778",
    }  # fmt: skip

    # ── What was said then is said today, and the page says the same ────────────────────────────────────────────────
    assert exports.changed("2032-06-01") == []
    assert len(exports.kept) == 11
    assert [line for found in check(OF_MONEY) for line in found.broken] == []
    assert way_back(team, "2032-06-01") == ["-22000.00", "-9000.00", "-14000.00", "4000.00", "22000.00", "38000.00"]


def with_money(team):
    """What another source put in, known the day after the payment of the Fund."""
    record_cofunding(
        project_id=team.project.pk, amount=Decimal(5_000), in_kind=False, effective_on=NOW.date(), reference="COF-1",
        actor=person_with(Role.OFFICER), now=NOW + timedelta(hours=1),
    )  # fmt: skip


def page_of(team, day):
    """The page of the project as its organisation reads it, after a computation on that day."""
    with time_machine.travel(at(day) + timedelta(minutes=2), tick=False):
        recompute(at(day) + timedelta(minutes=1))
        client = Client()
        client.force_login(team.writer)
        return client.get(reverse("reporting:project_returns", args=[team.project.reference])).context


def missing_at(team, day):
    return [(one.line, one.start.year, str(one.amount)) for one in page_of(team, day)["missing"]]


def way_back(team, day):
    return [str(one.cumulative) for one in page_of(team, day)["path"].years]
