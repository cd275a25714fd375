"""A decision in a real browser: the controller certifies, two levels approve, the officer sends the letter."""

import pytest
from django.utils import timezone

from funding.enums import AwardState
from projects.enums import ApplicationState, Role
from tests.factories import ApplicationFactory, award_certified, person_with, reserved_call

pytestmark = pytest.mark.browser


def test_controller_certifies_two_levels_approve_and_the_letter_goes(page, sign_in):
    now = timezone.now()
    application = ApplicationFactory(state=ApplicationState.RECOMMENDED, score="80.00", call=reserved_call())
    award = award_certified(application, state=AwardState.RECOMMENDED, certified_by=None, certified_at=None, recommended_at=now)
    sheet = f"/decisions/{application.number}/"

    def goes_on(role, link, button=""):
        sign_in(person_with(role))
        page.goto("/decisions/")
        page.get_by_role("link", name=application.title).click()
        page.get_by_role("link", name=link, exact=True).click()
        page.get_by_role("button", name=button or link, exact=True).click()
        page.wait_for_url(f"**{sheet}")
        award.refresh_from_db()
        return award.state

    assert goes_on(Role.CONTROLLER, "Certifier la disponibilité budgétaire") == AwardState.CERTIFIED
    sign_in(person_with(Role.OFFICER))
    page.goto(sheet)
    assert page.get_by_role("link", name="Approuver", exact=True).count() == 0
    assert page.goto(f"{sheet}approbation/").status == 403
    assert goes_on(Role.HEAD, "Approuver") == AwardState.PARTLY_APPROVED
    assert goes_on(Role.MINISTER_DELEGATE, "Approuver") == AwardState.APPROVED
    assert goes_on(Role.OFFICER, "Transmettre la lettre", "Transmettre la lettre de décision") == AwardState.APPROVED
    application.refresh_from_db()
    assert (application.state, award.letter.name[-4:]) == (ApplicationState.ACCEPTED, ".pdf")
