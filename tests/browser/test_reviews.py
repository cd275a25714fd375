"""A file goes through the Secretariat's hands and three reviewers' in a real browser."""

from datetime import timedelta

import pytest
from django.utils import timezone

from funding.models import Review
from projects.enums import ApplicationState, Role
from tests.factories import ApplicationFactory, CallFactory, ReviewFactory, person_with
from tests.funding.services.test_reviews import declare, hand_in

pytestmark = pytest.mark.browser


def recent(**given):
    """An application that reads as one of these days."""
    now = timezone.now()
    call = CallFactory(opens_at=now - timedelta(days=90), closes_at=now + timedelta(days=30))
    return ApplicationFactory(call=call, submitted_at=now - timedelta(days=5), **given)


def test_reviewer_declares_reviews_and_submits(page, sign_in, look):
    application = recent(title="Jumeau numérique de l’aqueduc", state=ApplicationState.IN_REVIEW)
    other = ReviewFactory(application=application)
    declare(application, other.reviewer)
    hand_in(application, other.reviewer, 2, 1)
    review = ReviewFactory(application=application, reviewer=person_with(Role.REVIEWER))
    sign_in(review.reviewer)
    look("/evaluations/", "review-list")
    look(f"/evaluations/{review.pk}/interets/", "declare")
    page.get_by_label("Aucun intérêt à déclarer").check()
    page.get_by_role("button", name="Déclarer").click()
    page.wait_for_url(f"**/evaluations/{review.pk}/")
    look(f"/evaluations/{review.pk}/", "review")
    for criterion, score in (("Critère 1", 4), ("Critère 2", 3)):
        page.get_by_role("group", name=f"{criterion} : note").get_by_label(str(score), exact=True).check()
        page.get_by_label(f"{criterion} : commentaire").fill("Solide et mesurable")
    page.get_by_label("Commentaire général").fill("À financer")
    page.get_by_text("Brouillon enregistré à").wait_for()
    page.get_by_role("button", name="Vérifier et remettre").click()
    page.wait_for_url(f"**/evaluations/{review.pk}/remettre/")
    assert page.get_by_text("Votre cote : 72,00 sur 100").is_visible()
    look(f"/evaluations/{review.pk}/remettre/", "submit")
    page.get_by_role("button", name="Remettre l’évaluation").click()
    page.get_by_text("Moyenne des cotes remises\u00a0: 52,00").wait_for()
    look(f"/evaluations/{review.pk}/", "review-done")
    assert str(Review.objects.get(pk=review.pk).total) == "72.00"
