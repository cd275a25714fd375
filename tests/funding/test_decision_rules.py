"""docs/rules/decision.md is true: each row of its tables is run."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from funding.models import Award
from funding.policies.awards import delegation_of
from funding.queries.agreements import default_schedule
from projects.models import TermsProfile
from tests.factories import NOW

PAGE = (Path(settings.BASE_DIR) / "docs" / "rules" / "decision.md").read_text()


def table(heading):
    """The rows of the table under a heading, without its title row."""
    section = re.split(rf"^## {heading}$", PAGE, flags=re.MULTILINE)[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("|")]
    return rows[2:]


@pytest.mark.django_db
@pytest.mark.parametrize(("amount", "roles"), table("Délégation"))
def test_delegation_is_that_of_the_page(amount, roles):
    assert ", ".join(delegation_of(Award(amount=Decimal(amount)), NOW)) == roles


@pytest.mark.parametrize(("amount", "parts", "advance", "holdback", "milestones", "expected"), table("Versements proposés"))
def test_schedule_is_that_of_the_page(amount, parts, advance, holdback, milestones, expected):
    years = {int(part.split("=")[0]): Decimal(part.split("=")[1]) for part in parts.split(", ")}
    terms = TermsProfile(advance_rate=Decimal(advance), holdback_rate=Decimal(holdback))
    found = default_schedule(Decimal(amount), years, terms, list(range(1, int(milestones) + 1)))
    assert ", ".join(str(one.amount) for one in found) == expected
