"""The pages of the envelopes: moves of credit, the cash, the end of a year; each figure leads to its rows."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from funding.enums import CreditMoveKind
from funding.models import CashEntry, CashRule, CreditMove, DrawAuthority, Envelope, LedgerEntry
from funding.services.year_end import Choices
from funding.views.envelopes import ROWS
from projects.enums import Role
from tests.factories import person_with, recuse
from tests.funding.credit import approved, authority, frozen, in_force, received
from tests.funding.services.test_year_end import paid, prepare

pytestmark = pytest.mark.django_db
THOUSAND = Decimal("1000.00")


@pytest.fixture
def as_role(client):
    def enter(*roles):
        client.logout()
        person = person_with(*roles)
        client.force_login(person)
        return person

    return enter


def page(name, *args):
    return reverse(f"funding:{name}", args=args)


def text(answer):
    return " ".join(answer.content.decode().split())


def typed(**fields):
    today = timezone.localdate().isoformat()
    envelope = Envelope.objects.get(code="PROJECTS").pk
    return {
        "kind": "transfer", "envelope": envelope, "fiscal_year": 2026, "to_envelope": envelope, "to_year": 2027, "amount": "1 000,00",
        "authority": "C.T. 9", "effective_on": today, "reason": "Rythme des projets", **fields,
    }  # fmt: skip


def test_each_figure_of_the_envelopes_leads_to_the_rows_that_make_it(client, as_role):
    paid("40000.00", "P-1")
    approved(CreditMoveKind.FREEZE, THOUSAND)
    as_role(Role.CONTROLLER)
    answer = client.get(page("envelope_list"))
    _found, figures = answer.context["envelopes"][0]
    assert [figure["label"] for figure in figures] == [row[1] for row in ROWS]
    shown = {figure["label"]: figure["cells"][2] for figure in figures}
    assert (shown["Gelé"]["amount"], shown["Versé"]["amount"], shown["Restes à payer"]["amount"]) == (
        THOUSAND, Decimal("40000.00"), Decimal("60000.00"),
    )  # fmt: skip
    captions = {label: client.get(shown[label]["url"]).context["table"].caption for label in ("Crédit ouvert", "Restes à payer")}
    assert captions == {
        "Crédit ouvert": "2 écritures, pour un total de 53\u00a0999\u00a0000\u00a0$",
        "Restes à payer": "2 écritures; Engagement\u00a0: 100\u00a0000\u00a0$; Versement\u00a0: 40\u00a0000\u00a0$",
    }


@pytest.mark.parametrize("rows", [1, 3])
def test_lists_cost_the_same_for_one_and_three_rows(client, as_role, django_assert_num_queries, rows):
    for n in range(rows):
        frozen(THOUSAND)
        received(THOUSAND, under=in_force(), reference=f"R-{n}")
    as_role(Role.AUDITOR)
    with django_assert_num_queries(9):
        assert len(client.get(page("credit_move_list")).context["table"].rows) == rows
    with django_assert_num_queries(13):
        assert len(client.get(page("cash_detail")).context["table"].rows) == rows


def test_transfer_is_proposed_then_approved_by_another_person(client, as_role):
    as_role(Role.HEAD)
    bad = client.post(page("credit_move_propose"), typed(to_year="", authority=""))
    assert (bad.status_code, set(bad.context["form"].errors), bad.context["form"]["reason"].value()) == (
        422, {"to_year", "authority"}, "Rythme des projets",
    )  # fmt: skip
    assert client.post(page("credit_move_propose"), typed()).status_code == 302
    move = CreditMove.objects.get()
    own = client.get(page("credit_move_detail", move.number))
    assert "une autre personne doit en décider" in text(own)
    assert client.get(page("credit_move_approve", move.number)).status_code == 403
    as_role(Role.MINISTER_DELEGATE)
    assert page("credit_move_approve", move.number) in text(client.get(page("credit_move_detail", move.number)))
    assert client.get(page("credit_move_approve", move.number)).status_code == 200
    assert client.post(page("credit_move_approve", move.number)).status_code == 302
    assert LedgerEntry.objects.filter(move=move).count() == 2
    assert client.post(page("credit_move_refuse", move.number), {"reason": "x"}).status_code == 409


def test_refusal_asks_for_its_reason_and_shows_it(client, as_role):
    move = frozen(THOUSAND)
    as_role(Role.MINISTER_DELEGATE)
    assert client.post(page("credit_move_refuse", move.number), {}).status_code == 422
    assert client.post(page("credit_move_refuse", move.number), {"reason": "Trop tôt"}).status_code == 302
    assert "Trop tôt" in text(client.get(page("credit_move_detail", move.number)))


def test_head_alone_proposes_between_envelopes(client, as_role):
    as_role(Role.CONTROLLER)
    secretariat = Envelope.objects.get(code="SECRETARIAT").pk
    answer = client.post(page("credit_move_propose"), typed(to_envelope=secretariat, to_year=2026))
    assert (answer.status_code, CreditMove.objects.count()) == (403, 0)


def test_frozen_credit_names_neither_account_twice(client, as_role):
    as_role(Role.CONTROLLER)
    client.post(page("credit_move_propose"), typed(kind="freeze", to_envelope="", to_year=""))
    assert [(line.kind, line.amount) for line in CreditMove.objects.get().lines.all()] == [("freeze", -THOUSAND)]


def test_note_of_the_law_leaves_once_an_authority_is_in_force(client, as_role):
    as_role(Role.CONTROLLER)
    note = "Sous réserve de la modification législative"
    authority()
    assert [note in text(client.get(page(name))) for name in ("envelope_list", "cash_detail")] == [True, True]
    in_force()
    assert [note in text(client.get(page(name))) for name in ("envelope_list", "cash_detail")] == [False, False]


def test_authority_is_recorded_adopted_and_put_in_force_then_drawn(client, as_role):
    today = timezone.localdate()
    as_role(Role.CONTROLLER)
    assert client.post(page("authority_record"), {"law": "Loi 1", "article": "5", "ceiling": "2 000"}).status_code == 302
    number = DrawAuthority.objects.get().number
    assert all(fact in text(client.get(page("authority_adopt", number))) for fact in (number, "Loi 1", "2 000,00 $"))
    late = client.post(page("authority_adopt", number), {"on": (today + timedelta(days=1)).isoformat()})
    assert (late.status_code, list(late.context["form"].errors)) == (422, ["on"])
    assert client.post(page("authority_adopt", number), {"on": today.isoformat()}).status_code == 302
    assert client.post(page("authority_force", number), {"on": today.isoformat()}).status_code == 403
    as_role(Role.HEAD)
    assert page("authority_force", number) in text(client.get(page("cash_detail")))
    assert client.post(page("authority_force", number), {"on": today.isoformat()}).status_code == 302
    as_role(Role.CONTROLLER)
    draw = {"authority_id": DrawAuthority.objects.get().pk, "amount": "1 500", "source": "FG", "effective_on": today.isoformat()}
    assert client.post(page("cash_record"), draw | {"reference": "T-1"}).status_code == 302
    over = client.post(page("cash_record"), draw | {"reference": "T-2"})
    assert (over.status_code, over.context["form"]["source"].value()) == (409, "FG")
    entry = CashEntry.objects.get()
    assert page("cash_reverse", entry.pk) in text(client.get(page("cash_detail")))
    assert all(fact in text(client.get(page("cash_reverse", entry.pk))) for fact in ("T-1", "FG", "1 500,00 $"))
    assert client.post(page("cash_reverse", entry.pk)).status_code == 302
    assert "T-1 (correction)" in text(client.get(page("cash_detail")))


def test_rule_of_the_cash_is_shown(client, as_role):
    paid("40000.00", "P-1")
    as_role(Role.HEAD)
    shown = text(client.get(page("cash_detail")))
    assert ("Il est signalé ici" in shown, "Les versements dépassent l’encaisse" in shown) == (True, True)
    rule = {"mode": "block", "valid_from": timezone.localdate().isoformat(), "source": "C.T. 1"}
    assert client.get(page("cash_rule_set")).status_code == 200
    assert client.post(page("cash_rule_set"), rule).status_code == 302
    assert CashRule.objects.count() == 2
    assert "Il est refusé." in text(client.get(page("cash_detail")))


def test_year_end_is_prepared_from_its_preview(client, as_role):
    as_role(Role.CONTROLLER)
    listed = text(client.get(page("year_end_list")))
    assert page("year_end_prepare", "PROJECTS", 2025) in listed
    form = page("year_end_prepare", "PROJECTS", 2025)
    assert client.get(form).status_code == 200
    assert client.get(page("year_end_prepare", "PROJECTS", 2028)).status_code == 409
    assert client.get(page("year_end_prepare", "AUTRE", 2025)).status_code == 404
    given = {"carried": "2 000 000", "authority": "C.T. 3", "effective_on": date(2026, 4, 15).isoformat(), "reason": "Fin d’exercice"}
    assert client.post(form, given | {"carried": "60 000 000"}).status_code == 422
    assert client.post(form, given).status_code == 302
    move = CreditMove.objects.get()
    as_role(Role.HEAD)
    assert client.post(page("credit_move_approve", move.number)).status_code == 302
    as_role(Role.CONTROLLER)
    assert client.get(form).status_code == 409


def test_recused_reader_does_not_see_the_line_of_the_file(client, as_role):
    agreement = paid("40000.00", "P-1")
    move = prepare(Choices())
    reader = as_role(Role.AUDITOR)
    assert agreement.number in text(client.get(page("credit_move_detail", move.number)))
    recuse(reader, agreement.project.application)
    assert agreement.number not in text(client.get(page("credit_move_detail", move.number)))
