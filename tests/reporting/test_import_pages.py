"""What was imported on the pages: read like the rest, marked, and led by nobody here."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from funding.models import Agreement
from funding.policies import agreement_steps
from funding.policies.amendments import propose_amendment
from projects.enums import Role
from projects.models import Organisation
from tests.factories import NOW, MembershipFactory
from tests.reporting.packages import folder, run, small

pytestmark = pytest.mark.django_db
REFUSED = "Cette convention est reprise de l’historique : un portefeuille importé en dit la suite."


@pytest.fixture(autouse=True)
def _imported(capsys: Any, tmp_path: Path) -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        run(capsys, "import_portfolio", folder(tmp_path / "p", small()))
        yield


def test_staff_and_the_organisation_read_what_was_imported(client: Client) -> None:
    number = Agreement.objects.get().number
    addresses = {
        reverse("reporting:project_detail", args=["P1"]): "Repris de l’historique le",
        reverse("funding:agreement_detail", args=[number]): "Reprise de l’historique le",
        reverse("reporting:project_list"): "P1",
    }
    of_staff = {
        reverse("funding:agreement_list"): number,
        reverse("funding:call_detail", args=["AP-1"]): "Appel repris de l’historique du Fonds.",
        reverse("projects:organisation_detail", args=["ORG"]): "Ministère des Essais",
    }
    for role, organisation, read in (
        (Role.DIRECTOR, None, addresses | of_staff),
        (Role.FINANCE_RESPONDENT, Organisation.objects.get(code="ORG"), addresses),
    ):
        member = MembershipFactory(role=role, **({"organisation": organisation} if organisation else {}))
        client.force_login(member.person)
        found = {address: client.get(address) for address in read}
        assert {address: response.status_code for address, response in found.items()} == dict.fromkeys(read, 200)
        assert {address: text in found[address].content.decode() for address, text in read.items()} == dict.fromkeys(read, True)


def test_nobody_suspends_ends_nor_closes_an_imported_agreement() -> None:
    agreement = Agreement.objects.get()
    for act, role in (
        (agreement_steps.suspend_agreement, Role.DIRECTOR),
        (agreement_steps.terminate_agreement, Role.HEAD),
        (agreement_steps.close_agreement, Role.OFFICER),
        (propose_amendment, Role.OFFICER),
    ):
        verdict = act(MembershipFactory(role=role).person, agreement, NOW)
        assert (bool(verdict), str(verdict.reason)) == (False, REFUSED)
