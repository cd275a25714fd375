"""The pages of an agreement that pays results: its draft, a quantity declared, then verified, and how far the agreement is."""

from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from funding.models import OutcomeDeclaration, OutcomeSchedule
from projects.enums import Role
from reporting.queries.invariants import check
from tests.factories import person_with, upload
from tests.funding.paying import requested
from tests.funding.results import LATER, declare, member_of, paying_results, verify
from tests.funding.services.test_outcomes import results_award

pytestmark = pytest.mark.django_db
D = Decimal


def page(milestone, name):
    return reverse(f"funding:milestone_{name}", args=[milestone.pk])


@time_machine.travel(LATER, tick=False)
def test_quantity_is_declared_then_verified_on_the_pages_of_its_milestone(client):
    agreement = paying_results()
    milestone = agreement.milestones.get(position=1)
    client.force_login(member_of(agreement))
    form = client.get(page(milestone, "report"))
    assert (form.context["title"], str(form.context["form"]["period_start"].value())) == ("Déclarer une quantité", "2026-12-01")
    given = {"period_start": "2026-12-01", "period_end": "2027-01-31", "quantity": "30,5", "report": "Fait", "evidence": upload()}
    wrong = client.post(page(milestone, "report"), {**given, "quantity": "beaucoup", "evidence": upload()})
    assert (wrong.status_code, "beaucoup" in wrong.content.decode()) == (422, True)
    assert client.post(page(milestone, "report"), given).status_code == 302
    client.force_login(person_with(Role.OFFICER))
    form = client.get(page(milestone, "verify"))
    assert (form.context["title"], form.context["form"]["quantity"].value()) == ("Vérifier la quantité", D("30.50"))
    short = client.post(page(milestone, "verify"), {"quantity": "20", "reason": ""})
    assert (short.status_code, "Expliquez ce qui n’est pas vérifié." in short.content.decode()) == (422, True)
    assert client.post(page(milestone, "verify"), {"quantity": "20", "reason": "Dix logements vides"}).status_code == 302
    detail = client.get(page(milestone, "detail")).content.decode()
    assert ("20\u00a0000,00\u00a0$" in detail, "Dix logements vides" in detail, "Accepter en partie" in detail) == (True, True, False)
    assert OutcomeDeclaration.objects.get().amount == D("20000.00")


def test_quantity_is_refused_on_the_page_of_its_milestone(client):
    declaration = declare(paying_results())
    client.force_login(person_with(Role.OFFICER))
    form = client.get(page(declaration.milestone, "refuse"))
    assert form.context["title"] == "Refuser la quantité"
    assert client.post(page(declaration.milestone, "refuse"), {"reason": "Pièce illisible"}).status_code == 302
    declaration.refresh_from_db()
    assert (declaration.state, declaration.reason) == ("refused", "Pièce illisible")


def test_agreement_says_what_was_verified_paid_and_left(client):
    agreement = paying_results()
    verify(declare(agreement))
    requested(agreement.instalments.get(position=1))
    declare(agreement, 2, "10")
    client.force_login(person_with(Role.OFFICER))
    answer = client.get(reverse("funding:agreement_detail", args=[agreement.number]))
    results = answer.context["results"]
    assert (results.due, results.paid, results.left, results.cap_left) == (D("30000.00"), D("30000.00"), D("70000.00"), D("50"))
    assert "il reste 50,00" in answer.content.decode()
    assert [finding.broken for finding in check() if finding.invariant.code == "INV-08d"] == [[]]


def test_draft_asks_what_the_agreement_pays_for(client):
    award = results_award()
    client.force_login(person_with(Role.OFFICER))
    address = reverse("funding:agreement_draft", args=[award.application.number])
    form = client.get(address).context["form"]
    assert [field.name for field in form.outcome_fields()] == ["metric", "unit", "unit_price", "cap"]
    given = {
        "starts_on": "2026-12-01",
        "ends_on": "2027-03-31",
        "amount_0": "25000",
        "year_0": "2026",
        "amount_1": "25000",
        "year_1": "2026",
    }
    terms = {"metric": "Logements rénovés", "unit": "logement", "unit_price": "1 000", "cap": ""}
    assert client.post(address, {**given, **terms, "unit_price": ""}).status_code == 422
    assert client.post(address, {**given, **terms}).status_code == 302
    row = OutcomeSchedule.objects.get()
    assert (row.metric, row.unit_price, row.cap) == ("Logements rénovés", D("1000.00"), None)
    edit = client.get(reverse("funding:agreement_edit", args=[row.agreement.number])).context["form"]
    assert [str(field.value()) for field in edit.outcome_fields()] == ["Logements rénovés", "logement", "1000.00", "None"]
