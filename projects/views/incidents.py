"""The register of confidentiality incidents: list, one incident, its entry, its changes, its closing, the file of the register."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fondsinnovation.kit.views import ActForm, posted_key
from projects.exports import csv_response
from projects.forms.incidents import CloseIncidentForm, IncidentForm
from projects.models import Incident
from projects.policies import incidents as policies
from projects.queries.incidents import incidents_for, story_of
from projects.services import incidents as acts
from projects.tables.incidents import COLUMNS, IncidentTable, kinds_of, risk_tag, state_tag

#: the fields that the form begins with
_FIELDS = (
    "discovered_at", "description", "kinds", "people_count", "risk", "assessment", "measures", "commission_notified_at",
    "people_notified_at", "version",
)  # fmt: skip


@require_safe
@login_required
def incident_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    policies.read_incidents(request.user, now).require()
    table = IncidentTable.for_page(request, incidents_for(request.user, now))
    context = {"table": table, "may_record": policies.record_incident(request.user, now), "key": f"{request.user.pk}-{now.timestamp()}"}
    return render(request, "projects/incident_list.html", context)


@require_safe
@login_required
def incident_detail(request: HttpRequest, number: str) -> HttpResponse:
    """One incident, with who recorded and changed it."""
    now = timezone.now()
    policies.read_incidents(request.user, now).require()
    incident = get_object_or_404(incidents_for(request.user, now), number=number)
    context = {
        "incident": incident,
        "state": state_tag(incident),
        "risk": risk_tag(incident),
        "kinds": kinds_of(incident),
        "story": story_of(incident),
        "may_edit": policies.edit_incident(request.user, incident, now),
    }
    return render(request, "projects/incident_detail.html", context)


class IncidentCreate(ActForm):
    """Enter an incident."""

    template_name = "projects/incident_form.html"
    form_class = IncidentForm

    def get_initial(self) -> dict[str, Any]:
        policies.record_incident(self.request.user, timezone.now()).require()
        return {**super().get_initial(), "risk": "unknown"}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(incident=None, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        assert isinstance(form, IncidentForm)  # noqa: S101 — tells the type checker
        incident = acts.record_incident(content=form.content, actor=self.request.user, now=timezone.now(), key=form.cleaned_data["key"])
        messages.success(self.request, _("L’incident est inscrit."))
        return redirect("projects:incident_detail", number=incident.number)


class _OfIncident(ActForm):
    @cached_property
    def incident(self) -> Incident:
        now = timezone.now()
        policies.record_incident(self.request.user, now).require()
        incident = get_object_or_404(incidents_for(self.request.user, now), number=self.kwargs["number"])
        policies.edit_incident(self.request.user, incident, now).require()
        return incident

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(incident=self.incident, **kwargs)


class IncidentEdit(_OfIncident):
    """Complete an incident."""

    template_name = "projects/incident_form.html"
    form_class = IncidentForm

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), **{name: getattr(self.incident, name) for name in _FIELDS}}

    def perform(self, form: BaseForm) -> HttpResponse:
        assert isinstance(form, IncidentForm)  # noqa: S101 — tells the type checker
        acts.edit_incident(
            incident_id=self.incident.pk, content=form.content, version=form.cleaned_data["version"] or 0, actor=self.request.user,
            now=timezone.now(), key=form.cleaned_data["key"],
        )  # fmt: skip
        messages.success(self.request, _("L’incident est mis à jour."))
        return redirect("projects:incident_detail", number=self.incident.number)


class IncidentClose(_OfIncident):
    """Confirm that an incident is closed."""

    template_name = "projects/incident_close.html"
    form_class = CloseIncidentForm

    def perform(self, form: BaseForm) -> HttpResponse:
        acts.close_incident(incident_id=self.incident.pk, actor=self.request.user, now=timezone.now(), key=form.cleaned_data["key"])
        messages.success(self.request, _("L’incident est clos."))
        return redirect("projects:incident_detail", number=self.incident.number)


@require_POST
@login_required
def incident_export(request: HttpRequest) -> StreamingHttpResponse:
    """The register as a file."""
    now = timezone.now()
    rows = list(incidents_for(request.user, now))
    acts.export_incidents(rows=len(rows), actor=request.user, now=now, key=posted_key(request))
    content = [[value(incident) for _title, value in COLUMNS] for incident in rows]
    return csv_response("incidents.csv", [title for title, _value in COLUMNS], content)
