"""Reads of reviews. Nobody reads another's scores before their own are in; a recusal hides the whole review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from funding import scoring
from funding.enums import ReviewState
from funding.models import Adviser, Review, Score
from funding.policies import reviews as policies
from projects.enums import ApplicationState, OrganisationKind, Role
from projects.models import Application, Criterion, InterestDeclaration, Membership, Recusal, User
from projects.policies.interests import bound_to
from projects.policies.rights import rights_of
from projects.queries.applications import applications_for, declared_no_interest, not_recused, of_calls

STATES_SHOWN = (ReviewState.ASSIGNED, ReviewState.IN_PROGRESS, ReviewState.SUBMITTED)


def reviews_for(person: Any, now: datetime) -> QuerySet[Review]:
    """The reviews assigned to this person on files that no recusal hides, with their last declared `answer`."""
    rights = rights_of(person, now)
    if not rights.has_somewhere(*policies.REVIEWER_ROLES):
        return Review.objects.none()
    declared = InterestDeclaration.objects.filter(person=person, application=OuterRef("application")).order_by("-pk")
    return (
        Review.objects.filter(not_recused(person, "application_id"), reviewer=person)
        .filter(of_calls(rights, *policies.REVIEWER_ROLES, path="application__call"))
        .exclude(state=ReviewState.RECUSED)
        .annotate(answer=Subquery(declared.values("answer")[:1]))
        .select_related("application__call__terms", "application__organisation")
    )


def open_reviews(person: Any, now: datetime) -> QuerySet[Review]:
    """Those of `reviews_for` whose file this person declared that they have no interest in, and so may open."""
    return reviews_for(person, now).filter(application__in=applications_for(person, now), answer="none")


def counted_reviews(application_id: int) -> QuerySet[Review]:
    """The submitted reviews that make the score: a pending or proven conflict keeps a review out of it."""
    return Review.objects.filter(
        declared_no_interest(OuterRef("reviewer"), "application_id"),
        not_recused(OuterRef("reviewer"), "application_id"),
        application=application_id,
        state=ReviewState.SUBMITTED,
    ).order_by("pk")


def active_reviews(application_id: int) -> int:
    """How many reviews of an application are expected or in."""
    return Review.objects.filter(application=application_id).exclude(state=ReviewState.RECUSED).count()


def assignable(application: Application, now: datetime) -> QuerySet[User]:
    """The people who may be given this application to review (`policies.review`), by name; `is_external`: of a partner."""
    held = Membership.objects.on(timezone.localdate(now)).for_call(application.call_id).filter(person=OuterRef("pk"))
    return (
        User.objects.filter(
            Exists(held.filter(role=Role.REVIEWER)),
            ~Exists(held.filter(role__in=policies.READERS)),
            ~Exists(bound_to(application, now).filter(person=OuterRef("pk"))),
            ~Exists(Adviser.objects.filter(application=application, person=OuterRef("pk"))),
            ~Exists(Review.objects.filter(application=application, reviewer=OuterRef("pk"))),
            ~Exists(Recusal.objects.filter(application=application, person=OuterRef("pk"))),
            is_active=True,
        )
        .annotate(is_external=Exists(held.filter(role=Role.REVIEWER, organisation__kind=OrganisationKind.PARTNER)))
        .order_by("name", "pk")
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One review as one person may see it: `total` and `comment` are None while they are sealed for that person."""

    review: Review
    is_own: bool
    is_open: bool

    @property
    def total(self) -> Decimal | None:
        return self.review.total if self.is_open else None

    @property
    def comment(self) -> str | None:
        return self.review.comment if self.is_open else None


@dataclass(frozen=True, slots=True)
class Panel:
    """The reviews of an application as one person may see them, and what the open totals say together."""

    lines: list[Line]
    mean: Decimal | None
    spread: Decimal | None
    required: int


def panel(application: Application, person: Any, now: datetime) -> Panel:
    """The state of every review; totals only once the person's own is in, or, for others, once the application is reviewed."""
    reviews = list(
        Review.objects.filter(application=application, state__in=STATES_SHOWN).select_related("reviewer").order_by("assigned_at", "pk")
    )
    is_open = scores_are_open(application, reviews, person)
    lines = [Line(one, one.reviewer_id == person.pk, is_open and one.state == ReviewState.SUBMITTED) for one in reviews]
    totals = [line.total for line in lines if line.total is not None]
    return Panel(lines, scoring.mean(totals), scoring.spread(totals), application.call.terms.reviews_required)


def scores_are_open(application: Application, reviews: list[Review], person: Any) -> bool:
    """Whether this person may read scores: a reviewer after submitting their own, anyone else after the last one needed."""
    own = [one for one in reviews if one.reviewer_id == person.pk]
    if own:
        return all(one.state == ReviewState.SUBMITTED for one in own)
    return application.state != ApplicationState.IN_REVIEW


@dataclass(frozen=True, slots=True)
class Row:
    """A criterion of the grid with what the reviewer wrote, and the others' marks once they are open."""

    criterion: Criterion
    mark: Score | None
    others: list[Score]


def grid(review: Review, shown: Panel) -> list[Row]:
    """The grid of a review, in the order of the call."""
    open_ids = [line.review.pk for line in shown.lines if line.is_open]
    scores = list(Score.objects.filter(review__in=[review.pk, *open_ids]).select_related("review__reviewer").order_by("review_id", "pk"))
    return [
        Row(
            criterion,
            next((one for one in scores if one.review_id == review.pk and one.criterion_id == criterion.pk), None),
            [one for one in scores if one.review_id != review.pk and one.criterion_id == criterion.pk],
        )
        for criterion in review.application.call.criteria.order_by("position", "pk")
    ]
