"""Reads of the Secretariat's queue: every submitted application that no recusal hides from the reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, F, Func, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.enums import WAITING, ApplicationState
from projects.models import Application
from projects.models.applications import ACCENTED, PLAIN
from projects.models.organisations import sort_key, words_of
from projects.policies.rights import rights_of
from projects.policies.staff import READERS
from projects.queries.applications import STAGE, applications_for, read_as_staff

#: days between the submission of an application and its decision: what the Fund promises to applicants
SERVICE_STANDARD = timedelta(days=60)

_S = ApplicationState


@dataclass(frozen=True, slots=True)
class SavedView:
    code: str
    label: str | Promise
    states: frozenset[ApplicationState]


SAVED_VIEWS = (
    SavedView("todo", _("À traiter"), WAITING),
    SavedView("eligibility", _("Recevabilité"), frozenset({_S.SUBMITTED})),
    SavedView("assignment", _("À attribuer"), frozenset({_S.ELIGIBLE})),
    SavedView("review", _("En évaluation"), frozenset({_S.IN_REVIEW})),
    SavedView("ready", _("Prêtes pour recommandation"), frozenset({_S.REVIEWED})),
    SavedView("decision", _("En décision"), frozenset({_S.RECOMMENDED, _S.NOT_RECOMMENDED})),
    SavedView("all", _("Toutes"), frozenset(set(ApplicationState) - {_S.DRAFT})),
)

#: what the Secretariat does next with an application in that state
NEXT_ACTIONS = {
    _S.SUBMITTED: _("Décider de la recevabilité"),
    _S.ELIGIBLE: _("Attribuer les évaluations"),
    _S.IN_REVIEW: _("Suivre les évaluations"),
    _S.REVIEWED: _("Préparer la recommandation"),
    _S.RECOMMENDED: _("Suivre la décision"),
    _S.NOT_RECOMMENDED: _("Suivre la décision"),
    _S.ACCEPTED: _("Préparer la convention"),
}


def queue_for(person: Any, now: datetime) -> QuerySet[Application]:
    """The submitted applications that this person may read, the most urgent first; `stage` is the state that they may know."""
    submitted = applications_for(person, now).exclude(state=ApplicationState.DRAFT)
    rights = rights_of(person, now)
    stage: Any = STAGE  # with a token, an organisation reads its own files here
    if rights.has(*READERS):
        stage = F("state")
    elif rights.calls(*READERS):
        stage = Case(When(read_as_staff(person, now), then=F("state")), default=STAGE, output_field=CharField())
    return submitted.annotate(stage=stage).select_related("call", "organisation").order_by("submitted_at", "pk")


def staff_queue_for(person: Any, now: datetime) -> QuerySet[Application]:
    """Those of `queue_for` that this person reads for the Fund: a role limited to a call opens the files of that call alone."""
    return queue_for(person, now).filter(read_as_staff(person, now))


@dataclass(frozen=True, slots=True)
class ViewCount:
    view: SavedView
    count: int


def view_counts(applications: QuerySet[Application], now: datetime) -> tuple[list[ViewCount], int]:
    """How many applications each saved view holds, and how many wait beyond the service standard: one query."""
    late = Q(submitted_at__lt=now - SERVICE_STANDARD, state__in=WAITING)
    rows = applications.order_by().values("state").annotate(rows=Count("pk"), late=Count("pk", filter=late)).order_by("state")
    found = {row["state"]: row for row in rows}
    counts = [ViewCount(view, sum(found[s]["rows"] for s in view.states if s in found)) for view in SAVED_VIEWS]
    return counts, sum(row["late"] for row in found.values())


def folded(field: str) -> Func:
    """A text without case nor accents, in the database."""
    return Func(Lower(F(field)), Value(ACCENTED), Value(PLAIN), function="translate", output_field=TextField())


def matching(applications: QuerySet[Application], words: str) -> QuerySet[Application]:
    """Those whose number, title or organisation hold each of these words, whatever their case, accents, dashes and apostrophes."""
    for word, key in zip(words_of(words).split(), sort_key(words).split(), strict=True):
        applications = applications.filter(
            Q(folded_title__contains=word) | Q(number__contains=word.upper()) | Q(organisation__sort_key__contains=key)
        )
    return applications
