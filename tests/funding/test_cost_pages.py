"""The pages of the Secretariat's costs: entered by one, decided by another, each figure with the rows that make it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from fondsinnovation.kit.money import fiscal_year_of
from funding.enums import CostKind, CostMoveKind
from funding.models import CostMove, LedgerEntry, SecretariatCost
from funding.services.costs import CostPart
from projects.enums import Role
from reporting.queries.frames import portfolio_rows
from reporting.queries.payments import payment_rows
from tests.factories import NOW, person_with
from tests.funding.costs import HUNDRED, approved, committed, corrected, entered, forecast, proposed

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_role(client):
    def enter(*roles):
        client.logout()
        person = person_with(*roles)
        client.force_login(person)
        return person

    return enter


def page(name, *args):
    return reverse(name if ":" in name else f"funding:{name}", args=args)


def text(answer):
    return " ".join(answer.content.decode().split())


def typed(**fields):
    return {
        "reference": "CT-7", "reason": "Besoin du Secrétariat", "effective_on": timezone.localdate().isoformat(), **fields
    }  # fmt: skip


def test_contract_is_entered_over_its_years_then_approved_by_another_person(client, as_role):
    as_role(Role.DIRECTOR)
    bad = client.post(page("cost_propose"), typed(kind="contracts", title="Évaluation", amount_2026="12,345"))
    assert (bad.status_code, set(bad.context["form"].errors), bad.context["form"]["title"].value()) == (422, {"amount_2026"}, "Évaluation")
    empty = client.post(page("cost_propose"), typed(kind="contracts", title="Évaluation", supplier="ÉNAP"))
    assert (empty.status_code, set(empty.context["form"].errors)) == (422, {"amount_2024"})
    unsaid = client.post(page("cost_propose"), typed(kind="contracts", title="Évaluation", amount_2026="1 000"))
    assert (unsaid.status_code, set(unsaid.context["form"].errors)) == (422, {"supplier"})
    good = typed(kind="contracts", title="Évaluation", supplier="ÉNAP", amount_2026="100 000,00", amount_2027="50 000")
    assert client.post(page("cost_propose"), good).status_code == 302
    move = CostMove.objects.get()
    assert "en attente" not in text(client.get(page("cost_detail", move.cost.number)))
    assert client.get(page("cost_decide", move.number)).status_code == 403
    as_role(Role.CONTROLLER)
    assert page("cost_decide", move.number) in text(client.get(page("cost_detail", move.cost.number)))
    assert "50 000,00 $" in text(client.get(page("cost_decide", move.number)))
    assert client.post(page("cost_decide", move.number), {"decision": "approve"}).status_code == 302
    rows = LedgerEntry.objects.filter(cost=move.cost).order_by("fiscal_year")
    assert [(row.fiscal_year, row.amount) for row in rows] == [(2026, HUNDRED), (2027, HUNDRED / 2)]
    assert client.post(page("cost_decide", move.number), {"decision": "approve"}).status_code == 409


def test_payment_is_entered_corrected_and_its_refusal_says_why(client, as_role):
    cost = committed()
    as_role(Role.PAYMENT_REQUESTER)
    proposed_year = client.get(page("cost_entry", cost.number)).context["form"].initial["fiscal_year"]
    assert proposed_year == fiscal_year_of(timezone.localdate())
    assert client.post(page("cost_entry", cost.number), typed(kind="payment", fiscal_year=2026, amount="40 000")).status_code == 302
    payment = CostMove.objects.get(kind=CostMoveKind.PAYMENT)
    approved(payment)
    bad = client.post(page("cost_entry", cost.number), typed(kind="correction", fiscal_year=2026, amount="1"))
    assert (bad.status_code, set(bad.context["form"].errors)) == (422, {"reverses"})
    row = LedgerEntry.objects.get(cost_move=payment)
    much = client.post(page("cost_entry", cost.number), typed(kind="correction", fiscal_year=2026, amount="40 001", reverses=row.pk))
    assert (much.status_code, set(much.context["form"].errors)) == (422, {"amount"})
    good = typed(kind="correction", fiscal_year=2026, amount="40 000", reverses=row.pk)
    assert client.post(page("cost_entry", cost.number), good).status_code == 302
    correction = CostMove.objects.get(kind=CostMoveKind.CORRECTION)
    as_role(Role.HEAD)
    assert client.post(page("cost_decide", correction.number), {"decision": "refuse"}).status_code == 422
    refused = client.post(page("cost_decide", correction.number), {"decision": "refuse", "reason": "Facture exacte"}, follow=True)
    assert (refused.status_code, "Facture exacte" in text(refused)) == (200, True)


def test_refused_entry_that_overspends_the_year_is_a_page_that_keeps_the_form(client, as_role):
    move = proposed(CostPart(2026, Decimal("6000000.01")))
    as_role(Role.CONTROLLER)
    answer = client.post(page("cost_decide", move.number), {"decision": "approve"})
    assert (answer.status_code, "SECRETARIAT n’a plus que 6 000 000,00 $ en 2026-2027" in text(answer)) == (409, True)


def test_forecast_begins_as_the_one_in_force_and_waits_for_another_person(client, as_role):
    approved(forecast(CostPart(2026, HUNDRED, Decimal("2.00"), CostKind.SALARIES)))
    as_role(Role.DIRECTOR)
    form = client.get(page("cost_forecast")).context["form"]
    assert (form["salaries_2026"].value(), form["fte_2026"].value(), form["other_2027"].value()) == (HUNDRED, "2", None)
    bad = client.post(page("cost_forecast"), {"fte_2027": "1,5", "reason": "Embauche"})
    assert (bad.status_code, set(bad.context["form"].errors)) == (422, {"fte_2027"})
    good = {"salaries_2026": "150 000", "fte_2026": "2,5", "other_2027": "9 000", "reason": "Embauche"}
    answer = client.post(page("cost_forecast"), good, follow=True)
    move = CostMove.objects.order_by("-pk")[0]
    assert [(line.fiscal_year, line.cost_kind, line.amount, line.fte) for line in move.lines.order_by("position")] == [
        (2026, CostKind.SALARIES, HUNDRED * 3 / 2, Decimal("2.50")), (2027, CostKind.OTHER, Decimal("9000.00"), 0),
    ]  # fmt: skip
    assert (answer.request["PATH_INFO"], move.number in text(answer)) == (page("reporting:cost_list"), True)
    as_role(Role.HEAD)
    assert client.post(page("cost_decide", move.number), {"decision": "approve"}, follow=True).status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_for_one_and_three_rows_and_links_each_figure(client, as_role, django_assert_num_queries, rows):
    for n in range(rows):
        cost = committed(CostPart(2026, HUNDRED, Decimal("1.00")), kind=CostKind.SALARIES, title=f"Paie {n}")
        approved(entered(cost, Decimal("1000.00") + n, fte=Decimal("0.10")))
        proposed(title=f"En attente {n}")
        approved(forecast(CostPart(2026, HUNDRED * (n + 1), Decimal("1.00"), CostKind.SALARIES)))
    as_role(Role.AUDITOR)
    with django_assert_num_queries(19):
        answer = client.get(page("reporting:cost_list"))
    assert len(answer.context["table"].rows) == 2 * rows
    year = dict(answer.context["years"])[2026]
    line, links = year[0]
    paid = 1000 * rows + rows * (rows - 1) // 2
    assert (line.kind, line.committed, line.paid, line.fte, line.forecast) == (
        CostKind.SALARIES,
        HUNDRED * rows,
        paid,
        rows,
        HUNDRED * rows,
    )
    amount = f"{paid:,}".replace(",", "\u00a0")
    assert client.get(links["paid"]).context["table"].caption == f"{rows} écriture{'s' * (rows > 1)}, pour un total de {amount}\u00a0$"
    assert client.get(links["committed"]).context["table"].paginator.count == rows


def test_what_the_secretariat_paid_is_a_cost_of_administration_and_no_payment_of_a_project():
    cost = committed()
    approved(entered(cost, HUNDRED))
    approved(corrected(cost, LedgerEntry.objects.get(kind="payment").pk, Decimal("25000.00")))
    rows = portfolio_rows(NOW + timedelta(days=1))
    assert [row[0] for row in rows["secretariat_costs"]] == [10_000_000, -2_500_000]
    assert list(rows["payments"]) == []
    total = list(payment_rows(effective=NOW.date(), known=NOW + timedelta(days=1)))
    assert [(row["project"], row["paid"]) for row in total] == [("TOTAL", "0.00")]


def test_cost_that_does_not_exist_is_not_found(client, as_role):
    as_role(Role.CONTROLLER)
    assert [client.get(page(name, "SEC-1")).status_code for name in ("cost_detail", "cost_decide")] == [404, 404]
    as_role(Role.DIRECTOR)
    assert (client.get(page("cost_entry", "SEC-1")).status_code, SecretariatCost.objects.count()) == (404, 0)
