"""A draft agreement: written again, reviewed by another person, returned, cancelled and taken up again."""

from datetime import date
from decimal import Decimal

import pytest

from fondsinnovation.kit.errors import Invalid, NotAllowed, Stale, WrongState
from funding.enums import AgreementState, AgreementStepKind, InstalmentKind
from funding.models import Agreement, AgreementStep
from funding.queries.agreement_conditions import unmet_conditions
from funding.queries.agreements import DraftMilestone, PlannedInstalment
from funding.services.agreement_drafts import cancel_agreement, redraft_agreement, return_agreement, review_agreement, submit_agreement
from funding.services.agreements import sign_for_beneficiary, sign_for_minister
from projects.enums import Role
from projects.models import Baseline, JournalEntry
from tests.factories import NOW, person_with, recuse
from tests.funding.services.test_agreements import approved, draft, reviewed, signatory_of, signed_by_both, signing

pytestmark = pytest.mark.django_db
D = Decimal
ROWS = [
    DraftMilestone(1, "Analyse", "Rapport d’analyse", date(2027, 1, 31)),
    DraftMilestone(3, "Mise en service", "Procès-verbal", date(2027, 3, 31)),
]


def redraft(agreement, **given):
    return redraft_agreement(
        **{
            "agreement_id": agreement.pk,
            "version": agreement.version,
            "starts_on": date(2026, 12, 1),
            "ends_on": date(2027, 3, 31),
            "milestones": ROWS,
            "instalments": [
                PlannedInstalment(InstalmentKind.ADVANCE, None, 2026, D("12500.00")),
                PlannedInstalment(InstalmentKind.MILESTONE, 1, 2026, D("0.00")),
                PlannedInstalment(InstalmentKind.HOLDBACK, 3, 2026, D("37500.00")),
            ],
            "actor": person_with(Role.OFFICER),
            "now": NOW,
            **given,
        }
    )


def by(person, agreement, **given):
    return {"agreement_id": agreement.pk, "actor": person, "now": NOW, **given}


def test_draft_is_written_again_with_its_milestones_instalments_and_document():
    first = draft(approved())
    again = redraft(first)
    assert (again.pk, again.version, again.drafted_by_id == first.drafted_by_id) == (first.pk, 2, False)
    assert again.document.sha256 != first.document.sha256
    assert list(again.milestones.order_by("position").values_list("position", "title")) == [(1, "Analyse"), (3, "Mise en service")]
    assert list(again.instalments.order_by("position").values_list("position", "kind", "milestone__position", "amount")) == [
        (1, "advance", None, D("12500.00")),
        (2, "holdback", 3, D("37500.00")),
    ]
    assert again.project.ends_on == date(2027, 3, 31)
    with pytest.raises(Stale):
        redraft(again, version=1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"milestones": []}, "au moins un jalon"),
        ({"instalments": [PlannedInstalment(InstalmentKind.HOLDBACK, 3, 2026, D("50000.01"))]}, "l’écart est de 0,01"),
        ({"instalments": [PlannedInstalment(InstalmentKind.HOLDBACK, 2, 2026, D("50000.00"))]}, "un jalon"),
        ({"instalments": [PlannedInstalment(InstalmentKind.ADVANCE, None, 2026, D("50000.00"))]}, "limite des modalités"),
    ],
)
def test_draft_that_does_not_add_up_is_refused_and_stays(given, message):
    agreement = draft(approved())
    with pytest.raises(Invalid) as refused:
        redraft(agreement, **given)
    assert message in refused.value.message.replace("\xa0", " ")
    agreement.refresh_from_db()
    assert (agreement.version, agreement.instalments.count()) == (1, 4)


def test_review_is_another_person_s_than_whoever_wrote_any_version():
    agreement = draft(approved())
    writer, second, third = agreement.drafted_by, person_with(Role.OFFICER), person_with(Role.OFFICER)
    agreement = redraft(agreement, actor=second)
    submit_agreement(**by(second, agreement))
    shown = {"document_sha256": agreement.document.sha256}
    for person in (writer, second):
        with pytest.raises(NotAllowed, match="Vous avez préparé"):
            review_agreement(**by(person, agreement, **shown))
    recused = person_with(Role.OFFICER)
    recuse(recused, agreement.award.application)
    for person in (recused, person_with(Role.HEAD), signatory_of(agreement)):
        with pytest.raises(NotAllowed):
            review_agreement(**by(person, agreement, **shown))
    with pytest.raises(Stale):
        review_agreement(**by(third, agreement, document_sha256="0" * 64))
    agreement = review_agreement(**by(third, agreement, comment="Clauses conformes", **shown))
    assert (agreement.reviewed_by, agreement.reviewed_at) == (third, NOW)
    with pytest.raises(WrongState, match="déjà donné"):
        review_agreement(**by(person_with(Role.DIRECTOR), agreement, **shown))
    assert list(AgreementStep.objects.order_by("pk").values_list("kind", "version", "reason")) == [
        ("drafted", 2, ""),
        ("submitted", 2, ""),
        ("reviewed", 2, "Clauses conformes"),
    ]


def test_returned_draft_says_why_and_loses_its_review():
    agreement = reviewed(draft(approved()))
    reader = person_with(Role.DIRECTOR)
    with pytest.raises(Invalid) as refused:
        return_agreement(**by(reader, agreement, reason=" "))
    assert list(refused.value.errors) == ["reason"]
    agreement = return_agreement(**by(reader, agreement, reason="Clause 4 à préciser"))
    assert (agreement.state, agreement.reviewed_by) == (AgreementState.DRAFT, None)
    assert AgreementStep.objects.get(kind=AgreementStepKind.RETURNED).reason == "Clause 4 à préciser"
    assert '"reason":"Clause 4 à préciser"' in JournalEntry.objects.get(act="return_agreement").content
    with pytest.raises(WrongState):
        sign_for_beneficiary(**signing(agreement, actor=signatory_of(agreement)))


def test_draft_under_review_waits_for_its_review_before_any_signature():
    agreement = draft(approved())
    submit_agreement(**by(agreement.drafted_by, agreement))
    with pytest.raises(WrongState, match="avis juridique"):
        sign_for_beneficiary(**signing(agreement, actor=signatory_of(agreement)))
    with pytest.raises(WrongState, match="En revue juridique"):
        redraft(agreement)


def test_cancelled_draft_keeps_its_number_and_may_be_taken_up_again():
    agreement, officer = draft(approved()), person_with(Role.OFFICER)
    agreement = cancel_agreement(**by(officer, agreement, reason="Le bénéficiaire se retire"))
    assert agreement.state == AgreementState.CANCELLED
    with pytest.raises(WrongState):
        submit_agreement(**by(officer, agreement))
    again = redraft(agreement)
    assert (again.number, again.state, again.version, Agreement.objects.count()) == (agreement.number, AgreementState.DRAFT, 2, 1)
    assert signed_by_both_from(again).state == AgreementState.IN_FORCE


def signed_by_both_from(agreement):
    agreement = reviewed(agreement)
    sign_for_beneficiary(**signing(agreement, actor=signatory_of(agreement)))
    return sign_for_minister(**signing(agreement, actor=person_with(Role.DIRECTOR)))


def test_signed_agreement_is_neither_written_again_nor_cancelled():
    agreement = signed_by_both(approved())
    for attempt in (
        lambda: redraft(agreement),
        lambda: submit_agreement(**by(person_with(Role.OFFICER), agreement)),
        lambda: cancel_agreement(**by(person_with(Role.OFFICER), agreement, reason="Non")),
        lambda: return_agreement(**by(person_with(Role.DIRECTOR), agreement, reason="Non")),
    ):
        with pytest.raises(WrongState):
            attempt()


def test_each_condition_that_is_not_met_is_named_on_the_way_and_in_the_refusal():
    award = approved()
    agreement = draft(award)
    said = [text.replace("\xa0", " ") for text in unmet_conditions(agreement)]
    assert said == [
        "L’avis juridique favorable n’est pas encore donné.",
        "La signature du bénéficiaire manque.",
        "La signature du ministre manque.",
    ]
    agreement = reviewed(agreement)
    sign_for_beneficiary(**signing(agreement, actor=signatory_of(agreement)))
    Baseline.objects.filter(line__plan__application=award.application).delete()
    with pytest.raises(WrongState) as refused:
        sign_for_minister(**signing(agreement, actor=person_with(Role.DIRECTOR)))
    assert refused.value.message == ("La convention ne peut pas entrer en vigueur. La ligne de gains L1 n’a pas de situation de départ.")
    assert unmet_conditions(agreement) == ["La signature du ministre manque.", "La ligne de gains L1 n’a pas de situation de départ."]
