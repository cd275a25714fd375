"""A double click on « Déposer », from two requests at once: one application, one number."""

import pytest

from fondsinnovation.kit.errors import WrongState
from projects.models import Application, ApplicationVersion, BudgetLine, JournalEntry
from projects.services.submissions import submit_application
from tests.factories import NOW
from tests.projects.typed import filled_draft
from tests.races.crowd import at_once

pytestmark = pytest.mark.race


def submissions(keys):
    application, signatory = filled_draft()
    return at_once(
        [
            lambda key=key: submit_application(application_id=application.pk, received_at=NOW, actor=signatory, now=NOW, key=key)
            for key in keys
        ]
    )


def written():
    acts = JournalEntry.objects.filter(act="submit_application").count()
    return Application.objects.get().number, ApplicationVersion.objects.count(), BudgetLine.objects.count(), acts


def test_double_click_submits_once_and_both_get_the_receipt(committed_db):
    answers = submissions(["k"] * 8)
    assert [answer.number for answer in answers] == ["DEM-2026-00001"] * 8
    assert written() == ("DEM-2026-00001", 1, 2, 1)


def test_eight_submissions_of_one_application_give_one_number(committed_db):
    answers = submissions([f"k{n}" for n in range(8)])
    assert [type(answer) for answer in answers].count(WrongState) == 7
    assert written() == ("DEM-2026-00001", 1, 2, 1)
