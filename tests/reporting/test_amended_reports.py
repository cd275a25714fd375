"""What the registers say of an agreement that was amended, before and after."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from reporting.catalogue import REPORTS
from reporting.services.compute import rows_of
from tests.factories import NOW, agreement_in_force
from tests.funding.amending import amended

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


def rows(code, day, *names):
    return [[row[name] for name in names] for row in rows_of(REPORTS[code], effective=day, known=timezone.now(), filters={})]


def test_commitments_show_an_amendment_apart_from_the_signature_and_from_what_is_released():
    amended(agreement_in_force(), amount=Decimal("130000.00"), now=LATER)
    money = ("initial", "changes", "released", "committed")
    before, after = (rows("commitments", moment.date(), *money)[-1] for moment in (NOW, LATER))
    assert before == ["100000.00", "0.00", "0.00", "100000.00"]
    assert after == ["100000.00", "30000.00", "0.00", "130000.00"]
    amended(agreement_in_force(), amount=Decimal("60000.00"), now=LATER)
    assert rows("commitments", LATER.date(), *money)[-1] == ["200000.00", "-10000.00", "0.00", "190000.00"]


def test_milestones_count_the_instalments_of_the_day():
    agreement = agreement_in_force()
    amended(agreement, amount=Decimal("130000.00"), now=LATER)
    before, after = (rows("milestones", moment.date(), "amount", "holdback") for moment in (NOW, LATER))
    assert before == [["55000.00", "0.00"], ["0.00", "20000.00"], ["55000.00", "20000.00"]]
    assert after == [["71500.00", "0.00"], ["0.00", "26000.00"], ["71500.00", "26000.00"]]
