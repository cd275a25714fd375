"""The pages of amendments, as each person sees them."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from funding.models import Amendment
from projects.enums import Role
from tests.factories import agreement_in_force, person_with
from tests.funding.amending import amended, approved, certified, proposed
from tests.funding.paying import requested

pytestmark = pytest.mark.django_db
D = Decimal
QUERIES = 43


def as_(person):
    client = Client()
    client.force_login(person)
    return client


def page(client, name, *args, **query):
    return client.get(reverse(f"funding:{name}", args=args), query)


def text_of(response):
    return response.content.decode().replace("\u00a0", " ").replace("&nbsp;", " ")


def typed(response, **changes):
    """What the form of a page holds, with some fields typed otherwise."""
    form = response.context["form"]
    held = {bound.name: bound.value() for bound in form}
    return {name: said(value) for name, value in held.items()} | changes


def said(value):
    return str(value).replace(".", ",") if isinstance(value, D) else "" if value is None else value


def test_an_officer_proposes_an_amendment_with_the_instalments_that_the_page_proposes():
    agreement = agreement_in_force()
    requested(agreement.instalments.get(kind="advance"))
    client = as_(person_with(Role.OFFICER))
    detail = text_of(page(client, "agreement_detail", agreement.number))
    assert "Aucun avenant." in detail
    assert reverse("funding:amendment_propose", args=[agreement.number]) in detail
    found = page(client, "amendment_propose", agreement.number, aid="130 000")
    assert "Versements gardés" in text_of(found)
    sent = client.post(found.request["PATH_INFO"], typed(found, reason="Coûts plus élevés", ends_on="2027-09-30"))
    amendment = Amendment.objects.get()
    assert sent["Location"] == reverse("funding:amendment_detail", args=[agreement.number, 1])
    assert (amendment.amount_after, amendment.ends_on_after, amendment.planned.count()) == (D("130000.00"), date(2027, 9, 30), 2)
    assert list(amendment.planned.order_by("position").values_list("amount", flat=True)) == [D("77000.00"), D("28000.00")]


def test_a_form_in_error_keeps_what_was_typed_and_says_it_by_the_field():
    agreement = agreement_in_force()
    client = as_(person_with(Role.OFFICER))
    found = page(client, "amendment_propose", agreement.number)
    sent = client.post(found.request["PATH_INFO"], typed(found, reason="Plus cher", amount="150 000"))
    assert sent.status_code == 422
    assert "l’écart est de 50 000,00 $" in text_of(sent)
    assert sent.context["form"].errors["amount_1"]
    assert sent.context["form"]["reason"].value() == "Plus cher"
    bare = client.post(found.request["PATH_INFO"], typed(found, kind_4="milestone", amount_4="5"))
    assert {"reason", "milestone_4"} <= set(bare.context["form"].errors)
    stale = client.post(found.request["PATH_INFO"], typed(found, reason="Plus cher", base_revision="7"))
    assert stale.status_code == 409


def test_an_amendment_is_shown_side_by_side_with_who_must_still_pass_it():
    agreement = agreement_in_force()
    amendment = proposed(agreement, amount=D("130000.00"), ends_on=date(2028, 3, 31))
    for role, action in ((Role.CONTROLLER, "Certifier la disponibilité budgétaire"), (Role.OFFICER, "Reprendre l’avenant")):
        assert action in text_of(page(as_(person_with(role)), "amendment_detail", agreement.number, amendment.number))
    certified(amendment)
    shown = text_of(page(as_(person_with(Role.HEAD)), "amendment_detail", agreement.number, amendment.number))
    for words in ("100 000,00 $", "130 000,00 $", "31 mars 2028", "Versements remplacés", "Nouveaux versements", "Approuver l’avenant"):
        assert words in shown
    assert "À approuver : Délégation ministérielle" in shown
    assert "À approuver" not in text_of(page(as_(person_with(Role.HEAD)), "agreement_detail", agreement.number))


def test_the_last_steps_are_taken_on_the_pages(client):
    agreement = agreement_in_force()
    amendment = approved(agreement, ends_on=date(2028, 3, 31))
    head = person_with(Role.HEAD)
    client.force_login(head)
    address = reverse("funding:amendment_step", args=[agreement.number, amendment.number, "vigueur"])
    assert "La convention change aussitôt" in text_of(client.get(address))
    assert client.post(address, {"key": "clic"}).status_code == 302
    agreement.refresh_from_db()
    assert agreement.revision == 1
    assert client.get(address).status_code == 409
    assert client.get(reverse("funding:amendment_step", args=[agreement.number, amendment.number, "autre"])).status_code == 404


def test_a_conflict_is_shown_side_by_side():
    agreement = agreement_in_force()
    second = approved(agreement, amount=D("140000.00"))
    amended(agreement, amount=D("120000.00"))
    shown = text_of(page(as_(person_with(Role.OFFICER)), "amendment_detail", agreement.number, second.number))
    assert "La convention a changé depuis cet avenant" in shown
    for words in ("Au départ de l’avenant", "120 000,00 $", "140 000,00 $", "Reprendre l’avenant"):
        assert words in shown
    assert "Mettre l’avenant en vigueur" not in shown
    again = page(as_(person_with(Role.OFFICER)), "amendment_revise", agreement.number, second.number)
    assert again.context["form"]["base_revision"].value() == 1


def test_the_beneficiary_reads_what_is_approved_without_its_people():
    agreement = agreement_in_force()
    waiting, passed = proposed(agreement, ends_on=date(2027, 9, 30)), amended(agreement, ends_on=date(2028, 3, 31))
    client = as_(person_with(Role.SIGNATORY, organisation=agreement.project.organisation))
    assert page(client, "amendment_detail", agreement.number, waiting.number).status_code == 404
    shown = text_of(page(client, "amendment_detail", agreement.number, passed.number))
    assert "31 mars 2028" in shown
    assert passed.proposed_by.name not in shown
    assert "Prochaine action" not in shown
    listed = text_of(page(client, "agreement_detail", agreement.number))
    assert ("Avenant 2" in listed, "Avenant 1" in listed, "Proposer un avenant" in listed) == (True, False, False)
    assert page(client, "amendment_propose", agreement.number).status_code == 403


def test_amendments_of_an_agreement_are_read_in_as_many_queries_whatever_their_number(django_assert_num_queries):
    agreement, client = agreement_in_force(), as_(person_with(Role.OFFICER))
    page(client, "agreement_detail", agreement.number)
    proposed(agreement, ends_on=date(2028, 3, 31))
    with django_assert_num_queries(QUERIES):
        page(client, "agreement_detail", agreement.number)
    for year in (2029, 2030):
        proposed(agreement, amount=D("130000.00"), ends_on=date(year, 3, 31))
    with django_assert_num_queries(QUERIES):
        page(client, "agreement_detail", agreement.number)
