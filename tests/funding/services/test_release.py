"""What an instalment waits for, by name; a milestone accepted in part, put off or cancelled; payments held and let go."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from funding.enums import MilestoneState
from funding.models import Milestone, MilestoneChange, Payment, PaymentHold
from funding.queries.release import checklist_of, checklists_of
from funding.services import milestone_changes as changes
from funding.services import milestones, payments
from projects.enums import Role
from projects.models import JournalEntry
from tests.factories import NOW, advised_by, agreement_in_force, person_with, recuse, upload

pytestmark = pytest.mark.django_db
D = Decimal
ATTESTED = dict.fromkeys(payments.ATTESTATIONS, True)


@pytest.fixture
def agreement():
    return agreement_in_force()


@pytest.fixture
def officer():
    return person_with(Role.OFFICER)


def instalment(agreement, kind):
    return agreement.instalments.get(kind=kind)


def unmet(agreement, kind):
    return checklist_of(instalment(agreement, kind)).unmet


def ask(agreement, kind):
    requester = person_with(Role.PAYMENT_REQUESTER)
    return payments.request_payment(instalment_id=instalment(agreement, kind).pk, attestations=ATTESTED, actor=requester, now=NOW)


def report(milestone):
    member = person_with(Role.WRITER, organisation=milestone.agreement.project.organisation)
    return milestones.report_milestone(milestone_id=milestone.pk, report="Livré", evidence=upload(), actor=member, now=NOW)


def verify(agreement, position, officer):
    milestone = report(agreement.milestones.get(position=position))
    return milestones.verify_milestone(milestone_id=milestone.pk, actor=officer, now=NOW)


def accept_partly(milestone, officer, share="0.333333", reason="Il manque la formation"):
    return milestones.accept_milestone_partly(milestone_id=milestone.pk, share=D(share), reason=reason, actor=officer, now=NOW)


def hold(agreement, reason="Rapport annuel en retard"):
    return changes.place_hold(agreement_id=agreement.pk, reason=reason, actor=person_with(Role.CONTROLLER), now=NOW)


def lift(agreement, reason="Rapport reçu"):
    return changes.lift_hold(agreement_id=agreement.pk, reason=reason, actor=person_with(Role.DIRECTOR), now=NOW)


# ── The checklist ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_each_condition_is_named_until_it_is_met(agreement, officer):
    assert unmet(agreement, "advance") == []
    assert unmet(agreement, "milestone") == [
        "le jalon «\u00a0Jalon 1\u00a0» est vérifié",
        "les versements qui précèdent sont demandés (il reste 1)",
    ]
    assert unmet(agreement, "holdback") == [
        "le rapport final, «\u00a0Jalon 2\u00a0», est vérifié",
        "les autres jalons sont réglés (il reste Jalon 1)",
        "les versements qui précèdent sont demandés (il reste 1, 2)",
    ]
    ask(agreement, "advance")
    verify(agreement, 1, officer)
    ask(agreement, "milestone")
    assert unmet(agreement, "holdback") == ["le rapport final, «\u00a0Jalon 2\u00a0», est vérifié"]
    verify(agreement, 2, officer)
    release = checklist_of(instalment(agreement, "holdback"))
    assert (release.ready, release.payable, len(release.conditions)) == (True, D("20000.00"), 5)
    assert ask(agreement, "holdback").amount == D("20000.00")


def test_request_is_refused_with_the_conditions_of_the_page(agreement, client):
    requester = person_with(Role.PAYMENT_REQUESTER)
    client.force_login(requester)
    page = reverse("funding:payment_request", args=[instalment(agreement, "milestone").pk])
    shown = client.get(page).content.decode()
    refused = client.post(page, {**dict.fromkeys(payments.ATTESTATIONS, "on"), "key": "k"})
    said = "Conditions du versement non remplies\u00a0: " + "; ".join(unmet(agreement, "milestone")) + "."
    assert (refused.status_code, [one in shown for one in unmet(agreement, "milestone")]) == (409, [True, True])
    assert refused.context["form"].non_field_errors()[0].replace("\u00a0", " ") == said.replace("\u00a0", " ")
    assert not Payment.objects.exists()


def test_advance_above_the_terms_is_named(agreement):
    terms = agreement.project.call.terms
    terms.advance_rate = D("0.20")
    terms.save()
    assert unmet(agreement, "advance") == ["l’avance ne dépasse pas 20\u00a0% de l’aide, soit 20\u00a0000,00\u00a0$"]


def test_checklists_cost_the_same_however_many_instalments(agreement, django_assert_num_queries):
    with django_assert_num_queries(6):
        assert len(checklists_of(agreement)) == 3


# ── Accepted in part ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_partial_acceptance_pays_its_share_rounded_down(agreement, officer):
    ask(agreement, "advance")
    milestone = accept_partly(report(agreement.milestones.get(position=1)), officer)
    assert (milestone.state, milestone.refusal_reason) == (MilestoneState.PARTIAL, "Il manque la formation")
    assert ask(agreement, "milestone").amount == D("18333.31")
    with pytest.raises(WrongState, match="le reste se règle par un avenant"):
        report(milestone)


def test_partly_accepted_milestone_may_be_reported_again_before_its_payment(agreement, officer):
    ask(agreement, "advance")
    accept_partly(report(agreement.milestones.get(position=1)), officer)
    again = report(agreement.milestones.get(position=1))
    again.refresh_from_db()
    assert (again.state, again.accepted_share, again.verified_by) == (MilestoneState.REPORTED, None, None)
    milestones.verify_milestone(milestone_id=again.pk, actor=officer, now=NOW)
    assert ask(agreement, "milestone").amount == D("55000.00")


@pytest.mark.parametrize(("share", "reason", "fields"), [("0", "x", {"share"}), ("1", "x", {"share"}), ("0.5", " ", {"reason"})])
def test_partial_acceptance_needs_a_share_and_what_is_missing(agreement, officer, share, reason, fields):
    milestone = report(agreement.milestones.get(position=1))
    with pytest.raises(Invalid) as refused:
        accept_partly(milestone, officer, share, reason)
    assert set(refused.value.errors) == fields
    assert Milestone.objects.get(pk=milestone.pk).state == MilestoneState.REPORTED


def test_adviser_of_the_file_accepts_nothing_in_part(agreement):
    adviser = person_with(Role.OFFICER)
    milestone = report(agreement.milestones.get(position=1))
    advised_by(adviser, agreement.project.application)
    with pytest.raises(NotAllowed, match="accompagnez"):
        accept_partly(milestone, adviser)


# ── Put off, cancelled ───────────────────────────────────────────────────────────────────────────────────────────────
def postpone(milestone, day, officer, reason="Livraison retardée"):
    return changes.postpone_milestone(milestone_id=milestone.pk, due_on=day, reason=reason, actor=officer, now=NOW)


def test_milestone_is_put_off_within_the_days_of_the_terms(agreement, officer):
    milestone = agreement.milestones.get(position=1)  # due on 31 January 2027; 60 days, and the agreement ends on 31 March
    postpone(milestone, date(2027, 3, 1), officer)
    with pytest.raises(Invalid) as refused:
        postpone(milestone, date(2027, 4, 1), officer)
    assert refused.value.errors == {"due_on": "Sans avenant, ce jalon se reporte au plus tard au 31\u00a0mars\u00a02027."}
    assert postpone(milestone, date(2027, 3, 31), officer).due_on == date(2027, 3, 31)
    assert list(MilestoneChange.objects.order_by("pk").values_list("before", "after")) == [
        (date(2027, 1, 31), date(2027, 3, 1)),
        (date(2027, 3, 1), date(2027, 3, 31)),
    ]


def test_terms_that_say_nothing_allow_no_day(agreement, officer):
    agreement.project.call.terms.payment_terms.delete()
    milestone = agreement.milestones.get(position=1)
    with pytest.raises(Invalid, match=r"^$") as refused:
        postpone(milestone, milestone.due_on + timedelta(days=1), officer)
    assert refused.value.errors == {"due_on": "Sans avenant, ce jalon se reporte au plus tard au 31\u00a0janvier\u00a02027."}


def test_milestone_is_not_put_off_backwards_nor_without_a_reason_nor_once_reported(agreement, officer):
    milestone = agreement.milestones.get(position=1)
    for day, reason, field in ((milestone.due_on, "Non", "due_on"), (date(2027, 3, 1), " ", "reason")):
        with pytest.raises(Invalid) as refused:
            postpone(milestone, day, officer, reason)
        assert set(refused.value.errors) == {field}
    report(milestone)
    with pytest.raises(WrongState, match="ne change plus"):
        postpone(milestone, date(2027, 3, 1), officer)


def test_milestone_without_an_instalment_is_cancelled(agreement, officer):
    with pytest.raises(WrongState, match="un avenant doit d’abord"):
        changes.cancel_milestone(milestone_id=agreement.milestones.get(position=1).pk, reason="Abandonné", actor=officer, now=NOW)
    alone = Milestone.objects.create(agreement=agreement, position=3, title="Jalon 3", evidence="Rapport", due_on=date(2027, 3, 20))
    changes.cancel_milestone(milestone_id=alone.pk, reason="Abandonné", actor=officer, now=NOW)
    alone.refresh_from_db()
    assert (alone.state, alone.changes.get().reason) == (MilestoneState.CANCELLED, "Abandonné")
    with pytest.raises(WrongState, match="Ce jalon ne se déclare plus"):
        report(alone)
    assert "les autres jalons sont réglés (il reste Jalon 1)" in unmet(agreement, "holdback")


def test_recused_officer_changes_no_milestone(agreement, officer):
    recuse(officer, agreement.project.application)
    with pytest.raises(NotAllowed, match="récusation"):
        postpone(agreement.milestones.get(position=1), date(2027, 3, 1), officer)


# ── Holds ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_hold_stops_the_payments_until_it_is_lifted(agreement):
    hold(agreement)
    with pytest.raises(WrongState, match="aucune retenue n’arrête les paiements"):
        ask(agreement, "advance")
    with pytest.raises(WrongState, match="déjà retenus"):
        hold(agreement)
    lift(agreement)
    with pytest.raises(WrongState, match="Aucune retenue"):
        lift(agreement)
    assert ask(agreement, "advance").amount == D("25000.00")
    assert PaymentHold.objects.values_list("reason", "lift_reason").get() == ("Rapport annuel en retard", "Rapport reçu")
    assert set(JournalEntry.objects.filter(act__in=("place_hold", "lift_hold")).values_list("application", flat=True)) == {
        agreement.project.application_id
    }


@pytest.mark.parametrize("act", [hold, lift])
def test_hold_needs_a_reason(agreement, act):
    if act is lift:
        hold(agreement)
    with pytest.raises(Invalid) as refused:
        act(agreement, " ")
    assert refused.value.errors == {"reason": "Inscrivez le motif."}


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_pages_of_a_milestone_and_of_a_hold_go_the_whole_way(agreement, officer, client):
    milestone = agreement.milestones.get(position=1)

    def post(person, name, *args, **data):
        client.force_login(person)
        return client.post(reverse(f"funding:{name}", args=args), {**data, "key": name})

    controller, director = person_with(Role.CONTROLLER), person_with(Role.DIRECTOR)
    assert post(controller, "hold_place", agreement.number, reason="Rapport en retard").status_code == 302
    assert client.get(reverse("funding:hold_place", args=[agreement.number])).status_code == 409
    page = client.get(reverse("funding:agreement_detail", args=[agreement.number])).content.decode()
    assert ("Rapport en retard" in page, reverse("funding:hold_lift", args=[agreement.number]) in page) == (True, True)
    assert post(director, "hold_lift", agreement.number, reason="Reçu").status_code == 302
    assert post(officer, "milestone_postpone", milestone.pk, due_on="2027-02-15", reason="Retard").status_code == 302
    assert post(officer, "milestone_cancel", milestone.pk, reason="Non").status_code == 409
    report(milestone)
    assert post(officer, "milestone_accept_partly", milestone.pk, share="100", reason="Presque").status_code == 422
    assert post(officer, "milestone_accept_partly", milestone.pk, share="60 %", reason="Presque").status_code == 302
    page = client.get(reverse("funding:milestone_detail", args=[milestone.pk])).content.decode()
    assert ("Reporté du 31\u00a0janvier\u00a02027" in page.replace("&nbsp;", "\u00a0"), "60\u00a0%" in page) == (True, True)
