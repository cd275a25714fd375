"""An organisation's applications: the list, the start, the page of one, and its sections."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import F
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.kit.errors import NotAllowed
from fondsinnovation.kit.views import ActForm
from fondsinnovation.templatetags.typography import number
from projects.enums import PUBLIC_CALL_STATES, ApplicationState, SectionKind
from projects.forms.applications import StartForm
from projects.models import Application, Call
from projects.policies import applications as policies
from projects.queries.applications import (
    documents_for,
    facts_of,
    own_applications_for,
    own_organisations_for,
    sections_of,
    signatories_of,
    submitted_version,
)
from projects.queries.people import active_members
from projects.sections import Progress
from projects.sections.answers import answers
from projects.services.applications import require_open, start_application
from projects.tables.own_applications import OwnApplicationTable

#: the parts of the task list and the sections of each
PARTS = (
    (gettext_lazy("1. Se préparer"), (SectionKind.ORGANISATION,)),
    (gettext_lazy("2. Décrire le projet"), (SectionKind.NEED, SectionKind.PLAN, SectionKind.BUDGET, SectionKind.GAINS)),
    (gettext_lazy("3. Conclure"), (SectionKind.DOCUMENTS, SectionKind.DECLARATION)),
)
#: stages in which the organisation has its decision, with the page that leads to what follows
TOLD = (ApplicationState.ACCEPTED, ApplicationState.REFUSED, ApplicationState.CONVERTED)
COLOURS = {
    Progress.NOT_STARTED: "outline",
    Progress.IN_PROGRESS: "blue",
    Progress.TO_CORRECT: "red",
    Progress.COMPLETE: "green",
    Progress.UPCOMING: "",
}


def own_application(request: HttpRequest, pk: int) -> Application:
    """An application of one of this person's organisations, or 404."""
    own = own_applications_for(request.user, timezone.now()).select_related("call__terms", "organisation", "submitted_by")
    return get_object_or_404(own, pk=pk)


@require_safe
@login_required
def application_list(request: HttpRequest) -> HttpResponse:
    """The applications of this person's organisations, the last changed first."""
    rows = own_applications_for(request.user, timezone.now()).select_related("call", "organisation")
    table = OwnApplicationTable.for_page(request, rows.order_by(F("changed_at").desc(), "pk"))
    count = table.paginator.count
    table.caption = ngettext("%(count)s demande", "%(count)s demandes", count) % {"count": number(count)}
    return render(request, "projects/application_list.html", {"table": table})


class ApplicationStart(ActForm):
    """Start an application to a call, in the name of an organisation."""

    template_name = "projects/application_start.html"
    form_class = StartForm

    @cached_property
    def call(self) -> Call:
        return get_object_or_404(Call, reference=self.kwargs["reference"], state__in=PUBLIC_CALL_STATES)

    def require_possible(self) -> None:
        require_open(self.call, timezone.now())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page of a call that is not open is shown: it says when it opens, or that it closed."""
        return self.render_to_response(self.get_context_data())

    def get_form_kwargs(self) -> dict[str, Any]:
        organisations = own_organisations_for(self.request.user, timezone.now())
        if not organisations:
            raise NotAllowed(_("Pour déposer une demande, il faut un rôle dans un organisme demandeur en vigueur."))
        return {**super().get_form_kwargs(), "organisations": organisations}

    def get_initial(self) -> dict[str, Any]:
        organisations = own_organisations_for(self.request.user, timezone.now())
        return {**super().get_initial(), "organisation": organisations[0].pk if len(organisations) == 1 else None}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(call=self.call, is_open=self.call.accepts_at(timezone.now()), **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        application = start_application(
            call_id=self.call.pk, organisation_id=data["organisation"].pk, actor=self.request.user, now=timezone.now(), key=data["key"]
        )
        return redirect("projects:application_detail", pk=application.pk)


@require_safe
@login_required
def application_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The task list of a draft; the receipt of an application that was submitted."""
    application = own_application(request, pk)
    if application.state != ApplicationState.DRAFT:
        return _submitted(request, application)
    now = timezone.now()
    sections = sections_of(application, facts_of(application))
    found = {status.section.kind: status for status in sections}
    last = max((s.saved for s in sections if s.saved.saved_at), key=lambda saved: saved.saved_at, default=None)
    context = {
        "application": application,
        "parts": [(title, [_task(found[kind]) for kind in kinds]) for title, kinds in PARTS],
        "done": sum(status.progress == Progress.COMPLETE for status in sections),
        "count": len(sections),
        "last": last,
        "is_open": application.call.accepts_at(now),
        "now": now,
        "members": active_members(application.organisation_id, now).select_related("person").order_by("role", "person__name", "pk"),
        "signatories": signatories_of(application.organisation_id, now),
        "may_submit": policies.submit_application(request.user, application, now),
    }
    return render(request, "projects/application_tasks.html", context)


def _task(status: Any) -> dict[str, Any]:
    """A section as a row of the task list; what is still to come cannot be opened."""
    return {
        "section": status.section,
        "open": status.progress != Progress.UPCOMING,
        "state": status.progress.label,
        "colour": COLOURS[status.progress],
    }


def _submitted(request: HttpRequest, application: Application) -> HttpResponse:
    facts = facts_of(application)
    documents = documents_for(request.user, timezone.now()).filter(application=application)
    context = {
        "application": application,
        "stage": ApplicationState(application.stage).label,  # type: ignore[attr-defined]
        "version": submitted_version(application),
        "sections": [(status.section, answers(status.form)) for status in sections_of(application, facts)],
        "documents": documents.order_by("uploaded_at", "pk"),
        "told": TOLD,
    }
    return render(request, "projects/application_submitted.html", context)
