"""Pages of recoveries: the list, one recovery with its schedule and what came back, its opening, and each of its steps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.kit.money import ZERO
from fondsinnovation.kit.views import ActForm
from fondsinnovation.templatetags.typography import money
from fondsinnovation.templatetags.typography import number as said
from funding.enums import RecoveryState
from funding.filters.recoveries import RecoveryFilter
from funding.forms.recoveries import CorrectionForm, RecoveryForm
from funding.models import Agreement, Recovery
from funding.policies import recoveries as policies
from funding.queries.agreements import agreements_for
from funding.queries.recoveries import recoverable, recoveries_for, schedule_of, totals_of
from funding.services.recoveries import RecoveryTerms, open_recovery
from funding.tables.recoveries import RECOVERY_COLOURS, RecoveryTable
from funding.views.recovery_moves import MOVES, Move, next_moves, receipts_to_correct
from projects.policies.staff import read_files


@require_safe
@login_required
def recovery_list(request: HttpRequest) -> HttpResponse:
    """The recoveries of visible projects with their filters in the address, and what they come to."""
    now = timezone.now()
    found = RecoveryFilter(request.GET, recoveries_for(request.user, now).order_by("-established_at", "-pk"), request=request)
    table = RecoveryTable.for_page(request, found.qs, today=timezone.localdate(now))
    table.caption = _caption(table.paginator.count, totals_of(found.qs))
    context = {"table": table, "filter": found, "is_staff": read_files(request.user, now)}
    return render(request, "funding/recovery_list.html", context)


def _caption(count: int, totals: dict[str, Any]) -> str:
    rows = ngettext("%(count)s recouvrement", "%(count)s recouvrements", count) % {"count": said(count)}
    if not count:
        return rows
    return _("%(rows)s : %(due)s à recouvrer, %(received)s reçus, %(written_off)s radiés, %(left)s restants") % {
        "rows": rows,
        **{name: money(total) for name, total in totals.items()},
    }


@require_safe
@login_required
def recovery_detail(request: HttpRequest, recovery: str) -> HttpResponse:
    """A recovery: what is due and late, what came back, what was written off, and the next act."""
    now = timezone.now()
    found = get_object_or_404(recoveries_for(request.user, now), number=recovery)
    lines = schedule_of(found, timezone.localdate(now))
    is_staff = bool(read_files(request.user, now, found.agreement.project.call_id))
    context = {
        "recovery": found,
        "colour": RECOVERY_COLOURS[RecoveryState(found.state)],
        "lines": lines,
        "late": sum((line.late for line in lines), ZERO),
        "receipts": found.receipts.select_related("recorded_by").order_by("recorded_at", "pk"),
        "write_offs": found.write_offs.select_related("requested_by", "decided_by").order_by("requested_at", "pk"),
        "moves": next_moves(found, request.user, now) if is_staff else [],
        "is_staff": is_staff,
    }
    return render(request, "funding/recovery_detail.html", context)


class RecoveryOpen(ActForm):
    """What is to be returned under an agreement, why and when. Nothing is asked of the beneficiary yet."""

    template_name = "funding/recovery_form.html"
    form_class = RecoveryForm

    @cached_property
    def agreement(self) -> Agreement:
        now = timezone.now()
        agreement = get_object_or_404(agreements_for(self.request.user, now), number=self.kwargs["number"])
        policies.open_recovery(self.request.user, agreement, now).require()
        return agreement

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "amount": recoverable(self.agreement)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {
            "agreement": self.agreement,
            "recoverable": recoverable(self.agreement),
            "title": _("Constater un recouvrement"),
            "explanation": _("L’organisme n’en saura rien avant qu’une autre personne le lui réclame."),
        }
        return super().get_context_data(**context, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        recovery = open_recovery(
            agreement_id=self.agreement.pk,
            terms=RecoveryTerms(data["amount"], data["basis"], data["reason"], form.schedule()),
            actor=self.request.user,
            now=timezone.now(),
            key=data["key"],
        )
        messages.success(self.request, _("Le recouvrement est constaté; une autre personne le réclamera à l’organisme."))
        return redirect("funding:recovery_detail", recovery.number)


class RecoveryStep(ActForm):
    """One step of a recovery, named in the address: see `recovery_moves.MOVES`."""

    template_name = "funding/recovery_form.html"

    @cached_property
    def move(self) -> Move:
        if self.kwargs["step"] not in MOVES:
            raise Http404
        return MOVES[self.kwargs["step"]]

    @property
    def needs_recent_sign_in(self) -> bool:  # type: ignore[override]
        """What writes money, or gives it up, asks who it is again."""
        return self.move.is_money

    @cached_property
    def recovery(self) -> Recovery:
        now = timezone.now()
        recovery = get_object_or_404(recoveries_for(self.request.user, now), number=self.kwargs["recovery"])
        if self.request.method != "POST":  # a POST is refused by the act, whose key makes a double click harmless
            self.may(recovery, now)
        return recovery

    def may(self, recovery: Recovery, now: datetime) -> None:
        self.move.policy(self.request.user, recovery, now).require()

    def get_form_class(self) -> type[BaseForm]:
        return self.move.form

    def get_form_kwargs(self) -> dict[str, Any]:
        given = super().get_form_kwargs()
        if self.move.form is CorrectionForm:  # a POST may name one that was corrected just before: the act knows a second click
            posted = self.request.method == "POST"
            given["receipts"] = (
                list(self.recovery.receipts.filter(reverses=None).order_by("pk")) if posted else receipts_to_correct(self.recovery)
            )
        return given

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        move = self.move
        context = {"recovery": self.recovery, "agreement": self.recovery.agreement, "title": move.title, "explanation": move.explanation}
        return super().get_context_data(**context, write_off=move.write_off(self.recovery), **kwargs)

    def form_invalid(self, form: BaseForm, status: int = 422) -> HttpResponse:
        if status == 422:  # a form that never reached the act: who may not act is told so first
            self.may(self.recovery, timezone.now())
        return super().form_invalid(form, status)

    def perform(self, form: BaseForm) -> HttpResponse:
        self.move.act(self.recovery, form, actor=self.request.user, now=timezone.now(), key=form.cleaned_data["key"])
        messages.success(self.request, self.move.success)
        return redirect("funding:recovery_detail", self.recovery.number)
