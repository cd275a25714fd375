"""Pages of objectives, variances, renewals, sensitivity and parameters: what they show, to whom, and what their forms do."""

import csv
import io
import json
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from projects.enums import Role, Stage
from projects.models import JournalEntry, Objective
from reporting.models import DiscountRate, ObjectiveResult, ParameterMove, PriceIndex, Renewal, VarianceExplanation
from reporting.queries.sensitivity import confidence_weighted, fund_flows, readings
from reporting.queries.snapshots import snapshot_of
from reporting.services import snapshots
from tests.factories import NOW, person_with, recuse
from tests.reporting.portfolio import Portfolio
from tests.reporting.renewing import LATER, Dossiers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_clock")]
NBSP = "\u00a0"


@pytest.fixture
def _clock(monkeypatch):
    monkeypatch.setattr(snapshots, "_nudge", lambda run_id: None)
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def dossiers():
    return Dossiers()


def recompute(now=NOW):
    return snapshots.run_recompute(run_id=snapshots.request_recompute(now=now).pk, now=now)


def shown(client, person, name, *args, status=200, data=None):
    client.force_login(person)
    address = reverse(f"reporting:{name}", args=args)
    response = client.get(address) if data is None else client.post(address, data)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode().replace(NBSP, " ").replace("\u202f", " ") if status in (200, 422) else ""


# ── Objectives ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_objectives_page_says_what_was_measured_by_whom_and_at_two_dates(client, dossiers):
    writer, project = dossiers.team.writer, dossiers.project
    page = shown(client, writer, "project_objectives", project.reference)
    assert ("70,00 %" in page, writer.name in page, "Inscrire des résultats" in page) == (True, True, True)
    client.force_login(writer)
    before = client.get(reverse("reporting:project_objectives", args=[project.reference]), {"effet": "2020-01-01"})
    assert "70,00\xa0%" not in before.content.decode()
    future = client.get(reverse("reporting:project_objectives", args=[project.reference]), {"connaissance": "2099-01-01"})
    assert future.status_code == 422
    page = shown(client, dossiers.officer, "call_objectives", project.call.reference)
    assert ("70,00 %" in page, project.reference in page, "1 projet au" in page) == (True, True, True)


def test_results_form_records_what_is_typed_and_leaves_the_rest(client, dossiers):
    project, (first, second) = dossiers.project, Objective.objects.filter(call=dossiers.project.call).order_by("position")
    typed = {f"value_{first.pk}": "18,5", f"value_{second.pk}": "", "measured_on": "2026-11-20", "source": "Enquête"}
    shown(client, dossiers.team.writer, "results_record", project.reference, data=typed, status=302)
    row = ObjectiveResult.objects.order_by("-pk")[0]
    assert (row.objective, row.actual, row.measured_on, row.source) == (first, Decimal("18.50"), date(2026, 11, 20), "Enquête")
    page = shown(client, dossiers.team.writer, "results_record", project.reference, data={**typed, f"value_{first.pk}": ""}, status=422)
    assert "Inscrivez au moins une valeur." in page
    shown(client, person_with(Role.AUDITOR), "results_record", project.reference, status=403)
    shown(client, person_with(Role.WRITER), "results_record", project.reference, status=404)


# ── Variances ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_variances_page_asks_for_an_explanation_and_keeps_it(client, dossiers):
    recompute()
    project, finance = dossiers.project, dossiers.team.finance
    page = shown(client, finance, "project_variances", project.reference)
    assert ("À expliquer" in page, "-8 000,00 $" in page.replace("−", "-"), "Ambre" in page) == (True, True, True)
    typed = {"cause": "cost", "explanation": "Factures refusées", "action": "Pièces redemandées"}
    shown(client, finance, "variance_explain", project.reference, 2026, data=typed, status=302)
    assert VarianceExplanation.objects.get().cause == "cost"
    recompute(LATER)
    page = shown(client, dossiers.officer, "project_variances", project.reference)
    assert ("À expliquer" in page, "Factures refusées" in page, "Expliquer l’écart" in page) == (False, True, False)
    shown(client, finance, "variance_explain", project.reference, 2026, data={}, status=422)
    shown(client, dossiers.officer, "variance_explain", project.reference, 2026, status=403)
    shown(client, finance, "variance_explain", project.reference, 2031, status=404)


def test_page_of_returns_leads_whoever_explains_to_the_form(client, dossiers):
    recompute()
    project, form = dossiers.project, reverse("reporting:variance_explain", args=[dossiers.project.reference, 2026])
    people = (dossiers.team.finance, dossiers.officer)
    assert [form in shown(client, person, "project_returns", project.reference) for person in people] == [True, False]


def test_cells_of_the_report_lead_to_the_rows_of_their_year(client, dossiers):
    recompute()
    client.force_login(dossiers.officer)
    report = client.get(reverse("reporting:report_detail", args=["variances"]))
    assert report.status_code == 200
    for column, total in (("forecast", "40000.00"), ("verified", "32000.00")):
        address = reverse("reporting:report_cell", args=["variances", column])
        for selection in ({"project": dossiers.project.reference, "fiscal_year": "2026"}, {"project": "TOTAL", "fiscal_year": ""}):
            found = client.get(address, selection)
            assert (found.status_code, found.context["total"]) == (200, Decimal(total))


# ── Renewal ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_dossier_goes_from_its_opening_to_its_decision_through_the_pages(client, dossiers):
    recompute()
    renewal, officer, director = dossiers.renewal, dossiers.officer, dossiers.director
    shown(client, officer, "renewal_recommend", renewal.number, status=409)
    typed = {"eligible_base": "45 000", "base_reason": "Coûts", "analysis": "Gains réels"}
    shown(client, officer, "renewal_analyse", renewal.number, data=typed, status=302)
    shown(client, officer, "renewal_recommend", renewal.number, data={"effective": "2026-11-24"}, status=302)
    page = shown(client, director, "renewal_detail", renewal.number)
    assert ("34 200,00 $" in page, "0,7600" in page, "Décider" in page) == (True, True, True)
    page = shown(client, officer, "renewal_detail", renewal.number)
    assert "une autre personne doit en décider" in page
    departing = {"decision": "partial", "amount": "30 000", "reason": ""}
    page = shown(client, director, "renewal_decide", renewal.number, data=departing, status=422)
    assert ("Motivez une décision" in page, "Disponible à l’enveloppe" in page) == (True, True)
    shown(client, director, "renewal_decide", renewal.number, data={**departing, "reason": "Portée réduite"}, status=302)
    shown(client, officer, "renewal_carry_out", renewal.number, data={"reference": "AVE-2027-0001"}, status=302)
    assert Renewal.objects.get().carried_out_by == "AVE-2027-0001"
    page = shown(client, person_with(Role.AUDITOR), "renewal_list")
    assert (renewal.number in page, "Partielle" in page) == (True, True)
    recompute(LATER)
    row = snapshot_of("renewal", None, None).rows.get(key=dossiers.project.reference).data
    assert (row["decision"], row["decided_amount"], row["renewal_state"], row["reasons"]) == (
        "partial",
        "30000.00",
        "implemented",
        "Portée réduite",
    )


def test_dossier_is_hidden_from_the_beneficiary_and_from_the_recused(client, dossiers):
    shown(client, dossiers.team.finance, "renewal_detail", dossiers.renewal.number, status=404)
    recuse(dossiers.director, dossiers.project.application)
    shown(client, dossiers.director, "renewal_detail", dossiers.renewal.number, status=404)
    assert dossiers.renewal.number not in shown(client, dossiers.director, "renewal_list")
    shown(client, dossiers.officer, "renewal_open", dossiers.project.reference)
    shown(client, dossiers.officer, "renewal_open", dossiers.project.reference, data={}, status=409)


@pytest.mark.parametrize("count", [1, 3])
def test_list_of_dossiers_takes_the_same_queries(client, count, django_assert_num_queries):
    for _ in range(count):
        Dossiers()
    auditor = person_with(Role.AUDITOR)
    client.force_login(auditor)
    with django_assert_num_queries(9):
        client.get(reverse("reporting:renewal_list"))


def test_list_of_dossiers_has_a_view_for_each_step(client, dossiers):
    waiting = Dossiers().recommended()
    client.force_login(dossiers.director)
    views = {}
    for view in ("all", "prepare", "decide", "carry_out", "other"):
        page = client.get(reverse("reporting:renewal_list"), {"view": view})
        views[view] = [row.record.number for row in page.context["table"].rows]
    assert [(one.code, count) for one, count in page.context["views"]] == [("all", 2), ("prepare", 1), ("decide", 1), ("carry_out", 0)]
    assert (views["prepare"], views["decide"], views["carry_out"]) == ([dossiers.renewal.number], [waiting.number], [])
    assert views["all"] == views["other"] == [waiting.number, dossiers.renewal.number]


def test_dossier_opens_on_figures_as_a_person_reads_them(client, dossiers):
    recompute()
    page = shown(client, dossiers.officer, "renewal_open", dossiers.project.reference)
    assert ("80,00 %" in page, "70,00 %" in page, "100,00 %" in page) == (True, True, True)


# ── Sensitivity ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_sensitivity_begins_with_the_figure_of_the_report_and_its_file_is_journalled(client, dossiers):
    recompute()
    project = dossiers.project
    row = snapshot_of("roi-projects", None, None).rows.get(key=project.reference).data
    page = shown(client, dossiers.team.writer, "project_sensitivity", project.reference)
    assert ("n. d." in page, "Sensibilité à 7 %" in page, "Gain pondéré" in page) == (True, True, False)
    client.force_login(dossiers.team.writer)
    taken = client.get(reverse("reporting:project_sensitivity_file", args=[project.reference, "csv"]))
    rows = {each["basis"]: each for each in csv.DictReader(io.StringIO(taken.content.decode()))}
    assert (rows["declared"]["npv"], list(rows)) == (row["npv"], ["declared", "0", "2", "7", "real", "nominal"])
    assert (rows["0"]["npv_mid_year"], rows["real"]["npv"], rows["0"]["rate"]) == (rows["0"]["npv"], "", "0.00")
    same = json.loads(client.get(reverse("reporting:project_sensitivity_file", args=[project.reference, "json"])).content)
    assert [each["npv"] for each in same["rows"]] == [each["npv"] or None for each in rows.values()]
    assert JournalEntry.objects.filter(act="record_access", actor=dossiers.team.writer).count() == 2
    shown(client, dossiers.team.writer, "project_sensitivity_file", project.reference, "xlsx", status=404)
    shown(client, person_with(Role.WRITER), "project_sensitivity_file", project.reference, "csv", status=404)


def test_internal_page_shows_the_weighted_gain_under_its_own_name(client, dossiers):
    recompute()
    page = shown(client, dossiers.officer, "project_sensitivity", dossiers.project.reference)
    assert ("Gain pondéré par la confiance" in page, "ce n’est pas un chiffre d’audit" in page) == (True, True)
    found = confidence_weighted(dossiers.project, snapshot_of("roi-projects", None, None))
    assert (found.parts["verified"], found.parts["forecast"], found.weighted) == (
        Decimal("32000.00"),
        Decimal("120000.00"),
        Decimal("32000.00"),
    )


def test_fund_page_is_the_total_of_the_report_for_its_readers(client):
    book = Portfolio()
    paid, free = book.project(), book.project("PRJ-2")
    book.pay(paid, "60000.00")
    book.cofund(paid, "20000.00")
    book.gain(book.line(paid), Stage.VERIFIED, "25000.00")
    book.gain(book.line(free), Stage.VERIFIED, "700.00")  # without cost: in no ratio, and not in this value
    recompute()
    snapshot = snapshot_of("roi-projects", None, None)
    total = snapshot.rows.get(key="TOTAL").data
    first = readings(fund_flows(snapshot), snapshot.known)[0]
    assert (str(first.end.npv), str(first.end.bcr), total["npv"]) == (total["npv"], total["bcr"], "-55000.00")
    auditor = person_with(Role.AUDITOR)
    assert "-55 000,00 $" in shown(client, auditor, "fund_sensitivity").replace("−", "-")
    client.force_login(auditor)
    taken = client.get(reverse("reporting:fund_sensitivity_file", args=["csv"]))
    assert next(csv.DictReader(io.StringIO(taken.content.decode())))["scope"] == "TOTAL"
    shown(client, person_with(Role.WRITER), "fund_sensitivity", status=403)
    other = book.project("PRJ-3")
    book.pay(other, "1000.00")
    book.gain(book.line(other), Stage.VERIFIED, "250.00")
    recompute()
    recuse(auditor, other.application)  # what is hidden is in no sum either
    assert "-55 000,00 $" in shown(client, auditor, "fund_sensitivity").replace("−", "-")


# ── Parameters ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_rate_is_proposed_by_one_and_approved_by_another(client, dossiers):
    controller, head = dossiers.team.controller, person_with(Role.HEAD)
    typed = {"valid_from": "2026-04-01", "value": "4,25", "source": "Avis du Trésor", "reason": "Révision annuelle"}
    shown(client, controller, "parameter_propose", "rate", data=typed, status=302)
    move = ParameterMove.objects.get()
    assert (move.value, DiscountRate.objects.count()) == (Decimal("0.0425"), 0)
    page = shown(client, head, "parameter_list")
    assert (move.number in page, "4,25 %" in page, "Avis du Trésor" in page) == (True, True, True)
    shown(client, controller, "parameter_decide", move.number, status=403)
    shown(client, head, "parameter_decide", move.number, data={"approve": "yes"}, status=302)
    rate = DiscountRate.objects.get()
    assert (rate.rate, rate.source, rate.valid_from) == (Decimal("0.0425"), "Avis du Trésor", date(2026, 4, 1))
    shown(client, head, "parameter_decide", move.number, status=409)
    index = {"fiscal_year": "2026", "value": "104,5", "source": "Indice publié", "reason": "Série"}
    shown(client, controller, "parameter_propose", "index", data=index, status=302)
    last = ParameterMove.objects.get(kind="index")
    page = shown(client, head, "parameter_decide", last.number, data={"approve": "no", "reason": ""}, status=422)
    assert "Inscrivez le motif du refus." in page
    shown(client, head, "parameter_decide", last.number, data={"approve": "no", "reason": "Doublon"}, status=302)
    assert PriceIndex.objects.count() == 0
    shown(client, dossiers.officer, "parameter_propose", "rate", status=403)
    shown(client, controller, "parameter_propose", "weather", status=404)
