"""A baseline set anew: asked by one, decided by another, dated twice; the signed one stays and both results are shown."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
import time_machine
from django.db import IntegrityError, ProgrammingError
from django.urls import reverse

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from projects.enums import ApplicationState, Role
from projects.models import Baseline, BaselineDecision, BaselineVersion, GainLine, GainPlan, Message, OutboxMessage, User
from projects.queries.baselines import baseline_on
from projects.services.baselines import ask_baseline, decide_baseline
from reporting.models import Gain
from reporting.queries.baseline_rows import baseline_rows
from reporting.queries.measures import measure_of, results_of
from reporting.queries.snapshots import changed_since, snapshot_of
from reporting.services import gains as acts
from tests.factories import NOW, ApplicationFactory, MembershipFactory, UnitFactory, agreement_in_force, person_with, recuse
from tests.projects.test_gain_rows import raw
from tests.reporting.gains import Team
from tests.reporting.test_measures import YEAR, measured, page_of
from tests.reporting.test_snapshots import recompute

pytestmark = pytest.mark.django_db

ASKED = {
    "cost": Decimal(250_000),
    "volume": Decimal(1_000),
    "period_start": date(2025, 1, 1),
    "period_end": date(2025, 12, 31),
    "source": "États redressés",
    "reason": "La loi double le service.",
    "effective_on": date(2026, 9, 1),
}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def team():
    return Team()


MONEY = ("actual_cost", "reported", "gain_original", "gain_current", "difference")
COLUMNS = "line_id, number, cost, volume, period_start, period_end, source, reason, effective_on, asked_by_id, asked_at"


def asked(team, **changes):
    return ask_baseline(**{"line_id": team.line.pk, **ASKED, "actor": team.finance, "now": NOW, **changes})


def decided(version, *, accepted=True, **changes):
    actor = changes.pop("actor", None) or person_with(Role.ADVISER)
    return decide_baseline(**{"version_id": version.pk, "accepted": accepted, "reason": "", "actor": actor, "now": NOW, **changes})


def test_accepted_version_holds_from_its_date_and_the_signed_one_stays(team):
    director = person_with(Role.DIRECTOR)
    signed = Baseline.objects.get(line=team.line)
    version = asked(team)
    assert (version.number, baseline_on(team.line, date(2026, 9, 30))) == (2, signed)
    decided(version)
    assert [baseline_on(team.line, day) for day in (date(2026, 8, 31), date(2026, 9, 1))] == [signed, version]
    assert Baseline.objects.get(line=team.line).cost == 200_000
    assert set(Message.objects.values_list("person", flat=True)) >= {director.pk, team.finance.pk}


def test_refused_version_changes_nothing_and_another_may_follow(team):
    decided(asked(team), accepted=False, reason="La hausse vient du projet.")
    assert baseline_on(team.line, date(2026, 12, 31)) == team.line.baseline
    assert asked(team).number == 3


def test_both_results_are_reportable(team):
    report = team.report(**YEAR, measures=measured(team))
    decided(asked(team))
    found = results_of(report, measure_of(report))
    assert [(str(result.label), result.steps.gross, result.steps.net) for result in found] == [
        ("Situation de départ signée", 60_000, 40_000),
        ("Situation de départ en vigueur", 115_000, 90_000),
    ]
    earlier = team.report(period_start=date(2024, 4, 1), period_end=date(2025, 3, 31), measures=measured(team))
    assert len(results_of(earlier, measure_of(earlier))) == 1


@pytest.mark.parametrize(
    "changes",
    [{"volume": Decimal(0)}, {"period_end": date(2024, 12, 31)}, {"reason": " "}],
)
def test_version_needs_a_volume_dates_in_order_and_a_reason(team, changes):
    with pytest.raises(Invalid):
        asked(team, **changes)
    assert not BaselineVersion.objects.exists()


def test_one_version_waits_at_a_time_and_is_decided_once(team):
    version = asked(team)
    with pytest.raises(WrongState, match="attend sa décision"):
        asked(team)
    with pytest.raises(Invalid):
        decided(version, accepted=False)
    decided(version)
    with pytest.raises(WrongState, match="a déjà sa décision"):
        decided(version)


def test_whoever_asked_or_ever_belonged_does_not_decide(team):
    version = asked(team)
    asker, former = team.finance, person_with(Role.ADVISER)
    MembershipFactory(person=asker, role=Role.ADVISER, organisation=UnitFactory())
    MembershipFactory(person=former, role=Role.WRITER, organisation=team.organisation, ends_on=date(2024, 12, 31))
    for person, said in ((asker, "Vous avez demandé"), (former, "êtes ou avez été de l’organisme"), (team.writer, "demande le rôle")):
        with pytest.raises(NotAllowed, match=said):
            decided(version, actor=User.objects.get(pk=person.pk))
    recused = person_with(Role.DIRECTOR)
    recuse(recused, team.project.application)
    with pytest.raises(NotAllowed):
        decided(version, actor=recused)


def test_only_the_finance_respondent_asks(team):
    with pytest.raises(NotAllowed):
        asked(team, actor=team.writer)
    with pytest.raises(NotAllowed):
        asked(team, actor=person_with(Role.DIRECTOR))


def test_line_that_was_not_signed_has_no_version(team):
    free = GainLine.objects.get(plan=GainPlan.objects.get(application=ApplicationFactory()))
    with pytest.raises(IntegrityError, match="has no signed baseline"):
        raw(
            f"INSERT INTO baseline_version ({COLUMNS}) VALUES (%s, 2, 1, 1, '2025-01-01', '2025-12-31', '', 'x', '2026-01-01', %s, now())",
            free.pk,
            team.finance.pk,
        )


# ── What the database holds ──────────────────────────────────────────────────────────────────────────────────────────
def test_database_keeps_who_asked_from_deciding(team):
    version = asked(team)
    with pytest.raises(IntegrityError, match="not decided by whoever asked"):
        raw(
            "INSERT INTO baseline_decision (version_id, accepted, reason, decided_by_id, recorded_at) VALUES (%s, true, '', %s, now())",
            version.pk,
            team.finance.pk,
        )


@pytest.mark.parametrize(("number", "said"), [(3, "waits for a decision"), (2, "baseline_version_unique")])
def test_database_takes_one_version_at_a_time(team, number, said):
    asked(team)
    with pytest.raises(IntegrityError, match=said):
        raw(
            f"INSERT INTO baseline_version ({COLUMNS})"
            " SELECT line_id, %s, cost, volume, period_start, period_end, source, reason, effective_on, asked_by_id, asked_at"
            " FROM baseline_version",
            number,
        )


@pytest.mark.parametrize("table", ["baseline_version", "baseline_decision"])
def test_application_s_role_never_changes_a_version_nor_its_decision(team, table):
    decided(asked(team))
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            raw(statement)


def test_database_refuses_a_refusal_without_a_reason(team):
    version = asked(team)
    with pytest.raises(IntegrityError, match="baseline_refusal_has_a_reason"):
        raw(
            "INSERT INTO baseline_decision (version_id, accepted, reason, decided_by_id, recorded_at) VALUES (%s, false, ' ', %s, now())",
            version.pk,
            team.verifier.pk,
        )


# ── The pages ────────────────────────────────────────────────────────────────────────────────────────────────────────
def address(team, name="detail"):
    return reverse(f"reporting:baseline_{name}", args=[team.project.reference, team.line.code])


TYPED = {**{name: str(value) for name, value in ASKED.items()}, "cost": "250 000"}


def test_version_is_asked_and_decided_on_its_pages(client, team):
    team.report(**YEAR, measures=measured(team))
    client.force_login(team.finance)
    assert "Demander une nouvelle version" in page_of(client.get(address(team)))
    assert client.get(address(team, "ask")).status_code == 200
    assert client.post(address(team, "ask"), {**TYPED, "reason": ""}).status_code == 422
    assert client.post(address(team, "ask"), TYPED).status_code == 302
    assert client.get(address(team, "ask")).status_code == 409
    assert client.get(address(team, "decide")).status_code == 403
    client.force_login(person_with(Role.DIRECTOR))
    assert "Décider de la version demandée" in page_of(client.get(address(team)))
    assert "États redressés" in page_of(client.get(address(team, "decide")))
    assert client.post(address(team, "decide"), {"answer": "refuse", "reason": ""}).status_code == 422
    assert client.post(address(team, "decide"), {"answer": "accept", "reason": ""}).status_code == 302
    said = page_of(client.get(address(team)))
    for text in ("Version 2 acceptée", "40 000 $", "90 000 $", "250,00 $", "Délai moyen de délivrance : 12 jours"):
        assert text in said
    assert client.get(address(team, "decide")).status_code == 409


def test_line_without_a_baseline_says_so_and_asks_for_no_version(client):
    application = ApplicationFactory(state=ApplicationState.CONVERTED)
    Baseline.objects.filter(line__plan__application=application).delete()
    project = agreement_in_force(application).project
    finance = person_with(Role.FINANCE_RESPONDENT, organisation=project.organisation)
    client.force_login(finance)
    line = GainLine.objects.get(plan__project=project)
    said = page_of(client.get(reverse("reporting:baseline_detail", args=[project.reference, line.code])))
    assert ("n. d. : cette ligne a été reprise" in said, "Demander une nouvelle version" in said) == (True, False)
    assert client.get(reverse("reporting:baseline_ask", args=[project.reference, line.code])).status_code == 409
    form = page_of(client.get(reverse("reporting:gain_create", args=[project.reference, line.code])))
    assert ("Coût réel de la période" in form, "Délai moyen de délivrance" in form) == (False, True)
    with pytest.raises(WrongState, match="signée"):
        asked(SimpleNamespace(line=line, finance=finance))


def test_line_of_another_project_is_not_found(client, team):
    client.force_login(person_with(Role.FINANCE_RESPONDENT))
    assert client.get(address(team)).status_code == 404
    client.force_login(team.finance)
    assert client.get(reverse("reporting:baseline_detail", args=[team.project.reference, "L9"])).status_code == 404


def test_decisions_are_known_from_their_clock(team):
    decided(asked(team))
    assert BaselineDecision.objects.get().recorded_at >= NOW


# ── The report ───────────────────────────────────────────────────────────────────────────────────────────────────────
def rows(*, effective=None, known=None):
    return list(baseline_rows(effective=effective or NOW.date(), known=known or NOW + timedelta(days=1)))


def test_report_shows_both_results_and_the_same_pair_of_dates_gives_the_same_rows(team, django_assert_num_queries):
    empty = [{**dict.fromkeys(rows()[0], ""), "project": "TOTAL", **dict.fromkeys(MONEY, "0.00")}]
    assert rows() == empty
    report = team.submitted(**YEAR, measures=measured(team))
    before = Gain.objects.get(report=report).recorded_at
    [row, total] = rows(known=before)
    assert {name: row[name] for name in ("project", "line", "nature", "report", "version", *MONEY)} == {
        "project": team.project.reference,
        "line": "L1",
        "nature": "CASH",
        "report": report.number,
        "version": "1",
        "actual_cost": "160000.00",
        "reported": "40000.00",
        "gain_original": "40000.00",
        "gain_current": "40000.00",
        "difference": "0.00",
    }
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        decided(asked(team), now=NOW + timedelta(hours=1))
    assert rows(known=before) == [row, total]
    [now, total] = rows()
    assert [now[name] for name in ("version", "gain_original", "gain_current", "difference")] == ["2", "40000.00", "90000.00", "50000.00"]
    assert total["difference"] == "50000.00"
    assert rows(effective=date(2026, 9, 29)) == empty
    team.submitted(period_start=date(2024, 10, 1), period_end=date(2025, 9, 30), measures=measured(team))
    with django_assert_num_queries(3):
        assert len(rows()) == 3


def test_measure_of_a_correction_counts_once_it_is_cosigned(team):
    report, later = team.submitted(**YEAR, measures=measured(team)), NOW + timedelta(hours=1)
    with time_machine.travel(later, tick=False):
        acts.return_gain(report_id=report.pk, reason="Flou", actor=team.verifier, now=later)
        values = {"amount": Decimal(30_000), "method": "Refait", "evidence": None, "measures": measured(team, cost=Decimal(190_000))}
        acts.correct_gain(report_id=report.pk, **YEAR, **values, actor=team.writer, now=later)
        assert [(row["actual_cost"], row["reported"]) for row in rows()[:1]] == [("160000.00", "40000.00")]
        acts.cosign_gain(report_id=report.pk, actor=team.finance, now=later)
    assert [(row["actual_cost"], row["reported"]) for row in rows()[:1]] == [("190000.00", "30000.00")]


def test_report_leaves_out_what_kept_no_cost(team):
    team.submitted(**YEAR)
    team.report(period_start=date(2024, 10, 1), period_end=date(2025, 9, 30), measures=measured(team))
    assert [row["project"] for row in rows()] == ["TOTAL"]


# ── What is out of date ──────────────────────────────────────────────────────────────────────────────────────────────
def kept():
    """The version of the baseline and the current gain in the working report."""
    rows = snapshot_of("baselines", None, None).rows.exclude(key="TOTAL").order_by("position", "pk").values_list("data", flat=True)
    return [(row["version"], row["gain_current"]) for row in rows]


def test_decision_marks_the_reports_and_asks_for_their_recompute(team):
    team.submitted(**YEAR, measures=measured(team))
    version = asked(team)
    recompute(NOW)
    assert (changed_since(NOW), kept()) == (False, [("1", "40000.00")])
    OutboxMessage.objects.all().delete()
    later = NOW + timedelta(minutes=1)
    decided(version, now=later)
    assert (changed_since(NOW), kept(), OutboxMessage.objects.filter(topic="money").count()) == (True, [("1", "40000.00")], 1)
    recompute(later)
    assert (changed_since(later), kept()) == (False, [("2", "90000.00")])


def test_measure_marks_the_reports_with_the_gain_of_its_version(team):
    report = team.report(**YEAR, measures=measured(team), now=NOW + timedelta(minutes=1))
    recompute(NOW + timedelta(minutes=2))
    assert (changed_since(NOW), kept()) == (False, [])  # a draft is in no report
    acts.cosign_gain(report_id=report.pk, actor=team.finance, now=NOW + timedelta(minutes=3))
    assert changed_since(NOW + timedelta(minutes=2))
    recompute(NOW + timedelta(minutes=3))
    assert (changed_since(NOW + timedelta(minutes=3)), kept()) == (False, [("1", "40000.00")])
