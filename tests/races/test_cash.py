"""A receipt is corrected once, whoever asks at the same instant."""

from decimal import Decimal

import pytest

from fondsinnovation.kit.errors import WrongState
from funding.models import CashEntry
from funding.services.cash import record_cash, reverse_cash
from projects.enums import Role
from tests.factories import NOW, person_with
from tests.races.crowd import at_once

pytestmark = pytest.mark.race
CROWD = 8


def test_of_a_crowd_that_corrects_a_receipt_one_does(committed_db):
    known = {"authority_id": None, "amount": Decimal("100.00"), "source": "Intérêts", "reference": "REC-1", "effective_on": NOW.date()}
    entry = record_cash(**known, actor=person_with(Role.CONTROLLER), now=NOW)
    people = [person_with(Role.CONTROLLER) for _ in range(CROWD)]
    answers = at_once([lambda person=person: reverse_cash(entry_id=entry.pk, actor=person, now=NOW).amount for person in people])
    refused = [answer for answer in answers if isinstance(answer, WrongState)]
    assert (answers.count(Decimal("-100.00")), len(refused), CashEntry.objects.count()) == (1, CROWD - 1, 2)
    assert {answer.message for answer in refused} == {"Cette rentrée est déjà corrigée."}
