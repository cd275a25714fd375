"""pghistory says which field went from what to what, whatever wrote it; the journal says who did which act, and why."""

import pytest

from funding.models import DelegationRule
from projects.models import Call, Membership, Organisation
from tests.factories import CallFactory, MembershipFactory, OrganisationFactory

pytestmark = pytest.mark.django_db


def test_history_sees_an_update_that_no_service_made():
    organisation = OrganisationFactory(name="Avant")
    Organisation.objects.filter(pk=organisation.pk).update(name="Après")
    events = organisation.events.order_by("pgh_id").values_list("pgh_label", "name")
    assert list(events) == [("insert", "Avant"), ("update", "Après")]


@pytest.mark.parametrize("make", [MembershipFactory, CallFactory])
def test_new_row_begins_its_history(make):
    assert make().events.count() == 1


def test_rules_of_delegation_have_a_history():
    rule = DelegationRule.objects.order_by("pk")[0]
    DelegationRule.objects.filter(pk=rule.pk).update(source="Instrument officiel")
    assert rule.events.order_by("-pgh_id")[0].source == "Instrument officiel"


def test_history_is_kept_for_what_rules_rest_on():
    assert all(hasattr(model, "events") for model in (Call, Membership, Organisation, DelegationRule))
