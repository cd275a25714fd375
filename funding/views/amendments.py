"""Pages of amendments: one of them side by side with what it changes, the form that writes it, and the steps that end it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from fondsinnovation.kit.errors import Invalid
from fondsinnovation.kit.money import ZERO
from fondsinnovation.kit.states import require_move
from fondsinnovation.kit.views import ActForm
from funding.enums import AMENDMENT_MOVES, AmendmentState
from funding.forms.amendments import AmendmentForm, StretchForm
from funding.forms.payments import KeyForm, ReasonForm
from funding.models import Agreement, Amendment, Milestone
from funding.policies import amendments as policies
from funding.queries import amendments as queries
from funding.queries.agreements import expected_gains
from funding.queries.calls import fund_years
from funding.schedule import PlannedInstalment
from funding.services import amendments as acts
from funding.services.amendment_content import AmendmentContent
from funding.tables.amendments import amendment_tag
from funding.views.agreements import agreement_or_404
from funding.views.applications import Step
from projects.policies.staff import read_files

_OPEN = (AmendmentState.PROPOSED, AmendmentState.PARTLY_APPROVED)
_UNDER_WAY = (*_OPEN, AmendmentState.APPROVED)


def amendment_or_404(request: HttpRequest, number: str, amendment: int) -> Amendment:
    agreement = agreement_or_404(request, number)
    found = get_object_or_404(queries.amendments_for(request.user, agreement, timezone.now()), number=amendment)
    found.agreement = agreement
    return found


@require_safe
@login_required
def amendment_detail(request: HttpRequest, number: str, amendment: int) -> HttpResponse:
    """An amendment: before and after, who let it pass, what it still waits for, and what it conflicts with."""
    now = timezone.now()
    found = amendment_or_404(request, number, amendment)
    agreement, is_staff = found.agreement, bool(read_files(request.user, now, found.agreement.project.call_id))
    under_way = found.state in _UNDER_WAY
    roles, given = policies.levels_of(found, now), policies.approvals_of(found)
    context = {
        "amendment": found,
        "agreement": agreement,
        "state": amendment_tag(found),
        "is_staff": is_staff,
        "kinds": [kind.label for kind in queries.kinds_of(found)],
        "sections": queries.comparison(found),
        "planned": list(queries.planned_of(found)),
        "out": queries.replaced_by(found) if found.planned.exists() else [],
        "kept": list(queries.kept(agreement)) if under_way and found.parts.exists() else [],
        "conflicts": queries.conflicts_of(found) if is_staff else [],
        "initial": queries.initial_amount(agreement),
        "needs_certificate": queries.raises_a_year(found),
        "given": given,
        "missing": [role.label for role in roles[len(given) :]] if found.state in _OPEN else [],
        "history": found.steps.select_related("person").order_by("at", "pk"),
        "steps": next_steps(found, request.user, now),
    }
    return render(request, "funding/amendment_detail.html", context)


def next_steps(amendment: Amendment, person: Any, now: Any) -> list[Step]:
    """What may come next, the main step first, each with whether this person may do it; the others are left out when they may not."""
    place = [amendment.agreement.number, amendment.number]

    def step(slug: str) -> Step:
        stage = STAGES[slug]
        return Step(str(stage.title), reverse("funding:amendment_step", args=[*place, slug]), stage.policy(person, amendment, now))

    if amendment.state not in _UNDER_WAY:
        return []
    revise = Step(
        _("Reprendre l’avenant"), reverse("funding:amendment_revise", args=place), policies.revise_amendment(person, amendment, now)
    )
    if queries.conflicts_of(amendment):
        main = [revise]
    elif amendment.state == AmendmentState.APPROVED:
        main = [step("vigueur"), revise]
    elif queries.raises_a_year(amendment) and not policies.is_fresh(amendment, now):
        main = [step("certification"), revise]
    else:
        main = [step("approbation"), revise]
    others = [step("refus")] if amendment.state in _OPEN else []
    return [main[0], *[one for one in (*main[1:], *others, step("abandon")) if one.verdict]]


class AmendmentWrite(ActForm):
    """The agreement as it would be: what is left as it is does not change."""

    template_name = "funding/amendment_form.html"
    form_class = AmendmentForm
    title: Any = ""
    explanation: Any = ""
    success: Any = ""
    amendment: Amendment | None = None

    @cached_property
    def agreement(self) -> Agreement:
        return agreement_or_404(self.request, self.kwargs["number"])

    @cached_property
    def stretch(self) -> StretchForm:
        return StretchForm(self.request.GET if "aid" in self.request.GET else None)

    @cached_property
    def proposed(self) -> tuple[Any, list[PlannedInstalment]]:
        """The aid and the instalments to come that the page begins with: those of the address, of the amendment, or of the agreement."""
        aid = self.stretch.cleaned_data["aid"] if self.stretch.is_valid() else None
        if aid:
            return aid, queries.proposed_instalments(self.agreement, aid)
        if self.amendment and self.amendment.planned.exists():
            return self.amendment.amount_after, queries.planned(queries.planned_of(self.amendment))
        return self.agreement.amount, queries.planned(queries.open_instalments(self.agreement))

    def get_initial(self) -> dict[str, Any]:
        aid, _instalments = self.proposed
        names = {
            "base_revision": self.agreement.revision,
            "amount": aid,
            "starts_on": self.agreement.starts_on,
            "ends_on": self.agreement.ends_on,
            "scope": queries.scope_of(self.agreement),
        }
        return {**super().get_initial(), **names}

    def get_form_kwargs(self) -> dict[str, Any]:
        application = self.agreement.project.application
        return {
            **super().get_form_kwargs(),
            "milestones": list(Milestone.objects.filter(agreement=self.agreement).order_by("position", "pk")),
            "proposed": self.proposed[1],
            "years": fund_years(),
            "gains": expected_gains(application) if application else [],
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kept = list(queries.kept(self.agreement))
        context = {
            "agreement": self.agreement,
            "amendment": self.amendment,
            "title": self.title,
            "explanation": self.explanation,
            "stretch": self.stretch,
            "kept": kept,
            "held": sum((one.amount for one in kept), ZERO),
        }
        return super().get_context_data(**context, **kwargs)

    def write(self, content: AmendmentContent, **given: Any) -> Amendment:
        """The act of the page."""
        raise TypeError(f"{type(self).__name__} says what its form writes")

    def perform(self, form: BaseForm) -> HttpResponse:
        given = {"actor": self.request.user, "now": timezone.now(), "key": form.cleaned_data["key"]}
        try:
            amendment = self.write(form.content(), **given)
        except Invalid as error:  # what is wrong with the instalments as a whole is said by the first of their amounts
            errors = {"amount_1" if name == "instalments" else name: said for name, said in error.errors.items()}
            raise Invalid(error.message, errors=errors) from error
        messages.success(self.request, self.success)
        return redirect("funding:amendment_detail", self.agreement.number, amendment.number)


class AmendmentPropose(AmendmentWrite):
    title = gettext_lazy("Proposer un avenant")
    explanation = gettext_lazy(
        "Changez ce qui doit l’être; le reste ne bouge pas. Rien ne change à la convention avant l’entrée en vigueur."
    )

    @cached_property
    def agreement(self) -> Agreement:
        agreement = agreement_or_404(self.request, self.kwargs["number"])
        policies.propose_amendment(self.request.user, agreement, timezone.now()).require()
        return agreement

    def write(self, content: AmendmentContent, **given: Any) -> Amendment:
        return acts.propose_amendment(agreement_id=self.agreement.pk, content=content, **given)


class AmendmentRevise(AmendmentWrite):
    title = gettext_lazy("Reprendre l’avenant")
    explanation = gettext_lazy("L’avenant repart de la convention du jour : son certificat et ses approbations tombent.")
    success = gettext_lazy("L’avenant est repris : il se certifie et s’approuve de nouveau.")

    @cached_property
    def amendment(self) -> Amendment:  # type: ignore[override]
        amendment = amendment_or_404(self.request, self.kwargs["number"], self.kwargs["amendment"])
        policies.revise_amendment(self.request.user, amendment, timezone.now()).require()
        return amendment

    @cached_property
    def agreement(self) -> Agreement:
        return self.amendment.agreement

    def require_possible(self) -> None:
        acts.require_under_way(self.amendment)

    def get_initial(self) -> dict[str, Any]:
        """What was proposed, where it differs from what was; the rest is the agreement's of today."""
        found, one = super().get_initial(), self.amendment
        moved = {name: getattr(one, f"{name}_after") for name in ("starts_on", "ends_on", "scope") if _moves(one, name)}
        days = {f"due_on_{row.milestone.position}": row.after for row in queries.milestones_of(one)}
        sums = {
            f"forecast_{row.line_id}_{row.period_start:%Y%m%d}_{row.period_end:%Y%m%d}": abs(row.after)
            for row in queries.new_forecasts_of(one)
        }
        return {**found, **moved, **days, **sums, "reason": one.reason}

    def write(self, content: AmendmentContent, **given: Any) -> Amendment:
        return acts.revise_amendment(amendment_id=self.amendment.pk, content=content, **given)


def _moves(amendment: Amendment, name: str) -> bool:
    return getattr(amendment, f"{name}_before") != getattr(amendment, f"{name}_after")


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Stage:
    """One step of an amendment: its words, who may take it, what it does, and the states in which it is possible."""

    title: Any
    explanation: Any
    success: Any
    policy: Callable[..., Any]
    act: Callable[..., Any]
    states: tuple[AmendmentState, ...] = _OPEN
    form_class: type[KeyForm] = KeyForm


STAGES = {
    "certification": Stage(
        gettext_lazy("Certifier la disponibilité budgétaire"),
        gettext_lazy("Vous certifiez que l’enveloppe couvre ce que cet avenant engage de plus, exercice par exercice."),
        gettext_lazy("La disponibilité budgétaire est certifiée."),
        policies.certify_amendment,
        acts.certify_amendment,
        _UNDER_WAY,
    ),
    "approbation": Stage(
        gettext_lazy("Approuver l’avenant"),
        gettext_lazy("Vous approuvez l’avenant à votre niveau de la délégation, au montant cumulé de l’aide."),
        gettext_lazy("L’avenant est approuvé à votre niveau."),
        policies.decide_amendment,
        acts.approve_amendment,
    ),
    "vigueur": Stage(
        gettext_lazy("Mettre l’avenant en vigueur"),
        gettext_lazy("La convention change aussitôt : engagement, versements à venir, dates et prévision. Ce qui est versé ne bouge pas."),
        gettext_lazy("L’avenant est en vigueur."),
        policies.put_amendment_in_force,
        acts.put_amendment_in_force,
        (AmendmentState.APPROVED,),
    ),
    "refus": Stage(
        gettext_lazy("Refuser l’avenant"),
        gettext_lazy("La convention reste comme elle est."),
        gettext_lazy("L’avenant est refusé."),
        policies.decide_amendment,
        acts.refuse_amendment,
        form_class=ReasonForm,
    ),
    "abandon": Stage(
        gettext_lazy("Abandonner l’avenant"),
        gettext_lazy("La convention reste comme elle est; l’avenant demeure au dossier avec son motif d’abandon."),
        gettext_lazy("L’avenant est abandonné."),
        policies.cancel_amendment,
        acts.cancel_amendment,
        _UNDER_WAY,
        ReasonForm,
    ),
}


class AmendmentMove(ActForm):
    """One step of an amendment, under the comparison that it lets pass."""

    template_name = "funding/amendment_step.html"
    needs_recent_sign_in = True

    @cached_property
    def stage(self) -> Stage:
        if (found := STAGES.get(self.kwargs["step"])) is None:
            raise Http404
        return found

    @cached_property
    def amendment(self) -> Amendment:
        stage = self.stage
        amendment = amendment_or_404(self.request, self.kwargs["number"], self.kwargs["amendment"])
        stage.policy(self.request.user, amendment, timezone.now()).require()
        return amendment

    def get_form_class(self) -> type[BaseForm]:
        return self.stage.form_class

    def require_possible(self) -> None:
        if self.amendment.state not in self.stage.states:
            (acts.require_open if self.stage.states == _OPEN else acts.require_under_way)(self.amendment)
            require_move(AMENDMENT_MOVES, self.amendment.state, AmendmentState.IN_FORCE)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {
            "amendment": self.amendment,
            "agreement": self.amendment.agreement,
            "title": self.stage.title,
            "explanation": self.stage.explanation,
            "sections": queries.comparison(self.amendment),
            "conflicts": queries.conflicts_of(self.amendment),
        }
        return super().get_context_data(**context, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        self.stage.act(amendment_id=self.amendment.pk, actor=self.request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(self.request, self.stage.success)
        return redirect("funding:amendment_detail", self.amendment.agreement.number, self.amendment.number)
