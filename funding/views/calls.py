"""The Secretariat's page of a call, its form, its submission and its approval."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from fondsinnovation.kit.states import require_move
from fondsinnovation.kit.views import ActForm
from funding.policies import calls as policies
from funding.queries.calls import available_by_year, fund_years, year_lines
from funding.queries.prizes import prizes_of
from funding.services.calls import approve_call, return_call, submit_call
from funding.views.applications import Step
from projects.enums import CALL_MOVES, CallState, EnvelopeCode
from projects.forms.calls import CallForm, ConfirmForm, ReturnForm, initial_of, with_row
from projects.models import Call, User
from projects.policies.calls import write_call
from projects.policies.staff import read_files
from projects.queries.calls import calls_for, content_of, last_return, missing_from, story_of
from projects.services.calls import create_call, edit_call, require_draft
from projects.tables.calls import state_tag


def call_or_404(person: Any, reference: str) -> Call:
    """The call of that reference: 404 when the person does not see it, refused when they are not of the staff."""
    now = timezone.now()
    call = get_object_or_404(calls_for(person, now), reference=reference)
    read_files(person, now, call.pk).require()
    return call


def next_steps(call: Call, person: User) -> list[Step]:
    """What comes next for the call, for the person who may do it and for the others."""
    now, at = timezone.now(), [call.reference]
    if call.state == CallState.DRAFT:
        verdict = write_call(person, now)
        return [
            Step(_("Soumettre à l’approbation"), reverse("funding:call_submit", args=at), verdict),
            Step(_("Modifier le brouillon"), reverse("funding:call_edit", args=at), verdict),
        ]
    if call.state == CallState.SUBMITTED:
        verdict = policies.decide_call(person, call, now)
        return [
            Step(_("Approuver l’appel"), reverse("funding:call_approve", args=at), verdict),
            Step(_("Retourner à la rédaction"), reverse("funding:call_return", args=at), verdict),
        ]
    return []


def sheet_of(call: Call) -> dict[str, Any]:
    """What every page of a call shows of it."""
    content = content_of(call)
    available = available_by_year(call.envelope)
    waits = call.state in (CallState.DRAFT, CallState.SUBMITTED)
    return {
        "call": call,
        "prizes": prizes_of(call),
        "state": state_tag(call),
        "content": content,
        "years": year_lines(content, available) if waits else [],
        "missing": missing_from(call, content, available, timezone.now()) if waits else [],
    }


@require_safe
@login_required
def call_detail(request: HttpRequest, reference: str) -> HttpResponse:
    call = call_or_404(request.user, reference)
    context = {
        **sheet_of(call),
        "steps": next_steps(call, request.user),
        "story": story_of(call),
        "returned": last_return(call) if call.state == CallState.DRAFT else None,
    }
    return render(request, "funding/call_detail.html", context)


class CallPage(ActForm):
    """The form of a call; « Ajouter » gives one more row without saving anything."""

    template_name = "funding/call_form.html"
    form_class = CallForm
    call: Call | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            self.call  # noqa: B018 — 404 before 403
            write_call(request.user, timezone.now()).require()
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        kwargs.pop("files", None)
        if (prefix := self.request.POST.get("add")) in ("objectives", "criteria"):
            kwargs["data"] = with_row(kwargs["data"], prefix)
        return {**kwargs, "years": fund_years(), "today": timezone.localdate()}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "add" in request.POST:
            return self.form_invalid(self.get_form().unjudged(), status=200)
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = reverse("funding:call_detail", args=[self.call.reference]) if self.call else reverse("projects:staff_call_list")
        return super().get_context_data(call=self.call, back=back, **kwargs)


class CallCreate(CallPage):
    """A new call."""

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "version": 0, "envelope": EnvelopeCode.PROJECTS}

    def perform(self, form: CallForm) -> HttpResponse:
        call = create_call(content=form.content(), actor=self.request.user, now=timezone.now(), key=form.cleaned_data["key"])
        messages.success(self.request, _("Le brouillon de l’appel est enregistré."))
        return redirect("funding:call_detail", reference=call.reference)


class CallEdit(CallPage):
    """The draft of a call."""

    @cached_property
    def call(self) -> Call:  # type: ignore[override]
        return call_or_404(self.request.user, self.kwargs["reference"])

    def require_possible(self) -> None:
        require_draft(self.call)

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), **initial_of(self.call, content_of(self.call))}

    def perform(self, form: CallForm) -> HttpResponse:
        edit_call(
            call_id=self.call.pk,
            version=form.cleaned_data["version"],
            content=form.content(),
            actor=self.request.user,
            now=timezone.now(),
            key=form.cleaned_data["key"],
        )
        messages.success(self.request, _("Le brouillon de l’appel est enregistré."))
        return redirect("funding:call_detail", reference=self.call.reference)


class CallStep(ActForm):
    """A page with the whole call and one decision on it."""

    template_name = "funding/call_step.html"
    form_class: type[BaseForm] = ConfirmForm
    target = CallState.APPROVED

    @cached_property
    def call(self) -> Call:
        call = call_or_404(self.request.user, self.kwargs["reference"])
        self.may(call).require()
        return call

    def may(self, call: Call) -> Any:
        return policies.decide_call(self.request.user, call, timezone.now())

    def require_possible(self) -> None:
        require_move(CALL_MOVES, self.call.state, self.target)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = {"title": self.title, "submit": self.submit, "lead": self.lead}
        return super().get_context_data(**sheet_of(self.call), words=words, **kwargs)

    def arguments(self, form: BaseForm) -> dict[str, Any]:
        return {"call_id": self.call.pk, "actor": self.request.user, "now": timezone.now(), "key": form.cleaned_data["key"]}

    def done(self, message: str) -> HttpResponse:
        messages.success(self.request, message)
        return redirect("funding:call_detail", reference=self.call.reference)


class CallSubmit(CallStep):
    target = CallState.SUBMITTED
    title, submit = gettext_lazy("Soumettre à l’approbation"), gettext_lazy("Soumettre l’appel")
    lead = gettext_lazy("L’appel ne se modifie plus après sa soumission, à moins que la direction le retourne.")

    def may(self, call: Call) -> Any:
        return write_call(self.request.user, timezone.now())

    def perform(self, form: BaseForm) -> HttpResponse:
        submit_call(**self.arguments(form))
        return self.done(_("L’appel est soumis à l’approbation de la direction."))


class CallApprove(CallStep):
    title, submit = gettext_lazy("Approuver l’appel"), gettext_lazy("Approuver et réserver les sommes")
    lead = gettext_lazy("L’approbation réserve les sommes dans l’enveloppe; l’appel est ensuite publié, ouvert et fermé à ses dates.")

    def perform(self, form: BaseForm) -> HttpResponse:
        approve_call(**self.arguments(form))
        return self.done(_("L’appel est approuvé et ses sommes sont réservées."))


class CallReturn(CallStep):
    target = CallState.DRAFT
    form_class = ReturnForm
    title, submit = gettext_lazy("Retourner à la rédaction"), gettext_lazy("Retourner l’appel")
    lead = gettext_lazy("L’appel redevient un brouillon; la personne qui l’a rédigé lira le motif.")

    def perform(self, form: BaseForm) -> HttpResponse:
        return_call(reason=form.cleaned_data["reason"], **self.arguments(form))
        return self.done(_("L’appel est retourné à la rédaction."))
