"""Return files: cells that cannot be taken are named, a file is taken as a whole and once; reconciliation; payments that came back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.urls import reverse

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from funding.enums import PaymentState
from funding.models import InstalmentBalance, LedgerEntry, Payment, ReturnFile
from funding.queries.reconciliation import Difference, differences, summary
from funding.returns import MOST, parse
from funding.services.returns import import_returns
from funding.services.reversals import reverse_payment
from projects.enums import Role
from projects.models import OutboxMessage
from tests.factories import NOW, agreement_in_force, person_with, recuse, sent
from tests.funding.paying import authorised, requested

pytestmark = pytest.mark.django_db
HEADER = "ordre;statut;reference;date;motif\n"
DAY = NOW.date().isoformat()


@pytest.fixture
def requester():
    return person_with(Role.PAYMENT_REQUESTER)


def transmitted(requester, count=1):
    payments = [authorised() for _ in range(count)]
    sent(*payments, actor=requester)
    return payments


def line(payment, status="confirme", reference="S-1", day=DAY, reason=""):
    return f"{payment.order_number};{status};{reference};{day};{reason}\n"


def take(requester, *lines, name="retour.csv", now=NOW, **given):
    return import_returns(name=name, content=HEADER + "".join(lines), actor=requester, now=now, **given)


# ── The text ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("", [(1, "ordre")]),
        ("ordre;statut\n", [(1, "ordre")]),
        (HEADER, [(1, "ordre")]),
        (HEADER + "A;confirme;R;2026-11-24\n", [(2, "motif")]),
        (HEADER + ";payé;;24/11/2026;\n", [(2, "ordre"), (2, "statut"), (2, "reference"), (2, "date")]),
        (HEADER + "A;rejete;R;2026-11-24;\n", [(2, "motif")]),
        (HEADER + f"A;confirme;{'R' * 61};2026-02-30;\n", [(2, "reference"), (2, "date")]),
        (HEADER + "A;confirme;R;2026-11-24;\n\nA;confirme;R;2026-11-24;\n", [(4, "ordre"), (4, "reference")]),
        (HEADER + "A;confirme;R;2026-11-24;\n" * (MOST + 1), [(MOST + 2, "ordre")]),
    ],
)
def test_each_cell_that_cannot_be_read_is_named(text, cells):
    assert [(problem.row, problem.column) for problem in parse(text)[1]] == cells


def test_commas_accents_and_capitals_are_read_the_same():
    lines, problems = parse('Ordre,Statut,Référence,Date,Motif\nA,CONFIRMÉ,R-1,2026-11-24,\nB,rejeté,R-2,2026-11-24,"Compte, fermé"\n')
    assert ([(one.order, str(one.status), one.reason) for one in lines], problems) == (
        [("A", "confirme", ""), ("B", "rejete", "Compte, fermé")],
        [],
    )


# ── The act ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_confirmations_enter_the_ledger_and_rejections_free_their_instalments(requester):
    first, second = transmitted(requester, 2)
    take(requester, line(first), line(second, "rejete", "S-2", reason="Compte fermé"))
    for payment in (first, second):
        payment.refresh_from_db()
    assert (first.state, first.reference, first.paid_on) == (PaymentState.CONFIRMED, "S-1", NOW.date())
    assert (second.state, second.reference, second.rejection_reason) == (PaymentState.REJECTED, None, "Compte fermé")
    assert list(LedgerEntry.objects.filter(kind="payment").values_list("reference", "amount")) == [("S-1", Decimal("25000.00"))]
    assert requested(second.instalment).order_number == f"{second.instalment.agreement.number}/1/2"
    assert OutboxMessage.objects.filter(topic="money").count() == 1


def test_same_file_twice_changes_nothing(requester):
    (payment,) = transmitted(requester)
    first, second = (take(requester, line(payment)) for _ in range(2))
    assert (first, ReturnFile.objects.count(), LedgerEntry.objects.filter(kind="payment").count()) == (second, 1, 1)


def test_known_line_in_a_later_file_changes_nothing(requester):
    first, second, third = transmitted(requester, 3)
    take(requester, line(first), line(third, "rejete", "S-3", reason="Compte fermé"))
    again = take(requester, line(first), line(third, "rejete", "S-3", reason="Compte fermé"), line(second, reference="S-2"))
    assert (again.line_count, LedgerEntry.objects.filter(kind="payment").count()) == (3, 2)


def test_one_bad_line_and_nothing_is_taken(requester):
    first, second = transmitted(requester, 2)
    for bad in (
        line(second, reference="S-2", day=(NOW + timedelta(days=1)).date().isoformat()),
        line(second, reference="S-2", day="2026-11-23"),
        "CNV-2026-00000/1/1;confirme;S-2;2026-11-24;\n",
        line(authorised(), reference="S-2"),
    ):
        with pytest.raises(Invalid, match="1 cellule à corriger"):
            take(requester, line(first), bad)
    assert not ReturnFile.objects.exists()
    assert not LedgerEntry.objects.filter(kind="payment").exists()


def test_reference_of_another_order_is_refused_by_name(client, requester):
    first, second = transmitted(requester, 2)
    take(requester, line(first))
    client.force_login(requester)
    text = HEADER + line(second) + line(first, reference="S-9")
    answer = client.post(reverse("funding:return_create"), {"file": SimpleUploadedFile("r.csv", text.encode()), "key": "k"})
    problems = [(one.row, one.column, one.message) for one in answer.context["examined"].problems]
    assert (answer.status_code, problems) == (
        422,
        [(2, "reference", f"c’est la référence de l’ordre {first.order_number}"), (3, "statut", "cet ordre est «\u00a0Confirmé\u00a0»")],
    )


def test_order_of_a_hidden_file_is_unknown(requester):
    (payment,) = transmitted(requester)
    recused = person_with(Role.PAYMENT_REQUESTER)
    recuse(recused, payment.instalment.agreement.project.application)
    with pytest.raises(Invalid):
        take(recused, line(payment))
    with pytest.raises(NotAllowed):
        take(person_with(Role.CONTROLLER), line(payment))


def test_file_is_examined_then_imported_on_its_page(client, requester):
    (payment,) = transmitted(requester)
    client.force_login(requester)
    page, text = reverse("funding:return_create"), HEADER + line(payment)
    assert client.post(page, {"key": "k"}).status_code == 422
    binary = SimpleUploadedFile("r.csv", b"\xff\xfe\x00")
    assert client.post(page, {"file": binary, "key": "k"}).context["form"].errors == {"file": ["ce fichier n’est pas un texte UTF-8"]}
    seen = client.post(page, {"file": SimpleUploadedFile("r.csv", text.replace("\n", "\r\n").encode("utf-8-sig")), "key": "k"})
    assert (seen.status_code, seen.context["examined"].confirmed, ReturnFile.objects.count()) == (200, 1, 0)
    posted = {"name": seen.context["name"], "content": seen.context["content"], "confirmed": "on", "key": "k"}
    assert [client.post(page, posted).url for _ in range(2)] == [reverse("funding:reconciliation")] * 2
    assert ReturnFile.objects.values_list("name", "line_count").get() == ("r.csv", 1)


# ── Reconciliation ───────────────────────────────────────────────────────────────────────────────────────────────────
def amounts(person):
    found = summary(person, NOW)
    return [(row.count, row.amount) for row in found.lines], found.difference


def test_what_left_was_confirmed_and_written_agrees_to_the_cent(client, requester):
    first, second, _third = transmitted(requester, 3)
    take(requester, line(first), line(second, "rejete", "S-2", reason="Compte fermé"))
    one, amount, zero = 1, Decimal("25000.00"), (0, Decimal("0.00"))
    assert amounts(requester) == ([(3, 3 * amount), (one, amount), (one, amount), (one, amount), zero, (one, amount)], Decimal("0.00"))
    assert differences(requester, NOW) == []
    client.force_login(requester)
    assert "Aucun écart" in client.get(reverse("funding:reconciliation")).content.decode()


def test_each_difference_is_named_by_its_reference(client, requester):
    first, second = transmitted(requester, 2)
    take(requester, line(first))
    Payment.objects.filter(pk=second.pk).update(state="confirmed", reference="S-2", paid_on=NOW.date(), confirmed_at=NOW)  # no row written
    found = [Difference("S-2", second.order_number, Decimal("25000.00"), Decimal("0.00"))]
    assert (differences(requester, NOW), summary(requester, NOW).difference) == (found, Decimal("25000.00"))
    client.force_login(requester)
    shown = client.get(reverse("funding:reconciliation")).content.decode()
    assert ("S-2" in shown, "Aucun écart" in shown) == (True, False)


def test_reconciliation_hides_what_a_recusal_hides(requester):
    first, second = transmitted(requester, 2)
    take(requester, line(first), line(second, reference="S-2"))
    recused = person_with(Role.CONTROLLER)
    recuse(recused, first.instalment.agreement.project.application)
    rows, difference = amounts(recused)
    assert (rows[3], rows[5], difference) == ((1, Decimal("25000.00")), (1, Decimal("25000.00")), Decimal("0.00"))


@pytest.mark.parametrize("count", [1, 3])
def test_reconciliation_costs_the_same_for_one_and_three(client, requester, django_assert_num_queries, count):
    payments = transmitted(requester, count)
    take(requester, *(line(payment, reference=f"S-{place}") for place, payment in enumerate(payments)))
    client.force_login(person_with(Role.AUDITOR))
    with django_assert_num_queries(10):
        client.get(reverse("funding:reconciliation"))


# ── Payments that came back ──────────────────────────────────────────────────────────────────────────────────────────
def back(payment, **given):
    known = {"reference": "S-1-R", "returned_on": NOW.date(), "reason": "Compte fermé", "actor": person_with(Role.CONTROLLER), "now": NOW}
    return reverse_payment(payment_id=payment.pk, **{**known, **given})


def test_payment_that_came_back_is_reversed_and_paid_again(requester):
    (payment,) = transmitted(requester)
    take(requester, line(payment))
    back(payment)
    original, contra = LedgerEntry.objects.filter(instalment=payment.instalment).order_by("pk")
    assert (contra.amount, contra.reverses, contra.envelope_id, contra.fiscal_year, contra.reference) == (
        -original.amount, original, original.envelope_id, original.fiscal_year, "S-1-R",
    )  # fmt: skip
    assert (InstalmentBalance.objects.get().paid, differences(requester, NOW), summary(requester, NOW).difference) == (0, [], 0)
    again = authorised(payment.instalment)
    sent(again, actor=requester)
    take(requester, line(again, reference="S-3"))
    assert (again.order_number, InstalmentBalance.objects.get().paid) == (f"{payment.instalment.agreement.number}/1/2", again.amount)
    assert (differences(requester, NOW), summary(requester, NOW).difference) == ([], 0)
    with pytest.raises(WrongState):
        back(payment)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"reference": " "}, "reference"),
        ({"reference": "S-1"}, "reference"),
        ({"returned_on": (NOW + timedelta(days=1)).date()}, "returned_on"),
        ({"returned_on": (NOW - timedelta(days=1)).date()}, "returned_on"),
    ],
)
def test_bad_reversal_writes_nothing(requester, given, field):
    (payment,) = transmitted(requester)
    take(requester, line(payment))
    with pytest.raises(Invalid) as refused:
        back(payment, **given)
    assert (list(refused.value.errors), LedgerEntry.objects.filter(reverses__isnull=False).count()) == ([field], 0)


def test_reversal_takes_another_person_and_a_confirmed_payment(requester):
    every = person_with(Role.PAYMENT_REQUESTER, Role.CONTROLLER)
    first, second = transmitted(every, 2)
    with pytest.raises(WrongState, match="confirmé"):
        back(second)
    take(every, line(first))
    with pytest.raises(NotAllowed, match="une autre personne doit l’annuler"):
        back(first, actor=every)
    with pytest.raises(NotAllowed):
        back(first, actor=requester)
    undo = "UPDATE funding_payment SET state = 'reversed', reversed_by_id = confirmed_by_id, reversed_at = now(), "
    undo += "reversal_reference = 'R', reversal_reason = 'x' WHERE id = %s"
    with pytest.raises((IntegrityError, ProgrammingError)) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(undo, [first.pk])
    assert refused.value.__cause__.diag.constraint_name == "payment_reversed_by_another"


def test_reversal_is_made_on_its_page(client, requester):
    (payment,) = transmitted(requester)
    take(requester, line(payment))
    client.force_login(person_with(Role.CONTROLLER))
    page = reverse("funding:payment_reverse", args=[payment.number])
    given = {"reference": "S-1-R", "returned_on": DAY, "reason": "Compte fermé", "key": "k"}
    assert client.post(page, {**given, "reference": ""}).status_code == 422
    assert client.post(page, given).url == reverse("funding:payment_detail", args=[payment.number])
    assert (Payment.objects.get().state, client.get(page).status_code) == (PaymentState.REVERSED, 409)
    assert "Compte fermé" in client.get(reverse("funding:payment_detail", args=[payment.number])).content.decode()


def test_unused_agreement_changes_nothing(requester):
    agreement_in_force()
    assert (differences(requester, NOW), summary(requester, NOW).difference) == ([], 0)
