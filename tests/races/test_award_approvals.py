"""Twenty final approvals at once that fit one by one and not together: as many succeed as the call's margin allows."""

import threading
from decimal import Decimal

import pytest
from django.db import connection

from fondsinnovation.kit.errors import EnvelopeExceeded
from funding.enums import AwardState
from funding.models import Approval, Award, CallYear, EnvelopeYear
from funding.queries.awards import call_holds
from funding.services.awards import approve_award
from projects.enums import ApplicationState, Role
from tests.databases import owner_connection
from tests.factories import NOW, ApplicationFactory, CallFactory, award_certified, person_with, reserve

pytestmark = pytest.mark.race
ASKED, AT_ONCE, FIT = Decimal("50000.00"), 20, 10


def certified(call):
    """Twenty certified awards of one call that holds enough for ten, and a director for each of them."""
    awards = [award_certified(ApplicationFactory(call=call, state=ApplicationState.RECOMMENDED), amount=ASKED) for _ in range(AT_ONCE)]
    return [(award, person_with(Role.DIRECTOR)) for award in awards]


def approve_at_once(pairs):
    """Each approval in a thread with its own connection, released together: the errors of those that failed."""
    gate, errors = threading.Barrier(len(pairs)), []

    def run(award, director):
        gate.wait()
        try:
            approve_award(award_id=award.pk, actor=director, now=NOW)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_as_many_approvals_win_as_the_call_allows_and_each_loser_reads_the_margin(committed_db):
    call = CallFactory()
    reserve(call=call, amounts={2026: ASKED * FIT + Decimal("49999.99")}, actor=None, now=NOW)
    pairs = certified(call)
    errors = approve_at_once(pairs)
    assert Award.objects.filter(state=AwardState.APPROVED).count() == FIT
    assert [type(error) for error in errors] == [EnvelopeExceeded] * (AT_ONCE - FIT)
    assert {error.details["margin"] for error in errors} == {"49999.99"}
    for error in errors:
        assert "49\xa0999,99\xa0$" in error.message
    assert call_holds(call.pk, [2026]) == CallYear.objects.get(call=call).reserved == Decimal("49999.99")
    margins = sorted(Approval.objects.order_by("pk").values_list("margin_after", flat=True))
    assert margins == [Decimal("49999.99") + ASKED * n for n in range(FIT)]


def test_without_the_checks_the_same_approvals_overrun_the_call(committed_db):
    """The guard is what stops the race: in this copy of the database it is gone, and every approval passes."""
    call = CallFactory()
    reserve(call=call, amounts={2026: ASKED * FIT}, actor=None, now=NOW)
    pairs = certified(call)
    connection.close()
    with owner_connection(committed_db) as owner:
        owner.execute("ALTER TABLE call_year DROP CONSTRAINT call_year_within_reserved")
        owner.execute("ALTER TABLE envelope_year DROP CONSTRAINT envelope_year_within_authorised")
    assert approve_at_once(pairs) == []
    assert Award.objects.filter(state=AwardState.APPROVED).count() == AT_ONCE
    assert CallYear.objects.get(call=call).reserved == call_holds(call.pk, [2026]) == -ASKED * (AT_ONCE - FIT)


def test_one_award_approved_twice_at_once_takes_its_money_once(committed_db):
    call = CallFactory()
    reserve(call=call, amounts={2026: ASKED * FIT}, actor=None, now=NOW)
    award = award_certified(ApplicationFactory(call=call, state=ApplicationState.RECOMMENDED), amount=ASKED)
    errors = approve_at_once([(award, person_with(Role.DIRECTOR)) for _ in range(4)])
    assert (len(errors), Approval.objects.count()) == (3, 1)
    assert CallYear.objects.get(call=call).reserved == ASKED * (FIT - 1)
    assert EnvelopeYear.objects.get(envelope__code="PROJECTS", fiscal_year=2026).reserved == ASKED * FIT
