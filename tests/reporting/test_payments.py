"""The register of payments (R04): the steps of each payment, its people, and what the ledger paid, at two dates."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.urls import reverse

from funding.models import LedgerEntry, Payment
from funding.policies.payments import READERS
from funding.services import payments
from funding.services.reversals import reverse_payment
from projects.enums import Role
from reporting.catalogue import PAYMENTS
from reporting.models import Export
from reporting.services import snapshots
from reporting.services.compute import rows_of
from reporting.services.snapshots import request_recompute, run_recompute
from tests.factories import NOW, agreement_in_force, person_with, recuse, sent, verify_milestones
from tests.funding.services.test_claims import decide, examined
from tests.reporting.portfolio import Portfolio

pytestmark = pytest.mark.django_db
ALL = dict.fromkeys(payments.ATTESTATIONS, True)
LATER = NOW + timedelta(hours=2)


def register(effective=None, known=None, person=None, **filters):
    return list(rows_of(PAYMENTS, effective=effective or NOW.date(), known=known or LATER, filters=filters, person=person))


def request(agreement, kind="advance"):
    instalment = agreement.instalments.get(kind=kind)
    return payments.request_payment(instalment_id=instalment.pk, attestations=ALL, actor=person_with(Role.PAYMENT_REQUESTER), now=NOW)


def pay(agreement, reference, kind="advance"):
    payment = request(agreement, kind)
    payments.certify_payment(payment_id=payment.pk, actor=person_with(Role.CONTROLLER), now=NOW)
    payments.authorise_payment(payment_id=payment.pk, actor=person_with(Role.PAYMENT_AUTHORISER), now=NOW)
    payment.refresh_from_db()
    sent(payment)
    requester = person_with(Role.PAYMENT_REQUESTER)
    payments.confirm_payment(payment_id=payment.pk, reference=reference, paid_on=NOW.date(), actor=requester, now=NOW)
    payment.refresh_from_db()
    return payment


@pytest.fixture
def agreement():
    agreement = agreement_in_force()
    verify_milestones(agreement, 1)
    return agreement


def test_a_paid_payment_shows_its_steps_its_people_and_its_reference(agreement):
    payment = pay(agreement, "SAGIR-1")
    row, total = register()
    assert (row["payment"], row["order_number"], row["agreement"]) == (payment.number, payment.order_number, agreement.number)
    assert (row["instalment_kind"], row["fiscal_year"], row["amount"], row["paid"]) == ("advance", "2026", "25000.00", "25000.00")
    steps = ("requested_at", "certified_at", "authorised_at", "transmitted_at", "confirmed_at")
    assert [row[name] for name in steps] == [NOW.isoformat()] * 5
    people = (payment.requested_by, payment.certified_by, payment.authorised_by)
    assert [row[f"{step}_by"] for step in ("requested", "certified", "authorised")] == [person.name for person in people]
    assert [row[name] for name in ("attests_legal_basis", "attests_credit", "attests_due")] == ["yes"] * 3
    assert [row[name] for name in ("paid_on", "reference", "rejected", "reversed", "reversed_on")] == [
        "2026-11-24",
        "SAGIR-1",
        "no",
        "no",
        "",
    ]
    assert [total[name] for name in ("project", "amount", "paid")] == ["TOTAL", "25000.00", "25000.00"]


def test_a_request_that_waits_paid_nothing_and_a_rejected_one_says_so(agreement):
    payment = request(agreement)
    row, total = register()
    assert [row[name] for name in ("certified_at", "certified_by", "reference", "paid", "rejected")] == ["", "", "", "0.00", "no"]
    assert (total["amount"], total["paid"]) == ("25000.00", "0.00")
    payments.reject_payment(payment_id=payment.pk, reason="Erreur de montant", actor=person_with(Role.CONTROLLER), now=NOW)
    assert [row["rejected"] for row in register()] == ["yes", ""]


def test_a_reversed_payment_paid_nothing_once_it_is_known(agreement):
    payment, later = pay(agreement, "SAGIR-1"), NOW + timedelta(hours=1)
    actor = person_with(Role.CONTROLLER)
    reverse_payment(payment_id=payment.pk, reference="RETOUR-1", returned_on=NOW.date(), reason="Compte fermé", actor=actor, now=later)
    assert [(row["paid"], row["reversed"]) for row in register(known=NOW)] == [("25000.00", "no"), ("25000.00", "")]
    row, total = register()
    assert [row[name] for name in ("amount", "paid", "reversed", "reversed_on")] == ["25000.00", "0.00", "yes", "2026-11-24"]
    assert (total["paid"], Payment.objects.get().state) == ("0.00", "reversed")


def test_what_happened_after_either_date_has_not_happened(agreement):
    pay(agreement, "SAGIR-1")
    assert [row["project"] for row in register(effective=NOW.date() - timedelta(days=1))] == ["TOTAL"]
    assert [row["project"] for row in register(known=NOW - timedelta(minutes=1))] == ["TOTAL"]
    Payment.objects.update(confirmed_at=LATER + timedelta(days=1), transmitted_at=LATER + timedelta(days=1))
    assert [register()[0][name] for name in ("authorised_at", "transmitted_at", "confirmed_at")] == [NOW.isoformat(), "", ""]


def test_a_sum_that_no_order_explains_has_its_row():
    book = Portfolio()
    paid = book.pay(book.project(), "60000.00")
    row, total = register()
    assert [row[name] for name in ("payment", "agreement", "amount", "paid", "reference")] == [
        "", "CONV-PRJ-1", "60000.00", "60000.00", paid.reference,
    ]  # fmt: skip
    assert total["paid"] == "60000.00"


@pytest.mark.parametrize("name", [None, "project", "call", "organisation", "agreement", "instalment_kind", "fiscal_year"])
def test_total_is_the_ledgers_for_every_filter(agreement, name):
    other = agreement_in_force()
    for number, (each, kind) in enumerate([(agreement, "advance"), (agreement, "milestone"), (other, "advance")]):
        pay(each, f"SAGIR-{number}", kind)
    project = agreement.project
    values = {
        "project": ("agreement__project__reference", project.reference), "call": ("call__reference", project.call.reference),
        "organisation": ("agreement__project__organisation__code", project.organisation.code),
        "agreement": ("agreement__number", agreement.number), "instalment_kind": ("instalment__kind", "milestone"),
        "fiscal_year": ("fiscal_year", "2026"),
    }  # fmt: skip
    path, value = values.get(name, ("amount__gt", 0))
    held = LedgerEntry.objects.filter(kind="payment", **{path: value}).aggregate(sum=Sum("amount"))["sum"]
    rows = register(**({name: value} if name else {}))
    assert sum(Decimal(row["paid"]) for row in rows if row["project"] != "TOTAL") == held
    if name not in ("agreement", "instalment_kind", "fiscal_year"):  # a filter of rows leaves the total out
        assert Decimal(rows[-1]["paid"]) == held


def test_what_is_paid_on_an_admitted_claim_says_so():
    agreement, officer = agreement_in_force(), person_with(Role.OFFICER)
    finance = person_with(Role.FINANCE_RESPONDENT, organisation=agreement.project.organisation)
    request(agreement)
    decide(examined(agreement, finance, officer), officer)
    payment = request(agreement, "milestone")
    assert [(row["payment"], row["amount"]) for row in register(instalment_kind="claim")] == [(payment.number, f"{payment.amount:.2f}")]
    assert register(instalment_kind="milestone") == []


def test_recused_person_reads_the_other_projects_and_their_total(agreement):
    other, officer = agreement_in_force(), person_with(Role.OFFICER)
    pay(agreement, "SAGIR-1")
    pay(other, "SAGIR-2")
    recuse(officer, agreement.project.application)
    assert {row["project"] for row in register(person=officer)} == {other.project.reference, "TOTAL"}
    assert register(person=officer)[-1]["paid"] == "25000.00"


def test_register_costs_the_same_for_one_and_three_payments(agreement, django_assert_num_queries):
    pay(agreement, "SAGIR-1")
    for numbers in ((), (2, 3)):
        for number in numbers:
            pay(agreement_in_force(), f"SAGIR-{number}")
        with django_assert_num_queries(3):
            register()


def test_whoever_reads_payments_reads_the_register_and_nobody_else(agreement, client, monkeypatch):
    monkeypatch.setattr(snapshots, "_nudge", lambda run_id: None)
    payment = pay(agreement, "SAGIR-1")
    run_recompute(run_id=request_recompute(now=NOW).pk, now=NOW)
    page, files = (reverse(f"reporting:{name}", args=["payments"]) for name in ("report_detail", "export_create"))
    assert PAYMENTS.readers == frozenset(READERS)
    for role in (Role.GAIN_VERIFIER, Role.ADVISER, Role.COMMITTEE_SECRETARY, Role.SIGNATORY):
        client.force_login(person_with(role))
        assert (client.get(page).status_code, client.post(files, {"format": "csv"}).status_code) == (403, 403)
    client.force_login(person_with(Role.AUDITOR))
    assert payment.certified_by.name in client.get(page, {"vue": "personnes"}).text
    for form in ("csv", "xlsx", "json"):
        client.post(files, {"format": form, "agreement": agreement.number})
    assert [(file.format, file.rows) for file in Export.objects.order_by("pk")] == [("csv", 1), ("xlsx", 1), ("json", 1)]
