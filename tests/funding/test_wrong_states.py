"""A page whose act is no longer possible: the reason and 409, whatever was typed, and nothing typed is lost."""

import pytest
import time_machine

from funding.models import Award
from funding.services import awards
from projects.enums import ApplicationState, CallState, Role
from tests.factories import NOW, ApplicationFactory, CallFactory, agreement_in_force, person_with
from tests.funding.services.test_agreements import approved, signed_by_both

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def converted():
    """A file that went the whole way."""
    return agreement_in_force().award.application


@pytest.mark.parametrize(
    ("role", "page"),
    [
        (Role.OFFICER, "/secretariat/demandes/{number}/recevabilite/"),
        (Role.OFFICER, "/secretariat/demandes/{number}/evaluations/"),
        (Role.COMMITTEE_SECRETARY, "/secretariat/demandes/{number}/recommandation/"),
        (Role.CONTROLLER, "/decisions/{number}/certification/"),
        (Role.OFFICER, "/decisions/{number}/lettre/"),
        (Role.OFFICER, "/decisions/{number}/convention/"),
    ],
)
def test_page_of_a_step_that_is_over_says_so(client, converted, role, page):
    award = Award.objects.get(application=converted)
    if page.endswith("lettre/"):
        awards.issue_letter(award_id=award.pk, actor=person_with(Role.OFFICER), now=NOW)
    client.force_login(person_with(role))
    address = page.format(number=converted.number)
    assert client.get(address).status_code == 409
    assert client.post(address, {}).status_code == 409


def test_signature_of_an_agreement_in_force_says_so(client):
    agreement = signed_by_both(approved())
    client.force_login(person_with(Role.DIRECTOR))
    address = f"/conventions/{agreement.number}/signature-ministre/"
    assert client.get(address).status_code == 409
    assert client.post(address, {}).status_code == 409


@pytest.mark.parametrize(
    ("role", "page", "state"),
    [
        (Role.OFFICER, "modification/", CallState.OPEN),
        (Role.OFFICER, "soumission/", CallState.OPEN),
        (Role.DIRECTOR, "approbation/", CallState.OPEN),
        (Role.DIRECTOR, "retour/", CallState.OPEN),
    ],
)
def test_page_of_a_call_that_is_decided_says_so(client, role, page, state):
    call = CallFactory(state=state)
    client.force_login(person_with(role))
    address = f"/secretariat/appels/{call.reference}/{page}"
    assert client.get(address).status_code == 409
    assert client.post(address, {}).status_code == 409


def test_instalment_that_is_paid_is_not_asked_for_again(client):
    agreement = agreement_in_force()
    client.force_login(person_with(Role.PAYMENT_REQUESTER))
    address = f"/versements/{agreement.instalments.get(position=1).pk}/demande/"
    assert client.post(address, {"attests_legal_basis": "on", "attests_credit": "on", "attests_due": "on"}).status_code == 302
    assert client.get(address).status_code == 409
    shown = client.post(address, {})
    assert (shown.status_code, "Un paiement est déjà en cours pour ce versement." in shown.content.decode()) == (409, True)


def test_what_was_typed_stays_on_the_page_with_the_reason(client):
    application = ApplicationFactory(state=ApplicationState.IN_REVIEW)
    client.force_login(person_with(Role.COMMITTEE_SECRETARY))
    response = client.post(f"/secretariat/demandes/{application.number}/recommandation/", {"reason": "Un long motif"})
    shown = response.content.decode().replace("\xa0", " ")
    said = [sentence in shown for sentence in ("Un long motif", "l’état est « En évaluation »", "Choisissez une recommandation")]
    assert (response.status_code, said) == (409, [True, True, False])


def test_second_click_is_still_harmless_once_the_step_is_over(client):
    award = approved(told=False)
    client.force_login(person_with(Role.OFFICER))
    address = f"/decisions/{award.application.number}/lettre/"
    answers = [client.post(address, {"key": "une-fois"}).status_code for _click in range(2)]
    assert answers == [302, 302]


def test_address_with_a_null_character_is_404(client):
    client.force_login(person_with(Role.OFFICER))
    assert client.get("/secretariat/demandes/%00/").status_code == 404
    assert client.post("/secretariat/demandes/%00/recevabilite/").status_code == 404
