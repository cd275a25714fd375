"""Scores as the database holds them: one raw statement each, as the application's role."""

import pytest
from django.db import connection

from funding.enums import ReviewState
from funding.models import Review, Score
from projects.enums import ApplicationState
from tests.factories import NOW, ApplicationFactory, CallFactory, ReviewFactory
from tests.refusals import refusal

pytestmark = pytest.mark.django_db


def review_scored(*scores):
    application = ApplicationFactory(state=ApplicationState.IN_REVIEW)
    review = ReviewFactory(application=application, state=ReviewState.IN_PROGRESS)
    criteria = list(application.call.criteria.order_by("position"))
    for criterion, score in zip(criteria, scores, strict=False):
        Score.objects.create(review=review, criterion=criterion, score=score)
    return review, criteria


SUBMIT = "UPDATE funding_review SET state = 'submitted', submitted_at = %s, total = 80 WHERE id = %s"


def submitted():
    review, criteria = review_scored(5, 3)
    with connection.cursor() as cursor:
        cursor.execute(SUBMIT, [NOW, review.pk])
    return review, criteria


def test_score_above_the_maximum_of_its_criterion_is_refused_by_name():
    review, criteria = review_scored(5, 3)
    above = criteria[0].maximum + 1
    assert refusal("UPDATE funding_score SET score = %s WHERE review_id = %s", above, review.pk) == "score_within_maximum"
    assert sorted(Score.objects.values_list("score", flat=True).order_by("pk")) == [3, 5]


def test_score_on_the_grid_of_another_call_is_refused_by_name():
    review, _criteria = review_scored(5, 3)
    other = CallFactory().criteria.order_by("position")[0]
    insert = "INSERT INTO funding_score (review_id, criterion_id, score, comment) VALUES (%s, %s, 1, '')"
    assert refusal(insert, review.pk, other.pk) == "score_of_the_grid"


def test_incomplete_review_cannot_be_submitted():
    review, _criteria = review_scored(5)
    assert refusal(SUBMIT, NOW, review.pk) == "review_submitted_has_every_score"
    assert Review.objects.get().state == ReviewState.IN_PROGRESS


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("UPDATE funding_score SET score = 0 WHERE review_id = %s", "score_of_a_review_in_progress"),
        ("UPDATE funding_score SET comment = 'autre' WHERE review_id = %s", "score_of_a_review_in_progress"),
        ("DELETE FROM funding_score WHERE review_id = %s", "score_of_a_review_in_progress"),
        ("UPDATE funding_review SET total = 100 WHERE id = %s", "review_final_once_submitted"),
        ("UPDATE funding_review SET comment = 'autre' WHERE id = %s", "review_final_once_submitted"),
        ("UPDATE funding_review SET submitted_at = now() WHERE id = %s", "review_final_once_submitted"),
    ],
)
def test_submitted_review_no_longer_changes(statement, rule):
    review, _criteria = submitted()
    assert refusal(statement, review.pk) == rule
    assert list(Score.objects.values_list("score", flat=True).order_by("pk")) == [5, 3]


def test_submitted_review_takes_no_second_score():
    review, criteria = submitted()
    insert = "INSERT INTO funding_score (review_id, criterion_id, score, comment) VALUES (%s, %s, 5, '')"
    assert refusal(insert, review.pk, criteria[0].pk) == "score_unique"
