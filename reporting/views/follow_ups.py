"""Pages of follow-up reports: the list and what waits, the report as a task list, its sections, its files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from django.views.generic import View

from fondsinnovation.kit.errors import DomainError, Invalid
from fondsinnovation.kit.views import ActForm
from fondsinnovation.templatetags.typography import number as said
from funding.forms.payments import KeyForm
from funding.queries.release import current_hold
from projects.models import Document
from projects.policies.staff import read_files
from projects.sections.base import Progress
from reporting.enums import FOLLOW_UP_OPEN, FollowUpKind, FollowUpPart, FollowUpState
from reporting.filters.follow_ups import FollowUpFilter
from reporting.forms.follow_ups import AttachmentForm
from reporting.models import FollowUpReport, FollowUpSection
from reporting.policies import follow_ups as policies
from reporting.queries import follow_up_plan as plans
from reporting.queries.follow_up_answers import answers_of
from reporting.queries.follow_ups import (
    VIEWS,
    attachments_of,
    follow_ups_for,
    in_order,
    is_writable,
    report_facts,
    sections_of,
    story_of,
    view_counts,
    with_tier,
)
from reporting.sections.follow_ups import BY_SLUG, Part, part_form, parts_of
from reporting.services import follow_ups as acts
from reporting.tables.follow_ups import FollowUpTable, follow_up_tag, lateness

_S = FollowUpState
PROGRESS_COLOURS = {Progress.NOT_STARTED: "outline", Progress.IN_PROGRESS: "blue", Progress.TO_CORRECT: "red", Progress.COMPLETE: "green"}
#: what a reader of the Secretariat may read of a report: it is received
RECEIVED = (_S.SUBMITTED, _S.VERIFIED)


@require_safe
@login_required
def follow_up_list(request: HttpRequest) -> HttpResponse:
    """The reports that the reader may see, late first; a view keeps what waits."""
    now = timezone.now()
    rows = with_tier(in_order(follow_ups_for(request.user, now)))
    asked = request.GET.copy()
    if not asked.get("agreement"):
        asked.setdefault("view", VIEWS[0].code)
    found = FollowUpFilter(asked, rows, request=request)
    table = FollowUpTable.for_page(request, found.qs, day=timezone.localdate(now))
    count = table.paginator.count
    table.caption = ngettext("%(count)s rapport", "%(count)s rapports", count) % {"count": said(count)}
    context = {"table": table, "filter": found, "views": view_counts(rows), "view": asked.get("view", "all")}
    return render(request, "reporting/follow_up_list.html", context)


def follow_up_or_404(request: HttpRequest, number: str) -> FollowUpReport:
    people = ("signed_by", "cosigned_by", "verified_by", "project__application")
    return get_object_or_404(follow_ups_for(request.user, timezone.now()).select_related(*people), number=number)


@require_safe
@login_required
def follow_up_detail(request: HttpRequest, number: str) -> HttpResponse:
    """A report: its task list for those who write it, what it says once it is received, its plan and its story."""
    now = timezone.now()
    report = follow_up_or_404(request, number)
    may_write = policies.write_follow_up(request.user, report.project, now)
    reads = bool(may_write) or report.state in RECEIVED or not read_files(request.user, now, report.project.call_id)
    writes = bool(may_write) and is_writable(report)
    context = {
        **facts_of(report),
        "may_write": writes,
        "tasks": tasks_of(report) if writes else [],
        "answers": answers_of(report) if reads and not writes else [],
        "reads": reads,
        "documents": attachments_of(report) if reads else [],
        "may_cosign": report.state == _S.TO_COSIGN and policies.cosign_follow_up(request.user, report, now),
        "may_take_back": report.state == _S.TO_COSIGN and bool(may_write),
        "may_verify": report.state == _S.SUBMITTED and policies.verify_follow_up(request.user, report, now),
        "story": story_of(report),
        **plan_of(report),
    }
    return render(request, "reporting/follow_up_detail.html", context)


def facts_of(report: FollowUpReport) -> dict[str, Any]:
    """What every page of one report shows."""
    hold = current_hold(report.agreement)
    return {
        "report": report,
        "state": follow_up_tag(report),
        "late": lateness(report, timezone.localdate()),
        "hold": hold if hold is not None and hold.source == report.number else None,
        "is_open": report.state in FOLLOW_UP_OPEN,
        "may_write": False,
        "is_final": report.kind == FollowUpKind.CLOSING,
    }


def plan_of(report: FollowUpReport, *only: FollowUpPart) -> dict[str, Any]:
    """What the report is prefilled with: all of it, or what one section needs."""
    wanted = only or tuple(FollowUpPart)
    costs = plans.costs_of(report) if FollowUpPart.COSTS in wanted else []
    return {
        "milestones": plans.milestones_of(report) if FollowUpPart.PROGRESS in wanted else [],
        "costs": costs,
        "costs_total": plans.total_of(costs) if len(costs) > 1 else (),
        "gains": plans.gains_of(report) if FollowUpPart.GAINS in wanted else [],
        "objectives": plans.objectives_of(report, timezone.now()) if FollowUpPart.OBJECTIVES in wanted else [],
    }


def tasks_of(report: FollowUpReport) -> list[dict[str, Any]]:
    """Each section to fill in, with where it stands."""
    facts, found = report_facts(report, timezone.localdate()), []
    for part, required, saved in sections_of(report):
        form = part_form(part.kind, saved.content if saved else {}, facts)
        progress = form.progress(started=saved is not None)
        optional = not required and form.is_blank
        state, colour = (_("Facultatif"), "") if optional else (progress.label, PROGRESS_COLOURS[progress])
        found.append(
            {"part": part, "state": state, "colour": colour, "done": saved is not None and saved.is_complete, "required": required}
        )
    return found


# ── A section ────────────────────────────────────────────────────────────────────────────────────────────────────────
class FollowUpSectionPage(LoginRequiredMixin, View):
    """One section of a report that is being written: saved by itself as it is typed, by a button when no script runs."""

    @cached_property
    def report(self) -> FollowUpReport:
        report = follow_up_or_404(self.request, self.kwargs["number"])
        policies.write_follow_up(self.request.user, report.project, timezone.now()).require()
        return report

    @cached_property
    def part(self) -> Part:
        part = BY_SLUG.get(self.kwargs["slug"])
        if part is None or part not in [each for each, _required in parts_of(self.report.kind)]:
            raise Http404
        return part

    @property
    def saved(self) -> FollowUpSection:
        found = self.report.sections.select_related("saved_by").filter(kind=self.part.kind).order_by("pk")
        return next(iter(found), FollowUpSection(kind=self.part.kind, version=0))

    def get(self, request: HttpRequest, number: str, slug: str) -> HttpResponse:
        saved = self.saved if self.part else None
        if not is_writable(self.report):
            return redirect("reporting:follow_up_detail", number)
        return self.page(saved.content if saved else {}, saved, loud="erreurs" in request.GET)

    def page(self, typed: Mapping[str, Any], saved: Any, *, loud: bool, conflict: str = "", status: int = 200) -> HttpResponse:
        report, parts = self.report, [each for each, _required in parts_of(self.report.kind)]
        context = {
            **facts_of(report),
            **plan_of(report, self.part.kind),
            "part": self.part,
            "form": part_form(self.part.kind, typed, report_facts(report, timezone.localdate()), quiet=not loud),
            "saved": saved,
            "version": saved.version,
            "conflict": conflict,
            "position": parts.index(self.part) + 1,
            "count": len(parts),
        }
        return render(self.request, "reporting/follow_up_section.html", context, status=status)

    def post(self, request: HttpRequest, number: str, slug: str) -> HttpResponse:
        """Keep what was typed, then do what the button says."""
        typed = part_form(self.part.kind, request.POST, report_facts(self.report, timezone.localdate())).typed()
        version = request.POST.get("version", "")
        kept = int(version) if version.isdecimal() else 0
        try:
            saved = acts.save_follow_up_section(
                report_id=self.report.pk, kind=self.part.kind, typed=typed, version=kept, actor=request.user, now=timezone.now()
            )
        except DomainError as error:
            return self.refused(typed, kept, error)
        if request.htmx:
            return render(request, "reporting/follow_up_saved.html", {"saved": saved})
        return self.next(typed, saved)

    def next(self, typed: Mapping[str, str], saved: FollowUpSection) -> HttpResponse:
        if "return" in self.request.POST:
            return redirect("reporting:follow_up_detail", self.report.number)
        if not saved.is_complete:
            return self.page(typed, saved, loud=True, status=422)
        parts = [each for each, _required in parts_of(self.report.kind)]
        later = parts[parts.index(self.part) + 1 :]
        if not later:
            return redirect("reporting:follow_up_detail", self.report.number)
        return redirect("reporting:follow_up_section", self.report.number, later[0].slug)

    def refused(self, typed: Mapping[str, str], version: int, error: DomainError) -> HttpResponse:
        """What was typed stays on the page, with the reason; nothing of a colleague's was written over."""
        message = " ".join(error.errors.values()) if isinstance(error, Invalid) and error.errors else error.message
        if self.request.htmx:
            return render(self.request, "projects/section_refused.html", {"message": message}, status=error.status)
        if not is_writable(self.report):
            raise error
        kept = FollowUpSection(report=self.report, kind=self.part.kind, version=version)
        return self.page(typed, kept, loud=isinstance(error, Invalid), conflict=message, status=error.status)


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
class FollowUpForm(ActForm):
    """A form about one report that this person writes."""

    form_class: Any = KeyForm

    @cached_property
    def report(self) -> FollowUpReport:
        report = follow_up_or_404(self.request, self.kwargs["number"])
        policies.write_follow_up(self.request.user, report.project, timezone.now()).require()
        return report

    def require_possible(self) -> None:
        acts.require_writable(self.report)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**facts_of(self.report), **kwargs)

    def by(self, form: BaseForm) -> dict[str, Any]:
        return {"report_id": self.report.pk, "actor": self.request.user, "now": timezone.now(), "key": form.cleaned_data["key"]}


class FollowUpAttach(FollowUpForm):
    template_name = "reporting/follow_up_attach.html"
    form_class = AttachmentForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(documents=attachments_of(self.report), **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        document = acts.attach_to_follow_up(file=form.cleaned_data["file"], **self.by(form))
        messages.success(self.request, _("Le document « %(name)s » est joint.") % {"name": document.name})
        return redirect("reporting:follow_up_attach", self.report.number)


class FollowUpDetach(FollowUpForm):
    template_name = "reporting/follow_up_detach.html"

    @cached_property
    def document(self) -> Document:
        return get_object_or_404(attachments_of(self.report), pk=self.kwargs["document"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = reverse("reporting:follow_up_attach", args=[self.report.number])
        return super().get_context_data(document=self.document, back=back, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        acts.detach_from_follow_up(document_id=self.document.pk, **self.by(form))
        messages.success(self.request, _("Le document « %(name)s » est retiré.") % {"name": self.document.name})
        return redirect("reporting:follow_up_attach", self.report.number)
