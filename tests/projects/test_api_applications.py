"""What an organisation learns of its own applications by the API: no more than by its pages."""

from datetime import date

import pytest
import time_machine

from projects.enums import DocumentKind, Role, TokenScope
from projects.services.documents import store_bytes
from projects.services.tokens import create_token
from tests.factories import NOW, ApplicationFactory, person_with

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/applications/"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def bearer(person):
    token = create_token(name="Essai", scopes=[TokenScope.APPLICATIONS.value], expires_on=date(2027, 1, 31), actor=person, now=NOW)
    return {"Authorization": f"Bearer {token.secret}"}


def states(client, headers, **query):
    return [row["state"] for row in client.get(ADDRESS, query, headers=headers).json()["results"]]


@pytest.mark.parametrize("state", ["recommended", "not_recommended", "accepted", "refused"])
def test_organisation_learns_the_decision_by_its_letter(client, state):
    application = ApplicationFactory(state=state)
    member = bearer(person_with(Role.WRITER, organisation=application.organisation))
    assert states(client, member) == ["in_review"]
    assert [states(client, member, state=state), states(client, member, view="decision")] == [[], []]
    assert client.get(f"{ADDRESS}{application.number}/", headers=member).json()["state"] == "in_review"
    assert states(client, bearer(person_with(Role.OFFICER)), state=state) == [state]


def test_organisation_reads_the_decision_once_its_letter_is_out(client):
    application = ApplicationFactory(state="accepted")
    member = person_with(Role.WRITER, organisation=application.organisation)
    store_bytes(
        b"%PDF-1.7", name="lettre.pdf", content_type="application/pdf", kind=DocumentKind.LETTER, actor=member, now=NOW,
        application=application,
    )  # fmt: skip
    assert states(client, bearer(member)) == ["accepted"]
