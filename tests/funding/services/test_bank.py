"""Bank details: two people, numbers that no page and no journal shows, versions that nothing rewrites, and SD-6 both ways."""

from datetime import timedelta

import pytest
from django.urls import reverse

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from funding.enums import BankState
from funding.models import BankDetail, PaymentRule
from funding.policies.payment_rules import rule_on
from funding.queries.bank import current_details
from funding.services import bank as acts
from funding.services.payments import authorise_payment, certify_payment
from projects.enums import Role
from projects.models import JournalEntry
from tests.factories import NOW, OrganisationFactory, agreement_in_force, bank_details_of, person_with, recuse
from tests.funding.paying import requested
from tests.refusals import refusal

pytestmark = pytest.mark.django_db
NUMBERS = {"institution": "815", "transit": "30000", "number": "7654321"}
ACCOUNT = acts.Account("Ville de Clairmont", "815", "30000", "7654321")


@pytest.fixture
def owner():
    return OrganisationFactory(name="Clairmont")


def member(owner, role=Role.FINANCE_RESPONDENT):
    return person_with(role, organisation=owner)


def entered(owner, actor=None, now=NOW):
    return acts.enter_bank_details(organisation_id=owner.pk, account=ACCOUNT, actor=actor or member(owner), now=now)


def confirm(detail, actor, **numbers):
    return acts.confirm_bank_details(detail_id=detail.pk, actor=actor, now=NOW, **{**NUMBERS, **numbers})


def test_details_count_once_another_person_types_them_again(owner):
    detail = entered(owner)
    assert (detail.state, current_details([owner.pk])) == (BankState.ENTERED, {})
    with pytest.raises(NotAllowed, match="une autre personne doit les confirmer"):
        confirm(detail, detail.entered_by)
    for wrong in ({"number": "7654322"}, {"transit": "30001"}, {"institution": "816"}):
        with pytest.raises(Invalid, match="ne sont pas ceux"):
            confirm(detail, member(owner, Role.SIGNATORY), **wrong)
    confirm(detail, member(owner, Role.SIGNATORY))
    assert current_details([owner.pk]) == {owner.pk: detail}
    assert acts.account_of(BankDetail.objects.get()) == ACCOUNT


def test_refused_version_leaves_the_former_account_in_use(owner):
    before, detail = bank_details_of(owner), entered(owner)
    controller = person_with(Role.CONTROLLER)
    with pytest.raises(WrongState, match="attendent déjà leur confirmation"):
        entered(owner)
    with pytest.raises(Invalid):
        acts.refuse_bank_details(detail_id=detail.pk, reason=" ", actor=controller, now=NOW)
    acts.refuse_bank_details(detail_id=detail.pk, reason="Spécimen illisible", actor=controller, now=NOW)
    assert (current_details([owner.pk])[owner.pk], detail.version) == (before, 2)
    with pytest.raises(WrongState, match="n’attendent plus"):
        confirm(detail, controller)
    assert entered(owner).version == 3


@pytest.mark.parametrize("role", [Role.WRITER, Role.OFFICER, Role.AUDITOR, Role.TECHNICAL_ADMIN, Role.PAYMENT_AUTHORISER])
def test_who_neither_answers_for_the_organisation_nor_pays_enters_nothing(owner, role):
    with pytest.raises(NotAllowed):
        entered(owner, person_with(role, organisation=owner if role == Role.WRITER else None))
    with pytest.raises(NotAllowed):
        entered(owner, member(OrganisationFactory(), Role.SIGNATORY))
    assert not BankDetail.objects.exists()


def test_number_is_in_no_row_in_clear_nor_in_the_journal(owner):
    confirm(entered(owner), member(owner, Role.SIGNATORY))
    kept = [*BankDetail.objects.values_list("account", flat=True), *JournalEntry.objects.values_list("content", flat=True)]
    assert [text for text in kept if "7654321" in text] == []
    assert str(BankDetail.objects.get()) == "815-30000-•••• 321"


# ── SD-6 ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_whoever_changed_the_account_pays_nothing_there_for_ten_days():
    agreement = agreement_in_force()
    owner, every = agreement.project.organisation, person_with(Role.PAYMENT_REQUESTER, Role.CONTROLLER, Role.PAYMENT_AUTHORISER)
    entered(owner, every)
    advance = agreement.instalments.get(kind="advance")
    with pytest.raises(NotAllowed, match="coordonnées bancaires de cet organisme"):
        requested(advance, every, now=NOW + timedelta(days=9, hours=23))
    payment = requested(advance)
    with pytest.raises(NotAllowed, match="coordonnées bancaires de cet organisme"):
        certify_payment(payment_id=payment.pk, actor=every, now=NOW)
    certify_payment(payment_id=payment.pk, actor=person_with(Role.CONTROLLER), now=NOW)
    with pytest.raises(NotAllowed, match="coordonnées bancaires de cet organisme"):
        authorise_payment(payment_id=payment.pk, actor=every, now=NOW)
    authorise_payment(payment_id=payment.pk, actor=every, now=NOW + timedelta(days=10))
    assert requested(agreement_in_force().instalments.get(kind="advance"), every)  # another organisation


def test_whoever_pays_touches_no_account_for_ten_days():
    agreement, requester = agreement_in_force(), person_with(Role.PAYMENT_REQUESTER)
    owner = agreement.project.organisation
    requested(agreement.instalments.get(kind="advance"), requester)
    with pytest.raises(NotAllowed, match="pris part à un paiement"):
        entered(owner, requester)
    with pytest.raises(NotAllowed, match="pris part à un paiement"):
        confirm(entered(owner), requester)
    later = acts.confirm_bank_details(detail_id=BankDetail.objects.get().pk, actor=requester, now=NOW + timedelta(days=10), **NUMBERS)
    assert later.state == BankState.CONFIRMED


def test_database_holds_the_two_people_and_the_ten_days_alone():
    agreement = agreement_in_force()
    owner = agreement.project.organisation
    detail, payment = entered(owner), requested(agreement.instalments.get(kind="advance"))
    decide = "UPDATE funding_bankdetail SET state = 'confirmed', decided_by_id = %s, decided_at = %s WHERE id = %s"
    assert refusal(decide, detail.entered_by_id, NOW, detail.pk) == "bank_two_people"
    assert refusal(decide, payment.requested_by_id, NOW + timedelta(days=9), detail.pk) == "bank_details_are_apart_from_payments"
    certify = "UPDATE funding_payment SET state = 'certified', certified_by_id = %s, certified_at = %s WHERE id = %s"
    assert refusal(certify, detail.entered_by_id, NOW + timedelta(days=9), payment.pk) == "payment_is_apart_from_bank_details"
    confirm(detail, member(owner, Role.SIGNATORY))
    assert (
        refusal("UPDATE funding_bankdetail SET state = 'entered', decided_by_id = NULL, decided_at = NULL")
        == "bank_details_are_never_rewritten"
    )
    for statement in ("UPDATE funding_bankdetail SET account = ''", "DELETE FROM funding_bankdetail"):
        assert refusal(statement) == "permission denied for table funding_bankdetail"


def test_ten_days_are_a_dated_rule():
    PaymentRule.objects.create(valid_from=NOW.date(), bank_days=3, recredit="never", source="Directive")
    assert (rule_on(NOW.date()).bank_days, rule_on(NOW.date() - timedelta(days=1)).bank_days) == (3, 10)
    agreement, every = agreement_in_force(), person_with(Role.PAYMENT_REQUESTER)
    entered(agreement.project.organisation, every)
    assert requested(agreement.instalments.get(kind="advance"), every, now=NOW + timedelta(days=3))


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_two_people_go_the_whole_way_on_the_pages(client, owner):
    page = reverse("funding:bank_detail", args=[owner.code])
    client.force_login(member(owner))
    given = {"holder": "Clairmont", "transit": "300 00", "institution": "815", "number": "765-4321"}
    bad = client.post(reverse("funding:bank_enter", args=[owner.code]), {**given, "transit": "3000", "number": "12a"})
    assert (bad.status_code, sorted(bad.context["form"].errors)) == (422, ["number", "transit"])
    assert client.post(reverse("funding:bank_enter", args=[owner.code]), {**given, "key": "k"}).url == page
    detail = BankDetail.objects.get()
    act = reverse("funding:bank_confirm", args=[detail.pk])
    assert client.post(act, {**NUMBERS, "key": "k"}).status_code == 403
    client.force_login(person_with(Role.CONTROLLER))
    answer = client.post(act, {**NUMBERS, "number": "9999999", "key": "k"})
    assert (answer.status_code, "7654321" in answer.content.decode()) == (422, False)
    assert client.post(act, {**NUMBERS, "key": "k"}).url == page
    shown = client.get(page).content.decode()
    assert ("815-30000-•••• 321" in shown, "7654321" in shown) == (True, False)


@pytest.mark.parametrize(("role", "status"), [(Role.OFFICER, 200), (Role.AUDITOR, 200), (Role.ADVISER, 403), (Role.REVIEWER, 404)])
def test_masked_details_are_read_by_whoever_reads_payments(client, owner, role, status):
    bank_details_of(owner)
    client.force_login(person_with(role))
    assert client.get(reverse("funding:bank_detail", args=[owner.code])).status_code == status


def test_members_find_their_account_and_their_neighbours_do_not(client, owner):
    bank_details_of(owner)
    page = reverse("funding:bank_detail", args=[owner.code])
    client.force_login(member(owner, Role.WRITER))
    assert page in client.get(reverse("projects:organisation_detail", args=[owner.code])).content.decode()
    assert client.get(page).status_code == 200
    client.force_login(member(OrganisationFactory()))
    assert client.get(page).status_code == 404
    assert page not in client.get(reverse("projects:organisation_detail", args=[owner.code])).content.decode()


def test_versions_cost_the_same_for_one_and_three(client, owner, django_assert_num_queries):
    client.force_login(person_with(Role.AUDITOR))
    bank_details_of(owner)
    with django_assert_num_queries(9):
        client.get(reverse("funding:bank_detail", args=[owner.code]))
    for _ in range(2):
        bank_details_of(owner)
    with django_assert_num_queries(9):
        client.get(reverse("funding:bank_detail", args=[owner.code]))


def test_refusal_is_made_on_its_page(client, owner):
    detail = entered(owner)
    client.force_login(person_with(Role.CONTROLLER))
    page = reverse("funding:bank_refuse", args=[detail.pk])
    assert [client.get(page).status_code, client.post(page, {"reason": ""}).status_code] == [200, 422]
    assert client.post(page, {"reason": "Spécimen illisible", "key": "k"}).status_code == 302
    assert client.get(page).status_code == 409


def test_recusal_of_a_file_does_not_reach_the_account_of_its_organisation(client):
    agreement, requester = agreement_in_force(), person_with(Role.PAYMENT_REQUESTER)
    recuse(requester, agreement.project.application)
    client.force_login(requester)
    assert client.get(reverse("funding:bank_detail", args=[agreement.project.organisation.code])).status_code == 200
