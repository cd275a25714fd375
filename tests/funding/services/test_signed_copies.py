"""An agreement signed outside the portal: its PDF recorded by one person, checked by another."""

from datetime import timedelta

import pytest

from fondsinnovation.kit.errors import Invalid, NotAllowed, Stale, WrongState
from funding.enums import AgreementState, Party, SignedCopyState
from funding.models import LedgerEntry, Signature, SignedCopy
from funding.queries.agreement_texts import proofs_of, text_of
from funding.services.agreement_drafts import return_agreement
from funding.services.agreements import sign_for_beneficiary
from funding.services.signed_copies import PRINTED, Signatories, accept_signed_copy, record_signed_copy, refuse_signed_copy
from projects.enums import Role
from projects.models import GainPlan, JournalEntry
from projects.queries.activity import story_of
from tests.factories import NOW, person_with, upload
from tests.funding.services.test_agreement_drafts import redraft
from tests.funding.services.test_agreements import approved, draft, reviewed, signatory_of, signing
from tests.refusals import refusal

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=2)
TODAY, YESTERDAY = LATER.date(), LATER.date() - timedelta(days=1)


def recorded(agreement=None, *, actor=None, name="convention-signee.pdf", first=YESTERDAY, last=TODAY):
    agreement = agreement or reviewed(draft(approved()))
    return record_signed_copy(
        agreement_id=agreement.pk, file=upload(name), signatories=Signatories("Aude Bel", first, " Cy Dun ", last),
        actor=actor or person_with(Role.OFFICER), now=LATER,
    )  # fmt: skip


def accept(copy, **given):
    printed = copy.text.sha256[:PRINTED]
    return accept_signed_copy(**{"copy_id": copy.pk, "printed": printed, "actor": person_with(Role.DIRECTOR), "now": LATER, **given})


def test_accepted_copy_puts_the_agreement_in_force_in_place_of_signatures():
    copy = recorded()
    agreement = accept(copy, printed=copy.text.sha256[:PRINTED].upper())
    copy.refresh_from_db()
    assert (agreement.state, agreement.in_force_at, copy.state) == (AgreementState.IN_FORCE, LATER, SignedCopyState.ACCEPTED)
    proofs = proofs_of(agreement)
    assert [(one.name, one.signature.party, one.signature.signed_on, one.signature.person, one.matches) for one in proofs] == [
        ("Aude Bel", Party.BENEFICIARY, YESTERDAY, None, True),
        ("Cy Dun", Party.MINISTER, TODAY, None, True),
    ]
    assert GainPlan.objects.get(project=agreement.project).locked_at == LATER
    assert LedgerEntry.objects.filter(agreement=agreement, kind="commitment").values_list("amount", flat=True).get() == agreement.amount
    assert JournalEntry.objects.filter(act__in=("record_signed_copy", "accept_signed_copy")).count() == 2
    assert story_of(agreement.award.application)[-1].title == "Convention signée sur un exemplaire, en vigueur"
    with pytest.raises(WrongState):
        accept(copy)


def test_copy_is_of_the_frozen_text_only():
    copy = recorded()
    with pytest.raises(Invalid) as refused:
        accept(copy, printed="0" * PRINTED)
    assert (list(refused.value.errors), Signature.objects.count()) == (["printed"], 0)
    return_agreement(agreement_id=copy.agreement_id, reason="À revoir", actor=person_with(Role.DIRECTOR), now=LATER)
    reviewed(redraft(copy.agreement))
    with pytest.raises(Stale):
        accept(copy)


def test_other_people_than_the_recorder_and_the_drafter_decide():
    both = person_with(Role.OFFICER, Role.DIRECTOR)
    copy = recorded(actor=both)
    with pytest.raises(NotAllowed, match="Vous avez inscrit cet exemplaire"):
        accept(copy, actor=both)
    drafter = person_with(Role.OFFICER, Role.HEAD)
    own = recorded(reviewed(draft(approved(), actor=drafter)))
    with pytest.raises(NotAllowed, match="Vous avez préparé cette convention"):
        accept(own, actor=drafter)
    with pytest.raises(NotAllowed):
        recorded(actor=person_with(Role.CONTROLLER))


def test_refused_copy_says_why_and_leaves_room_for_another():
    copy = recorded()
    with pytest.raises(Invalid):
        refuse_signed_copy(copy_id=copy.pk, reason=" ", actor=person_with(Role.HEAD), now=LATER)
    refuse_signed_copy(copy_id=copy.pk, reason="Page manquante", actor=person_with(Role.HEAD), now=LATER)
    again = recorded(copy.agreement)
    assert list(SignedCopy.objects.order_by("pk").values_list("pk", "state", "refusal_reason")) == [
        (copy.pk, "refused", "Page manquante"),
        (again.pk, "recorded", ""),
    ]
    assert accept(again).state == AgreementState.IN_FORCE


def test_copy_waits_for_its_turn():
    with pytest.raises(WrongState):
        recorded(draft(approved()))
    agreement = reviewed(draft(approved()))
    recorded(agreement)
    with pytest.raises(WrongState, match="déjà inscrit"):
        recorded(agreement)
    signed = reviewed(draft(approved()))
    sign_for_beneficiary(**signing(signed, actor=signatory_of(signed)))
    with pytest.raises(WrongState):
        recorded(signed)


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"name": "convention.docx"}, ["file"]),
        ({"first": TODAY + timedelta(days=1)}, ["beneficiary_on"]),
        ({"first": NOW.date() - timedelta(days=1), "last": TODAY + timedelta(days=1)}, ["beneficiary_on", "minister_on"]),
    ],
)
def test_copy_is_a_pdf_signed_after_its_text_and_before_now(given, fields):
    with pytest.raises(Invalid) as refused:
        recorded(**given)
    assert (list(refused.value.errors), SignedCopy.objects.count()) == (fields, 0)


def test_database_holds_two_people_one_copy_and_its_decision():
    copy = recorded()
    decided = "UPDATE funding_signedcopy SET state = 'accepted', decided_by_id = recorded_by_id, decided_at = now() WHERE id = %s"
    assert refusal(decided, copy.pk) == "signed_copy_two_people"
    assert "permission denied" in refusal("UPDATE funding_signedcopy SET minister_name = 'X'")
    assert "permission denied" in refusal("DELETE FROM funding_signedcopy")
    again = (
        "INSERT INTO funding_signedcopy (agreement_id, text_id, state, document_id, beneficiary_name, beneficiary_on, minister_name,"
        " minister_on, recorded_by_id, recorded_at, refusal_reason) SELECT agreement_id, text_id, state, document_id, beneficiary_name,"
        " beneficiary_on, minister_name, minister_on, recorded_by_id, recorded_at, '' FROM funding_signedcopy"
    )
    assert refusal(again) == "signed_copy_one_at_a_time"
    signature = (
        "INSERT INTO funding_signature (agreement_id, party, signed_on, document_sha256, text_sha256, role, factor, intent, signed_copy_id,"
        " recorded_at) VALUES (%s, 'minister', now(), '', %s, '', '', '', %s, now())"
    )
    assert refusal(signature, copy.agreement_id, text_of(copy.agreement).sha256, copy.pk) == "signature_is_of_an_accepted_copy"
    refuse_signed_copy(copy_id=copy.pk, reason="Illisible", actor=person_with(Role.HEAD), now=LATER)
    assert refusal("UPDATE funding_signedcopy SET state = 'recorded'") == "signed_copy_is_decided_once"
