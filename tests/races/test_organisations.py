"""People who enter the same organisation, or end two into each other, at once: real connections."""

from datetime import timedelta

import pytest

from fondsinnovation.kit.errors import DomainError, Invalid
from projects.enums import FiscalCalendar, OrganisationKind, Role
from projects.models import Organisation
from projects.services import organisation_changes as acts
from tests.factories import NOW, OrganisationFactory, person_with
from tests.races.crowd import at_once

pytestmark = pytest.mark.race
CROWD = 8
FACTS = acts.OrganisationFacts(kind=OrganisationKind.OTHER, fiscal_calendar=FiscalCalendar.STATE)


def create(actor, name, code):
    return lambda: acts.create_organisation(code=code, name=name, facts=FACTS, actor=actor, now=NOW)


def test_same_name_entered_at_once_makes_one_organisation(committed_db):
    officer = person_with(Role.OFFICER)
    names = ["Saint-Elzéar", "ST-ELZEAR"]
    answers = at_once([create(officer, names[number % 2], f"ESSAI-{number}") for number in range(CROWD)])
    refused = [answer for answer in answers if isinstance(answer, Invalid)]
    assert (len(refused), Organisation.objects.filter(sort_key="saint elzear").count()) == (CROWD - 1, 1)
    assert {tuple(answer.errors) for answer in refused} == {("name",)}


def test_same_name_entered_at_once_makes_several_without_the_lock_of_the_name(committed_db, monkeypatch):
    monkeypatch.setattr(acts, "_hold_name", lambda name: None)
    officer = person_with(Role.OFFICER)
    at_once([create(officer, "Saint-Elzéar", f"ESSAI-{number}") for number in range(CROWD)])
    assert Organisation.objects.filter(sort_key="saint elzear").count() > 1


def test_same_code_entered_at_once_makes_one_organisation(committed_db):
    officer = person_with(Role.OFFICER)
    answers = at_once([create(officer, f"Essai {number}", "ESSAI") for number in range(CROWD)])
    assert sum(isinstance(answer, DomainError) for answer in answers) == CROWD - 1
    assert Organisation.objects.filter(code="ESSAI").count() == 1


def test_two_that_end_into_each_other_at_once_make_no_circle(committed_db):
    director = person_with(Role.DIRECTOR)
    towns = [OrganisationFactory(), OrganisationFactory()]
    later = NOW.date() + timedelta(days=9)

    def merge(one, other):
        return lambda: acts.merge_organisations(
            organisation_id=one.pk, version=1, successor_id=other.pk, effective_on=later, reason="Décret", actor=director, now=NOW
        )

    answers = at_once([merge(*towns), merge(*reversed(towns))])
    assert sum(isinstance(answer, Invalid) for answer in answers) == 1
    assert Organisation.objects.filter(successor__isnull=False).count() == 1
