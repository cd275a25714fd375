"""Reviews: assigned, written under a version, submitted; together they make the application's score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import DomainError, Invalid, Stale, WrongState, act, current_entry, on_constraint
from funding import scoring
from funding.enums import REVIEW_MOVES, ReviewState
from funding.models import Review, Score
from funding.policies import reviews as policies
from funding.queries.reviews import active_reviews, assignable, counted_reviews
from projects.enums import APPLICATION_MOVES, ApplicationState
from projects.models import Application, Criterion, User
from projects.services import messages
from projects.services.journal import note, transition
from projects.services.locks import lock

#: criterion id → (score or None, comment)
Marks = Mapping[int, tuple[int | None, str]]


@act
def assign_reviewers(
    *, application_id: int, reviewer_ids: Sequence[int], due_on: date, actor: User, now: datetime, key: str | None = None
) -> Application:
    """Give an application to reviewers, who are told so; the first assignment starts its review.

    Raises NotAllowed, WrongState, Invalid (too few, or somebody who may not review it).
    """
    application = lock(Application, application_id)
    policies.assign_reviewers(actor, application, now).require()
    require_reviewable(application)
    people = _chosen(application, reviewer_ids, due_on, now)
    reviews = Review.objects.bulk_create(
        [
            Review(
                application=application, reviewer=person, is_external=person.is_external, due_on=due_on, assigned_by=actor, assigned_at=now
            )
            for person in people
        ]
    )
    if application.state == ApplicationState.ELIGIBLE:
        transition([application], ApplicationState.IN_REVIEW, moves=APPLICATION_MOVES, now=now)
    else:
        note(application)
    for review in reviews:
        note(review, reviewer=review.reviewer_id, due_on=due_on, is_external=review.is_external)
    with messages.in_french():
        subject, body = _("Une demande vous est confiée"), _to_declare(due_on)
    messages.send(people, application=application, subject=subject, body=body, now=now)
    return application


def require_reviewable(application: Application) -> None:
    """Raise WrongState unless the application may be given to reviewers."""
    if application.state not in (ApplicationState.ELIGIBLE, ApplicationState.IN_REVIEW):
        raise WrongState(_("Seule une demande recevable ou en évaluation reçoit des évaluations."))


def _chosen(application: Application, reviewer_ids: Sequence[int], due_on: date, now: datetime) -> list[Any]:
    """The people chosen, each of whom may review; enough of them. Raises Invalid with the reason of the first who may not."""
    if due_on < timezone.localdate(now):
        raise Invalid(errors={"due_on": _("L’échéance est passée : choisissez une date à venir.")})
    people = list(assignable(application, now).filter(pk__in=reviewer_ids))
    for refused in User.objects.filter(pk__in=set(reviewer_ids) - {person.pk for person in people}).order_by("pk"):
        verdict = policies.review(refused, application, now)
        raise Invalid(errors={"reviewers": verdict.reason or _("%(name)s évalue déjà ce dossier.") % {"name": refused.name}})
    required = application.call.terms.reviews_required
    missing = required - active_reviews(application.pk) - len(people)
    if missing > 0 or not people:
        raise Invalid(
            errors={
                "reviewers": _("Ce dossier demande %(required)s évaluations : choisissez encore au moins %(missing)s personne(s).")
                % {"required": required, "missing": max(missing, 1)}
            }
        )
    return people


def _to_declare(due_on: date) -> str:
    return _(
        "Une demande vous est confiée pour évaluation d’ici le %(due)s. Déclarez d’abord vos intérêts : le dossier s’ouvre ensuite. "
        "Elle se trouve sous « Mes évaluations » dans le portail."
    ) % {"due": due_on.isoformat()}


@act
def save_review(*, review_id: int, marks: Marks, comment: str, version: int, actor: User, now: datetime, key: str | None = None) -> Review:
    """Keep a review as typed, complete or not. Raises NotAllowed, WrongState, Stale (saved elsewhere since), Invalid (a score).

    It takes no notice of `key`: the version it was typed over already makes a repeat harmless.
    """
    review = lock(Review, review_id)
    policies.write_review(actor, review, now).require()
    if review.version == version + 1 and _is_kept(review, marks, comment):
        return review  # a double click
    _require_open(review, version)
    criteria = {criterion.pk: criterion for criterion in Criterion.objects.filter(call__applications=review.application_id).order_by("pk")}
    _require_within(criteria, marks)
    Score.objects.bulk_create(
        [Score(review=review, criterion=criteria[pk], score=score, comment=text) for pk, (score, text) in sorted(marks.items())],
        update_conflicts=True,
        unique_fields=["review", "criterion"],
        update_fields=["score", "comment"],
    )
    review.comment, review.version = comment, version + 1
    review.save(update_fields=["comment", "version"])
    note(review, version=review.version)
    current_entry().facts["application"] = review.application_id
    return review


def _is_kept(review: Review, marks: Marks, comment: str) -> bool:
    kept = {score.criterion_id: (score.score, score.comment) for score in review.scores.order_by("pk")}
    return review.comment == comment and kept == dict(marks)


def _require_open(review: Review, version: int) -> None:
    if review.state != ReviewState.IN_PROGRESS:
        raise WrongState(_("Cette évaluation n’est pas en cours : elle ne peut plus être modifiée."))
    if review.version != version:
        raise Stale(
            _("Cette évaluation a été enregistrée ailleurs depuis que vous avez ouvert la page. Rien n’a été remplacé : rechargez-la.")
        )


def _require_within(criteria: Mapping[int, Criterion], marks: Marks) -> None:
    errors = {}
    for pk, (score, _comment) in marks.items():
        if pk not in criteria:
            raise Invalid(_("Ce critère n’est pas de cet appel."))
        if score is not None and not 0 <= score <= criteria[pk].maximum:
            errors[f"score_{pk}"] = _("Choisissez une note de 0 à %(maximum)s.") % {"maximum": criteria[pk].maximum}
    if errors:
        raise Invalid(errors=errors)


@act
def submit_review(*, review_id: int, version: int, actor: User, now: datetime, key: str | None = None) -> Review:
    """Hand in a complete review: its total is fixed, and the last one needed makes the application's score.

    Raises NotAllowed, WrongState, Stale, Invalid (what is missing, criterion by criterion).
    """
    application = lock(Application, Review.objects.values_list("application", flat=True).get(pk=review_id))
    review = lock(Review, review_id)
    policies.write_review(actor, review, now).require()
    _require_open(review, version)
    if application.state != ApplicationState.IN_REVIEW:
        raise WrongState(_("L’évaluation de cette demande est terminée : les évaluations requises ont été remises."))
    total = _complete_total(review)
    transition([review], ReviewState.SUBMITTED, moves=REVIEW_MOVES, now=now, submitted_at=now, total=total)
    settle(application, now=now)
    current_entry().facts["application"] = application.pk
    return review


def _complete_total(review: Review) -> Decimal:
    """The total of a grid in which each criterion has its score and its comment. Raises Invalid naming what is missing."""
    kept = {score.criterion_id: score for score in review.scores.order_by("pk")}
    criteria = list(Criterion.objects.filter(call__applications=review.application_id).order_by("position", "pk"))
    if errors := missing_in(criteria, kept, review.comment):
        raise Invalid(errors=errors)
    return scoring.total((one.weight, kept[one.pk].score or 0, one.maximum) for one in criteria)


def missing_in(criteria: Sequence[Criterion], kept: Mapping[int, Score], comment: str) -> dict[str, str]:
    """What a review lacks before it can be submitted, by the name of its field."""
    errors = {}
    for one in criteria:
        score = kept.get(one.pk)
        if score is None or score.score is None:
            errors[f"score_{one.pk}"] = _("Donnez une note au critère « %(title)s ».") % {"title": one.title}
        errors |= _bad_comment(f"comment_{one.pk}", score.comment if score else "", 2000, one.title)
    return errors | _bad_comment("comment", comment, 4000, _("Commentaire général"))


def _bad_comment(name: str, text: str, longest: int, title: str) -> dict[str, str]:
    if not text.strip():
        return {name: _("Commentez : « %(title)s ».") % {"title": title}}
    if len(text) > longest:
        return {
            name: _("« %(title)s » : le commentaire compte %(length)s caractères; la limite est de %(longest)s.")
            % {"title": title, "length": len(text), "longest": longest}
        }
    return {}


def settle(application: Application, *, now: datetime) -> None:
    """Make the application's score from the reviews that count, or send it back to review when a conflict leaves too few.

    Once recommended, its score stands as it was then.
    """
    if application.state not in (ApplicationState.IN_REVIEW, ApplicationState.REVIEWED):
        return
    totals = [review.total for review in counted_reviews(application.pk) if review.total is not None]
    enough = len(totals) >= application.call.terms.reviews_required
    state = ApplicationState.REVIEWED if enough else ApplicationState.IN_REVIEW
    score = scoring.mean(totals) if enough else None
    if state != application.state:
        transition([application], state, moves=APPLICATION_MOVES, now=now, score=score)
    elif score != application.score:
        application.score = score
        application.save(update_fields=["score"])
        note(application, score=score)


@on_constraint("score_within_maximum")
def _above_maximum(_detail: dict[str, Any]) -> DomainError:
    return Invalid(_("Une note dépasse la note maximale de son critère."))


@on_constraint("score_of_the_grid")
def _of_another_grid(_detail: dict[str, Any]) -> DomainError:
    return Invalid(_("Ce critère n’est pas de cet appel."))


@on_constraint("score_of_a_review_in_progress")
@on_constraint("review_final_once_submitted")
def _is_final(_detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Cette évaluation n’est pas en cours : elle ne peut plus être modifiée."))


@on_constraint("review_submitted_has_every_score")
def _is_incomplete(_detail: dict[str, Any]) -> DomainError:
    return Invalid(_("Une évaluation remise porte une note pour chaque critère."))
