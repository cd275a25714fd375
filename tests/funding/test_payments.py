from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from funding.enums import LedgerKind, MilestoneState, PaymentState
from funding.models import AgreementBalance, Cofunding, LedgerEntry, Payment
from funding.services import milestones as milestone_acts
from funding.services import payments as acts
from projects.enums import Role
from projects.models import OutboxMessage
from tests.factories import NOW, OrganisationFactory, agreement_in_force, person_with, sent, upload

pytestmark = pytest.mark.django_db
ALL = dict.fromkeys(acts.ATTESTATIONS, True)
DAY = NOW.date()


@pytest.fixture
def team():
    roles = (Role.PAYMENT_REQUESTER, Role.CONTROLLER, Role.PAYMENT_AUTHORISER, Role.OFFICER)
    return {role: person_with(role) for role in roles}


def advance_of(agreement):
    return agreement.instalments.get(kind="advance")


def requested(team, instalment):
    return acts.request_payment(instalment_id=instalment.pk, attestations=ALL, actor=team[Role.PAYMENT_REQUESTER], now=NOW)


def authorised(team, instalment):
    payment = requested(team, instalment)
    acts.certify_payment(payment_id=payment.pk, actor=team[Role.CONTROLLER], now=NOW)
    return acts.authorise_payment(payment_id=payment.pk, actor=team[Role.PAYMENT_AUTHORISER], now=NOW)


def transmitted(team, instalment):
    payment = authorised(team, instalment)
    sent(payment, actor=team[Role.PAYMENT_REQUESTER])
    return payment


def confirm(team, payment, reference="SAGIR-1", paid_on=DAY):
    return acts.confirm_payment(payment_id=payment.pk, reference=reference, paid_on=paid_on, actor=team[Role.PAYMENT_REQUESTER], now=NOW)


def test_advance_is_paid_by_three_people_and_enters_the_ledger(team):
    agreement = agreement_in_force()
    payment = confirm(team, transmitted(team, advance_of(agreement)))
    assert (payment.state, payment.number[:9], payment.amount) == (PaymentState.CONFIRMED, "VER-2026-", Decimal("25000.00"))
    row = LedgerEntry.objects.get(kind=LedgerKind.PAYMENT)
    assert (row.amount, row.fiscal_year, row.reference, row.agreement_id) == (Decimal("25000.00"), 2026, "SAGIR-1", agreement.pk)
    assert AgreementBalance.objects.values_list("committed", "paid").get() == (Decimal("100000.00"), Decimal("25000.00"))
    assert OutboxMessage.objects.filter(topic="money").count() == 1


def test_second_confirmation_with_the_same_reference_changes_nothing(team):
    payment = confirm(team, transmitted(team, advance_of(agreement_in_force())))
    assert confirm(team, payment) == payment
    assert LedgerEntry.objects.filter(kind=LedgerKind.PAYMENT).count() == 1
    with pytest.raises(WrongState, match="déjà confirmé sous la référence SAGIR-1"):
        confirm(team, payment, "SAGIR-2")


def test_reference_of_another_payment_is_refused_by_name(team):
    first = confirm(team, transmitted(team, advance_of(agreement_in_force())))
    second = transmitted(team, advance_of(agreement_in_force()))
    with pytest.raises(Invalid) as refused:
        confirm(team, second)
    assert refused.value.errors == {"reference": f"La référence SAGIR-1 est celle du paiement {first.number}."}


@pytest.mark.parametrize("missing", acts.ATTESTATIONS)
def test_each_attestation_is_needed(team, missing):
    instalment = advance_of(agreement_in_force())
    with pytest.raises(Invalid) as refused:
        acts.request_payment(instalment_id=instalment.pk, attestations={**ALL, missing: False}, actor=team[Role.PAYMENT_REQUESTER], now=NOW)
    assert set(refused.value.errors) == {missing}
    assert not Payment.objects.exists()


def test_one_person_never_holds_two_steps(team):
    every = person_with(Role.PAYMENT_REQUESTER, Role.CONTROLLER, Role.PAYMENT_AUTHORISER)
    instalment = advance_of(agreement_in_force())
    payment = acts.request_payment(instalment_id=instalment.pk, attestations=ALL, actor=every, now=NOW)
    with pytest.raises(NotAllowed, match="une autre personne doit le certifier"):
        acts.certify_payment(payment_id=payment.pk, actor=every, now=NOW)
    acts.certify_payment(payment_id=payment.pk, actor=team[Role.CONTROLLER], now=NOW)
    with pytest.raises(NotAllowed, match="une autre personne doit l’autoriser"):
        acts.authorise_payment(payment_id=payment.pk, actor=every, now=NOW)


def test_milestone_instalment_waits_for_its_milestone(team):
    agreement = agreement_in_force()
    instalment = agreement.instalments.get(kind="milestone")
    requested(team, advance_of(agreement))
    with pytest.raises(WrongState, match="le jalon «\u00a0Jalon 1\u00a0» est vérifié"):
        requested(team, instalment)
    member = person_with(Role.WRITER, organisation=agreement.project.organisation)
    milestone = instalment.milestone
    milestone_acts.report_milestone(milestone_id=milestone.pk, report="Livré", evidence=upload(), actor=member, now=NOW)
    with pytest.raises(NotAllowed):
        milestone_acts.verify_milestone(milestone_id=milestone.pk, actor=member, now=NOW)
    milestone_acts.verify_milestone(milestone_id=milestone.pk, actor=team[Role.OFFICER], now=NOW)
    assert requested(team, instalment).amount == Decimal("55000.00")
    with pytest.raises(WrongState, match="le rapport final, «\u00a0Jalon 2\u00a0», est vérifié"):
        requested(team, agreement.instalments.get(kind="holdback"))


def test_refused_milestone_keeps_its_reason_and_may_be_reported_again(team):
    agreement = agreement_in_force()
    milestone = agreement.milestones.get(position=1)
    member = person_with(Role.SIGNATORY, organisation=agreement.project.organisation)
    milestone_acts.report_milestone(milestone_id=milestone.pk, report="Livré", evidence=upload(), actor=member, now=NOW)
    with pytest.raises(Invalid):
        milestone_acts.refuse_milestone(milestone_id=milestone.pk, reason=" ", actor=team[Role.OFFICER], now=NOW)
    milestone_acts.refuse_milestone(milestone_id=milestone.pk, reason="Rapport incomplet", actor=team[Role.OFFICER], now=NOW)
    milestone.refresh_from_db()
    assert (milestone.state, milestone.refusal_reason) == (MilestoneState.REFUSED, "Rapport incomplet")
    milestone_acts.report_milestone(milestone_id=milestone.pk, report="Complété", evidence=upload(), actor=member, now=NOW)
    milestone.refresh_from_db()
    assert (milestone.state, milestone.report) == (MilestoneState.REPORTED, "Complété")


@pytest.mark.parametrize(("name", "content"), [("vide.pdf", b""), ("virus.pdf", b"MZ\x90\x00"), ("script.exe", b"MZ\x90\x00")])
def test_bad_evidence_is_refused_next_to_its_field(client, name, content):
    agreement = agreement_in_force()
    milestone = agreement.milestones.get(position=1)
    client.force_login(person_with(Role.WRITER, organisation=agreement.project.organisation))
    answer = client.post(
        reverse("funding:milestone_report", args=[milestone.pk]), {"report": "Livré", "evidence": upload(name, content), "key": "a"}
    )
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["evidence"])
    milestone.refresh_from_db()
    assert milestone.state == MilestoneState.PLANNED


@pytest.mark.parametrize(
    ("reference", "paid_on", "field"),
    [("", DAY, "reference"), ("R", DAY + timedelta(days=1), "paid_on"), ("R", DAY - timedelta(days=1), "paid_on")],
)
def test_bad_confirmation_writes_nothing(team, reference, paid_on, field):
    payment = transmitted(team, advance_of(agreement_in_force()))
    with pytest.raises(Invalid) as refused:
        confirm(team, payment, reference, paid_on)
    assert set(refused.value.errors) == {field}
    assert not LedgerEntry.objects.filter(kind=LedgerKind.PAYMENT).exists()


def test_rejected_payment_frees_its_instalment(team):
    instalment = advance_of(agreement_in_force())
    payment = requested(team, instalment)
    with pytest.raises(WrongState, match="déjà en cours"):
        requested(team, instalment)
    acts.reject_payment(payment_id=payment.pk, reason="Erreur d’imputation", actor=team[Role.CONTROLLER], now=NOW)
    assert requested(team, instalment).pk != payment.pk


def test_cofunding_is_known_once_by_its_reference(team):
    project = agreement_in_force().project
    given = {"project_id": project.pk, "amount": Decimal("25000.00"), "in_kind": False, "effective_on": DAY, "reference": "REC-1"}
    acts.record_cofunding(**given, actor=team[Role.OFFICER], now=NOW)
    with pytest.raises(Invalid):
        acts.record_cofunding(**given, actor=team[Role.OFFICER], now=NOW)
    assert Cofunding.objects.get().amount == Decimal("25000.00")


def test_payment_goes_the_whole_way_in_the_browser(client, team):
    instalment = advance_of(agreement_in_force())

    def post(role, name, *args, **data):
        client.force_login(team[role])
        return client.post(reverse(f"funding:{name}", args=args), {**data, "key": name})

    assert post(Role.PAYMENT_REQUESTER, "payment_request", instalment.pk, attests_credit="on").status_code == 422
    assert post(Role.PAYMENT_REQUESTER, "payment_request", instalment.pk, **dict.fromkeys(acts.ATTESTATIONS, "on")).status_code == 302
    number = Payment.objects.get().number
    assert post(Role.PAYMENT_AUTHORISER, "payment_certify", number).status_code == 403
    assert post(Role.CONTROLLER, "payment_certify", number).status_code == 302
    assert post(Role.PAYMENT_AUTHORISER, "payment_authorise", number).status_code == 302
    sent(Payment.objects.get(), actor=team[Role.PAYMENT_REQUESTER], now=timezone.now())
    today = timezone.localdate().isoformat()
    assert post(Role.PAYMENT_REQUESTER, "payment_confirm", number, reference="R-1", paid_on=today).status_code == 302
    assert client.get(reverse("funding:payment_detail", args=[number])).status_code == 200
    assert Payment.objects.get().state == PaymentState.CONFIRMED


@pytest.mark.parametrize(("role", "status"), [(Role.OFFICER, 200), (Role.AUDITOR, 200), (Role.ADVISER, 403), (Role.REVIEWER, 404)])
def test_payment_is_read_by_those_who_read_the_list(client, team, role, status):
    payment = requested(team, advance_of(agreement_in_force()))
    client.force_login(person_with(role))
    assert client.get(reverse("funding:payment_detail", args=[payment.number])).status_code == status


def test_payment_is_refused_to_its_beneficiary_and_unknown_to_others(client, team):
    agreement = agreement_in_force()
    page = reverse("funding:payment_detail", args=[requested(team, advance_of(agreement)).number])
    client.force_login(person_with(Role.SIGNATORY, organisation=agreement.project.organisation))
    assert client.get(page).status_code == 403
    assert page not in client.get(reverse("funding:agreement_detail", args=[agreement.number])).content.decode()
    client.force_login(person_with(Role.SIGNATORY, organisation=OrganisationFactory()))
    assert client.get(page).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("name", "queries"), [("payment_list", 9), ("milestone_list", 8), ("envelope_list", 9), ("ledger_list", 8)])
def test_lists_cost_the_same_for_one_and_three_rows(client, team, django_assert_num_queries, name, queries, rows):
    for _ in range(rows):
        confirm(team, transmitted(team, advance_of(agreement_in_force())), reference=f"R-{_}")
    client.force_login(team[Role.OFFICER])
    with django_assert_num_queries(queries):
        assert client.get(reverse(f"funding:{name}")).status_code == 200


def test_ledger_rows_behind_a_figure_sum_to_it(client, team):
    confirm(team, transmitted(team, advance_of(agreement_in_force())))
    client.force_login(team[Role.OFFICER])
    answer = client.get(reverse("funding:ledger_list"), {"envelope": "PROJECTS", "fiscal_year": 2026, "kind": ["payment", "recovery"]})
    assert answer.context["table"].caption == "1 écriture, pour un total de 25\u00a0000\u00a0$"


def test_ledger_of_every_kind_shows_no_meaningless_total(client, team):
    client.force_login(team[Role.OFFICER])
    assert client.get(reverse("funding:ledger_list")).context["table"].caption == "10 écritures"


def test_only_an_unlocked_instalment_is_offered_for_payment(client, team):
    agreement = agreement_in_force()
    client.force_login(team[Role.PAYMENT_REQUESTER])
    page = client.get(reverse("funding:agreement_detail", args=[agreement.number])).content.decode()
    offered = {row.kind: reverse("funding:payment_request", args=[row.pk]) in page for row in agreement.instalments.order_by("pk")}
    assert offered == {"advance": True, "milestone": False, "holdback": False}
