"""The cap of a payment by results: two periods verified at the same instant never count more units than it has."""

from decimal import Decimal

import pytest

from funding.models import OutcomeBalance, OutcomeDeclaration
from projects.enums import Role
from tests.databases import owner_connection
from tests.factories import NOW, person_with
from tests.funding.results import declare, paying_results, verify
from tests.races.crowd import at_once

pytestmark = pytest.mark.race
D = Decimal


def written(declaration, officer):
    """The row alone, without the act that waits for its turn."""
    found = OutcomeDeclaration.objects.filter(pk=declaration.pk)
    told = {"decided_by": officer, "decided_at": NOW}
    return lambda: found.update(state="verified", verified=D("30"), counted=D("30"), amount=D("30000.00"), **told)


@pytest.mark.parametrize(("guarded", "counted"), [(True, D("30.00")), (False, D("60.00"))])
def test_two_periods_pass_the_cap_only_without_its_counter(committed_db, guarded, counted):
    agreement, officer = paying_results(cap="40"), person_with(Role.OFFICER)
    declarations = [declare(agreement), declare(agreement, 2)]
    if not guarded:
        with owner_connection(committed_db) as owner:
            owner.execute("ALTER TABLE outcome_balance DROP CONSTRAINT outcome_balance_within_cap")
    at_once([written(one, officer) for one in declarations])
    assert OutcomeBalance.objects.get().counted == counted


def test_two_acts_at_once_share_what_the_cap_leaves(committed_db):
    agreement, people = paying_results(cap="40"), [person_with(Role.OFFICER) for _ in range(2)]
    declarations = [declare(agreement), declare(agreement, 2)]
    at_once([lambda one=one, person=person: verify(one, actor=person) for one, person in zip(declarations, people, strict=True)])
    found = OutcomeDeclaration.objects.order_by("counted").values_list("verified", "counted", "amount")
    assert list(found) == [(D("30.00"), D("10.00"), D("10000.00")), (D("30.00"), D("30.00"), D("30000.00"))]
