"""The page of one section: saved by itself as it is typed, by a button when no script runs; and its files."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import View

from fondsinnovation.kit.errors import DomainError, Invalid
from fondsinnovation.kit.views import ActForm
from projects.enums import SectionKind
from projects.forms.applications import AttachForm, KeyForm
from projects.models import Application, ApplicationSection, Document
from projects.queries.applications import attachments_of, facts_of, sections_of
from projects.sections import BY_SLUG, SECTIONS, GainsSection, Progress, Section, row_count, section_form, without_row
from projects.services.attachments import attach_document, remove_document
from projects.services.sections import save_section
from projects.views.applications import own_application


def page_context(request: HttpRequest, application: Application, section: Section, **extra: Any) -> dict[str, Any]:
    """What the page of a section shows around its form."""
    position = SECTIONS.index(section) + 1
    context = {
        "application": application,
        "section": section,
        "position": position,
        "count": len(SECTIONS),
        "is_open": application.call.accepts_at(timezone.now()),
        "template": f"projects/sections/{section.kind}.html",
        "conflict": "",
        "calculated": None,
        **extra,
    }
    if section.kind == SectionKind.DOCUMENTS:
        context.setdefault("upload", AttachForm(initial={"key": uuid.uuid4().hex}))
        context["documents"] = attachments_of(application)
    return context


class SectionPage(LoginRequiredMixin, View):
    """One section of a draft."""

    @cached_property
    def application(self) -> Application:
        return own_application(self.request, self.kwargs["pk"])

    @cached_property
    def section(self) -> Section:
        try:
            return BY_SLUG[self.kwargs["slug"]]
        except KeyError as error:
            raise Http404 from error

    @cached_property
    def facts(self) -> Any:
        return facts_of(self.application)

    def get(self, request: HttpRequest, pk: int, slug: str) -> HttpResponse:
        """What was saved; with its errors when something is wrong or when the check page asks to see them."""
        if self.application.submitted_at:
            return redirect("projects:application_detail", pk=pk)
        [status] = [each for each in sections_of(self.application, self.facts) if each.section == self.section]
        loud = status.progress == Progress.TO_CORRECT or "erreurs" in request.GET
        typed = status.saved.data if status.saved.version else self.prefilled()
        return self.page(typed, saved=status.saved, loud=loud)

    def prefilled(self) -> dict[str, str]:
        """What the portal knows before anything is typed."""
        if self.section.kind != SectionKind.ORGANISATION:
            return {}
        return {"contact_name": self.request.user.name, "contact_email": self.request.user.email}

    def page(self, typed: Mapping[str, Any], *, saved: ApplicationSection, loud: bool, **extra: Any) -> HttpResponse:
        form = section_form(self.section.kind, typed, self.facts, quiet=not loud)
        status = extra.pop("status", 200)
        context = page_context(self.request, self.application, self.section, form=form, saved=saved, version=saved.version, **extra)
        return render(self.request, "projects/section.html", context, status=status)

    def post(self, request: HttpRequest, pk: int, slug: str) -> HttpResponse:
        """Keep what was typed, then do what the button says."""
        form = section_form(self.section.kind, request.POST, self.facts)
        typed = self.with_button(form.typed())
        if "calculate" in request.POST and isinstance(form, GainsSection):
            return self.calculated(typed, form)
        version = request.POST.get("version", "")
        try:
            saved = save_section(
                application_id=pk,
                kind=self.section.kind,
                typed=typed,
                version=int(version) if version.isdecimal() else 0,
                actor=request.user,
                now=timezone.now(),
            )
        except DomainError as error:
            return self.refused(typed, error)
        if request.htmx:
            form = section_form(self.section.kind, typed, self.facts, quiet=True)
            return render(request, "projects/section_saved.html", {"saved": saved, "form": form, "section": self.section})
        return self.next(typed, saved)

    def calculated(self, typed: Mapping[str, str], form: GainsSection) -> HttpResponse:
        """The forecasts that the figures typed give, on the page and nowhere else: nothing is kept before the person keeps it."""
        if self.application.submitted_at:
            return redirect("projects:application_detail", pk=self.application.pk)
        found = form.calculated()
        return self.page({**typed, **found}, saved=self.unsaved(), loud=False, calculated=bool(found))

    def unsaved(self) -> ApplicationSection:
        """What the page goes on from when nothing was kept: the version that it was read at."""
        posted = self.request.POST.get("version", "")
        return ApplicationSection(application=self.application, version=int(posted) if posted.isdecimal() else 0)

    def with_button(self, typed: dict[str, str]) -> dict[str, str]:
        """The rows after « add » or « remove », for a page without a script."""
        form_class, post = self.section.form_class, self.request.POST
        if "add" in post and form_class.row_form is not None:
            first = next(iter(form_class.row_form.base_fields))
            typed[f"{form_class.row_prefix}-{row_count(typed, form_class.row_prefix)}-{first}"] = ""
        if post.get("remove", "").isdecimal():
            return without_row(typed, form_class.row_prefix, int(post["remove"]))
        return typed

    def next(self, typed: Mapping[str, str], saved: ApplicationSection) -> HttpResponse:
        post, pk = self.request.POST, self.application.pk
        if "add" in post or "remove" in post:
            return redirect(f"{self.request.path}#rows")
        if "return" in post:
            return redirect("projects:application_detail", pk=pk)
        if not saved.is_complete:
            return self.page(typed, saved=saved, loud=True, status=422)
        later = SECTIONS[SECTIONS.index(self.section) + 1 :]
        if not later:
            return redirect("projects:application_check", pk=pk)
        return redirect("projects:section_detail", pk=pk, slug=later[0].slug)

    def refused(self, typed: Mapping[str, str], error: DomainError) -> HttpResponse:
        """What was typed stays on the page, with the reason; nothing of a colleague's was written over."""
        if self.request.htmx:
            return render(self.request, "projects/section_refused.html", {"message": error.message}, status=error.status)
        if self.application.submitted_at:
            raise error
        return self.page(typed, saved=self.unsaved(), loud=False, conflict=error.message, status=error.status)


class DocumentAttach(ActForm):
    """Attach a file to a draft."""

    template_name = "projects/section.html"
    form_class = AttachForm
    section = BY_SLUG["documents"]

    @cached_property
    def application(self) -> Application:
        return own_application(self.request, self.kwargs["pk"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("projects:section_detail", pk=self.application.pk, slug=self.section.slug)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        [status] = [each for each in sections_of(self.application, facts_of(self.application)) if each.section == self.section]
        form = section_form(self.section.kind, status.saved.data, facts_of(self.application), quiet=True)
        return page_context(
            self.request, self.application, self.section, form=form, upload=kwargs["form"], saved=status.saved, version=status.saved.version
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.application  # noqa: B018 — 404 before the file is looked at
        return super().post(request, *args, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        try:
            document = attach_document(
                application_id=self.application.pk,
                kind=data["kind"],
                file=data["file"],
                actor=self.request.user,
                now=timezone.now(),
                key=data["key"],
            )
        except Invalid as error:
            raise type(error)(errors=error.errors or {"file": error.message}) from error
        messages.success(self.request, _("Le document « %(name)s » est joint.") % {"name": document.name})
        return redirect("projects:section_detail", pk=self.application.pk, slug=self.section.slug)


class DocumentRemove(ActForm):
    """Confirm that a file is taken back."""

    template_name = "projects/document_remove.html"
    form_class = KeyForm

    @cached_property
    def document(self) -> Document:
        application = own_application(self.request, self.kwargs["pk"])
        return get_object_or_404(attachments_of(application).select_related("application"), pk=self.kwargs["document"])

    @property
    def back(self) -> str:
        return reverse("projects:section_detail", args=[self.kwargs["pk"], "documents"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(document=self.document, back=self.back, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        remove_document(document_id=self.document.pk, actor=self.request.user, now=timezone.now(), key=form.cleaned_data["key"])
        messages.success(self.request, _("Le document « %(name)s » est retiré.") % {"name": self.document.name})
        return redirect(self.back)
