"""Nobody approves what they recommended or certified, even once somebody else did it again."""

from decimal import Decimal

import pytest

from fondsinnovation.kit.errors import NotAllowed
from funding.enums import AwardState
from funding.services.awards import approve_award, certify_award, recommend_award, return_award
from projects.enums import ApplicationState, Role
from tests.factories import NOW, ApplicationFactory, person_with, reserved_call

pytestmark = pytest.mark.django_db


def recommended(secretary):
    application = ApplicationFactory(state=ApplicationState.REVIEWED, score=Decimal("80.00"), call=reserved_call())
    return again(application, secretary)


def again(application, secretary):
    amount = Decimal("50000.00")
    return recommend_award(application_id=application.pk, is_favourable=True, amount=amount, reason="Utile", actor=secretary, now=NOW)


def test_renewed_certificate_does_not_free_whoever_certified_first():
    both = person_with(Role.CONTROLLER, Role.DIRECTOR)
    award = recommended(person_with(Role.COMMITTEE_SECRETARY))
    certify_award(award_id=award.pk, actor=both, now=NOW)
    certify_award(award_id=award.pk, actor=person_with(Role.CONTROLLER), now=NOW)
    with pytest.raises(NotAllowed, match="Vous avez certifié la disponibilité budgétaire"):
        approve_award(award_id=award.pk, actor=both, now=NOW)
    assert approve_award(award_id=award.pk, actor=person_with(Role.DIRECTOR), now=NOW).state == AwardState.APPROVED


def test_new_round_does_not_free_whoever_recommended_first():
    both = person_with(Role.COMMITTEE_SECRETARY, Role.DIRECTOR)
    award = recommended(both)
    return_award(award_id=award.pk, reason="À préciser", actor=person_with(Role.DIRECTOR), now=NOW)
    again(award.application, person_with(Role.COMMITTEE_SECRETARY))
    certify_award(award_id=award.pk, actor=person_with(Role.CONTROLLER), now=NOW)
    with pytest.raises(NotAllowed, match="Vous avez recommandé ce dossier"):
        approve_award(award_id=award.pk, actor=both, now=NOW)
