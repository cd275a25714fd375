"""A file goes through the Secretariat's hands and three reviewers' in a real browser."""

import os
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from funding.models import Review
from projects.enums import ApplicationState, Role
from tests.factories import ApplicationFactory, CallFactory, ReviewFactory, person_with
from tests.funding.services.test_reviews import declare, hand_in

pytestmark = pytest.mark.browser
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 120))"""
SHOTS = os.environ.get("SHOTS")


@pytest.fixture
def sign_in(page, live):
    def as_(person):
        client = Client()
        client.force_login(person)
        page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live.url}])
        return person

    return as_


@pytest.fixture
def look(page, accessibility_violations):
    """Open an address at each width: no violation, no sideways scroll."""

    def at(address, name=""):
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(address)
            assert page.evaluate(TOO_WIDE) == [], (address, width)
            if width != 320:
                assert accessibility_violations(page) == [], (address, width)
                if SHOTS and name:
                    page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})

    return at


def recent(**given):
    """An application that reads as one of these days."""
    now = timezone.now()
    call = CallFactory(opens_at=now - timedelta(days=90), closes_at=now + timedelta(days=30))
    return ApplicationFactory(call=call, submitted_at=now - timedelta(days=5), **given)


def test_pages_of_the_secretariat_are_accessible_at_each_width(page, sign_in, look):
    application = recent(title="Guichet unique des permis")
    for state in ApplicationState:
        if state != ApplicationState.DRAFT:
            recent(state=state)
    eligible = recent(state=ApplicationState.ELIGIBLE)
    reviewed = recent(state=ApplicationState.IN_REVIEW)
    for scores in ((5, 4), (3, 3), (2, 5)):
        review = ReviewFactory(application=reviewed)
        declare(reviewed, review.reviewer)
        hand_in(reviewed, review.reviewer, *scores)
    sign_in(person_with(Role.OFFICER))
    look("/secretariat/demandes/", "list")
    look("/secretariat/demandes/?state=draft&q=guichet", "list-error")
    look(f"/secretariat/demandes/{application.number}/", "detail")
    look(f"/secretariat/demandes/{reviewed.number}/", "detail-reviewed")
    look(f"/secretariat/demandes/{application.number}/recevabilite/", "eligibility")
    look(f"/secretariat/demandes/{eligible.number}/evaluations/", "assign")
    look(f"/secretariat/demandes/{application.number}/interets/", "declare-staff")


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
    page.get_by_text("Moyenne des cotes remises : 52,00").wait_for()
    look(f"/evaluations/{review.pk}/", "review-done")
    assert str(Review.objects.get(pk=review.pk).total) == "72.00"
