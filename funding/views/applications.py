"""The Secretariat's page of one application: its facts, content, reviews and story, and what the person may do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fondsinnovation.kit.verdict import Verdict
from funding.models import Eligibility
from funding.policies import advisers
from funding.policies import awards as award_policies
from funding.policies import reviews as policies
from funding.queries.advisers import with_adviser
from funding.queries.reviews import panel
from funding.services.advisers import OVER
from projects.enums import WAITING, ApplicationState
from projects.models import Application, User
from projects.policies.interests import may_decide
from projects.policies.staff import read_files
from projects.queries.activity import story_of
from projects.queries.interests import undecided
from projects.queries.staff import SERVICE_STANDARD, staff_queue_for
from projects.queries.submitted import answers_of, sheets_of
from projects.tables.applications import state_tag, time_left


def file_or_404(person: Any, number: str, now: datetime) -> Application:
    """The submitted application of that number: 404 when the person does not see it, refused when they see it but are not of the staff."""
    application = get_object_or_404(files(person, now), number=number)
    read_files(person, now).require()
    return application


def files(person: Any, now: datetime) -> QuerySet[Application]:
    return with_adviser(staff_queue_for(person, now)).select_related(
        "call__terms", "organisation__region", "eligibility__decided_by", "eligibility__confirmed_by"
    )


#: states in which an application has its decision sheet
DECIDED = (
    ApplicationState.RECOMMENDED,
    ApplicationState.NOT_RECOMMENDED,
    ApplicationState.ACCEPTED,
    ApplicationState.REFUSED,
    ApplicationState.CONVERTED,
)


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do on the file: a button when the verdict is yes, else the reason."""

    label: str
    url: str
    verdict: Verdict
    quiet: bool = False  # never the main button of its page: it stops or ends something


def eligibility_of(application: Application) -> Eligibility | None:
    """The finding on an application, read with it."""
    return getattr(application, "eligibility", None)


def next_steps(application: Application, person: User, now: datetime) -> list[Step]:
    """What comes next for the application, for the person who may do it and for the others."""
    number = [application.number]
    found = eligibility_of(application)
    steps = []
    if application.state == ApplicationState.SUBMITTED and found is None:
        verdict = policies.decide_eligibility(person, application, now)
        steps.append(Step(_("Décider de la recevabilité"), reverse("funding:eligibility_decide", args=number), verdict))
    elif application.state == ApplicationState.SUBMITTED:
        verdict = policies.confirm_ineligibility(person, found, now)
        steps.append(Step(_("Confirmer la non-recevabilité"), reverse("funding:eligibility_confirm", args=number), verdict))
    if application.state in (ApplicationState.ELIGIBLE, ApplicationState.IN_REVIEW):
        verdict = policies.assign_reviewers(person, application, now)
        steps.append(Step(_("Attribuer des évaluations"), reverse("funding:review_assign", args=number), verdict))
    if application.state == ApplicationState.REVIEWED:
        verdict = award_policies.recommend_award(person, application, now)
        steps.append(Step(_("Préparer la recommandation"), reverse("funding:award_recommend", args=number), verdict))
    if application.state in DECIDED:
        steps.append(
            Step(_("Voir la fiche de décision"), reverse("funding:award_detail", args=number), read_files(person, now, application.call_id))
        )
    return steps


@require_safe
@login_required
def application_detail(request: HttpRequest, number: str) -> HttpResponse:
    now = timezone.now()
    application = file_or_404(request.user, number, now)
    version = next(iter(application.versions.order_by("-number")[:1]), None)
    context = {
        "application": application,
        "state": state_tag(application),
        "due": application.submitted_at + SERVICE_STANDARD if application.state in WAITING else None,
        "time_left": time_left(application, now),
        "eligibility": eligibility_of(application),
        "may_assign_adviser": application.state not in OVER and advisers.assign_adviser(request.user, application, now),
        "sheets": sheets_of(application),
        "version": version,
        "sections": answers_of(version) if version else [],
        "documents": application.documents.filter(removed_at=None).order_by("uploaded_at", "pk"),
        "panel": panel(application, request.user, now),
        "undecided": undecided(Application.objects.filter(pk=application.pk)) if may_decide(request.user, now, application.call_id) else [],
        "steps": next_steps(application, request.user, now),
        "story": story_of(application),
    }
    return render(request, "funding/application_detail.html", context)
