"""Check the answers, submit, and take away what was submitted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import cached_property
from django.views.decorators.http import require_safe

from fondsinnovation.kit.views import ActForm, writes_access
from fondsinnovation.templatetags.portal import error_summary
from projects.forms.applications import KeyForm
from projects.models import Application, ApplicationVersion
from projects.pdf import render
from projects.policies import applications as policies
from projects.queries.applications import (
    SectionStatus,
    applications_for,
    attachments_of,
    facts_of,
    sections_of,
    signatories_of,
    submitted_version,
)
from projects.sections.answers import answers
from projects.services.access import record_access
from projects.services.submissions import submit_application
from projects.views.applications import own_application


def mistakes(application: Application, sections: list[SectionStatus]) -> Iterator[dict[str, str]]:
    """Everything to correct, each with the address of its field."""
    for status in sections:
        page = reverse("projects:section_detail", args=[application.pk, status.section.slug])
        for error in error_summary(*status.form.parts())["errors"]:
            anchor = f"#{error['target']}" if error["target"] else ""
            yield {"url": f"{page}?erreurs=1{anchor}", "text": f"{error['label']}{error['text']}", "section": status.section.kind.label}


class ApplicationCheck(ActForm):
    """Every answer on one page; the signatory submits from here, the others see who will."""

    template_name = "projects/application_check.html"
    form_class = KeyForm

    @cached_property
    def application(self) -> Application:
        return own_application(self.request, self.kwargs["pk"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.application.submitted_at:
            return redirect("projects:application_detail", pk=self.application.pk)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now, facts = timezone.now(), facts_of(self.application)
        sections = sections_of(self.application, facts)
        return super().get_context_data(
            application=self.application,
            sections=[(status.section, answers(status.form)) for status in sections],
            mistakes=list(mistakes(self.application, sections)),
            documents=facts.documents,
            is_open=self.application.call.accepts_at(now),
            may_submit=policies.submit_application(self.request.user, self.application, now),
            signatories=signatories_of(self.application, now),
            **kwargs,
        )

    def perform(self, form: BaseForm) -> HttpResponse:
        application = submit_application(
            application_id=self.application.pk,
            received_at=self.request.received_at,
            actor=self.request.user,
            now=timezone.now(),
            key=form.cleaned_data["key"],
        )
        return redirect("projects:application_detail", pk=application.pk)


def _submitted(request: HttpRequest, pk: int) -> tuple[Application, ApplicationVersion]:
    """A submitted application that this person may read, and its version; or 404."""
    seen = applications_for(request.user, timezone.now()).filter(submitted_at__isnull=False)
    application = get_object_or_404(seen.select_related("call__terms", "organisation", "submitted_by"), pk=pk)
    return application, submitted_version(application)


@writes_access
@require_safe
@login_required
def application_content(request: HttpRequest, pk: int) -> HttpResponse:
    """The canonical JSON of what was submitted: its bytes have the SHA-256 of the receipt."""
    application, version = _submitted(request, pk)
    record_access(obj=version, what="content", actor=request.user, now=timezone.now())
    return _attachment(version.content.encode(), "application/json", f"{application.number}.json")


@writes_access
@require_safe
@login_required
def application_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The copy to read and to file, with the same SHA-256 printed on it."""
    application, version = _submitted(request, pk)
    facts = facts_of(application)
    with translation.override("fr-ca"):  # the copy is in French, as the answers are: the same bytes for everyone
        data = {
            "number": application.number,
            "title": application.title,
            "call": f"{application.call.reference} – {application.call.title}",
            "organisation": application.organisation.name,
            "submitted_by": application.submitted_by.name if application.submitted_by else "",
            "received_at": timezone.localtime(version.received_at).strftime("%Y-%m-%d %H:%M:%S"),
            "sha256": version.sha256,
            "sections": [
                {"title": str(status.section.kind.label), "answers": [{"label": a.label, "text": a.text} for a in answers(status.form)]}
                for status in sections_of(application, facts)
            ],
            "attachments": [{"name": document.name, "sha256": document.sha256} for document in attachments_of(application)],
        }
    copy = render("application.typ", data, at=version.received_at)
    record_access(obj=version, what="pdf", actor=request.user, now=timezone.now())
    return _attachment(copy, "application/pdf", f"{application.number}.pdf")


def _attachment(content: bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
