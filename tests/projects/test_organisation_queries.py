"""Reads of the register that no page shows by itself."""

from datetime import date

import pytest

from fondsinnovation.kit.errors import NotAllowed
from projects.models import JournalEntry, Organisation
from projects.queries.organisations import chain_from, named, region_names, shown_value
from projects.services.exports import export_organisations
from tests.factories import NOW, OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_chain_of_successors_that_closes_on_itself_ends_there():
    first, second = OrganisationFactory(), OrganisationFactory()
    for one, other in ((first, second), (second, first)):
        Organisation.objects.filter(pk=one.pk).update(successor=other, valid_to=date(2026, 1, 1))
    assert chain_from(Organisation.objects.get(pk=first.pk)) == [second, first]
    assert chain_from(OrganisationFactory()) == []


def test_organisation_is_named_by_its_code_or_else_by_its_name():
    by_code, by_name = OrganisationFactory(code="ENAP"), OrganisationFactory(name="Enap")
    assert list(named(" enap ", NOW.date())) == [by_code]
    Organisation.objects.filter(pk=by_code.pk).update(valid_to=date(2026, 1, 1))
    assert list(named("ENAP", NOW.date())) == [by_name]
    assert list(named("en", NOW.date())) == []


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("kind", "agency", "Organisme"),
        ("fiscal_calendar", "calendar", "Année civile"),
        ("region", "05", "Estrie"),
        ("region", "99", "99"),
        ("population", "48664", "48\u00a0664"),
        ("mrc", "MRC X", "MRC X"),
        ("neq", "", "rien"),
    ],
)
def test_value_of_the_history_is_shown_as_a_reader_understands_it(field, value, shown):
    assert shown_value(field, value) == shown


def test_regions_are_those_of_quebec():
    assert (len(region_names()), region_names()["17"]) == (17, "Centre-du-Québec")


def test_closed_account_takes_no_list():
    with pytest.raises(NotAllowed, match="compte actif"):
        export_organisations(filters={}, rows=1, actor=UserFactory(is_active=False), now=NOW)
    assert not JournalEntry.objects.exists()
