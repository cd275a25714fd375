"""Pages of claims: the list, a claim, its draft, its submission, its verification and its decision."""

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
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.kit.money import ZERO
from fondsinnovation.kit.verdict import possible
from fondsinnovation.kit.views import ActForm
from fondsinnovation.templatetags.typography import number as said
from funding.enums import CLAIM_DECIDED, ClaimState
from funding.forms.claims import ClaimDecisionForm, ClaimForm
from funding.forms.payments import KeyForm
from funding.models import Claim, Instalment
from funding.policies import claims as policies
from funding.queries.claims import claims_for, lines_of, live_claim, stack_of_claim
from funding.queries.payments import has_live_payment, instalments_for
from funding.services import claims as acts
from funding.stacking import Stack
from funding.tables.claims import CLAIM_COLOURS, ClaimTable


@require_safe
@login_required
def claim_list(request: HttpRequest) -> HttpResponse:
    """The claims of visible projects, the latest first."""
    table = ClaimTable.for_page(request, claims_for(request.user, timezone.now()).order_by("-drafted_at", "-pk"))
    table.caption = ngettext("%(count)s réclamation", "%(count)s réclamations", table.paginator.count) % {
        "count": said(table.paginator.count)
    }
    return render(request, "funding/claim_list.html", {"table": table})


@require_safe
@login_required
def claim_detail(request: HttpRequest, claim: str) -> HttpResponse:
    """A claim: its costs, what was admitted of them, the public aid against its limit, and the next act."""
    now = timezone.now()
    found = get_object_or_404(claims_for(request.user, now), number=claim)
    context = {
        "claim": found,
        "colour": CLAIM_COLOURS[ClaimState(found.state)],
        "lines": lines_of(found),
        "stack": _stack(found),
        "is_decided": found.state in CLAIM_DECIDED,
        "may_write": policies.write_claim(request.user, found.instalment, now),
        "may_submit": policies.submit_claim(request.user, found, now),
        "may_decide": policies.decide_claim(request.user, found, now),
    }
    return render(request, "funding/claim_detail.html", context)


def _stack(claim: Claim) -> Stack:
    """As decided, or as it would be if everything claimed were admitted."""
    if claim.state in CLAIM_DECIDED:
        return Stack(claim.admitted_cost or ZERO, claim.aid or ZERO, claim.other_public_aid, claim.stacking_limit or ZERO)
    return stack_of_claim(claim, claim.claimed or ZERO, claim.other_public_aid)


class ClaimEdit(ActForm):
    """The costs of one instalment, by category; saved as a draft until it is submitted."""

    template_name = "funding/claim_form.html"
    form_class = ClaimForm

    @cached_property
    def instalment(self) -> Instalment:
        now = timezone.now()
        instalment = get_object_or_404(instalments_for(self.request.user, now), pk=self.kwargs["instalment"])
        policies.write_claim(self.request.user, instalment, now).require()
        return instalment

    @cached_property
    def claim(self) -> Claim | None:
        return live_claim(self.instalment)

    def require_possible(self) -> None:
        if self.claim is None:
            possible(not has_live_payment(self.instalment), _("Le paiement de ce versement est déjà demandé.")).require()
        else:
            possible(self.claim.state == ClaimState.DRAFT, _("Cette réclamation est déjà soumise.")).require()

    def get_initial(self) -> dict[str, Any]:
        names = ("period_start", "period_end", "other_public_aid")
        kept = {name: getattr(self.claim, name) for name in names} if self.claim else {}
        return {**super().get_initial(), **kept}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "lines": lines_of(self.claim) if self.claim else []}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(instalment=self.instalment, claim=self.claim, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        content = acts.ClaimContent(data["period_start"], data["period_end"], data["other_public_aid"], form.amounts(), form.new_files())
        claim = acts.save_claim(
            instalment_id=self.instalment.pk, content=content, actor=self.request.user, now=timezone.now(), key=data["key"]
        )
        messages.success(self.request, _("La réclamation est enregistrée; elle n’est pas encore soumise."))
        return redirect("funding:claim_detail", claim.number)


class ClaimAct(ActForm):
    """A confirmation about one claim: a title, a policy, an act."""

    template_name = "funding/claim_act.html"
    form_class: Any = KeyForm
    policy: Any = staticmethod(policies.submit_claim)
    act: Any = staticmethod(acts.submit_claim)
    title: Any = gettext_lazy("Soumettre la réclamation")
    explanation: Any = gettext_lazy("Vous attestez que ces coûts ont été engagés pour le projet. Ils ne pourront plus être modifiés.")
    success: Any = gettext_lazy("La réclamation est soumise; le Secrétariat la vérifiera.")

    @cached_property
    def claim(self) -> Claim:
        now = timezone.now()
        claim = get_object_or_404(claims_for(self.request.user, now), number=self.kwargs["claim"])
        if self.request.method != "POST":  # a POST is refused by the act, whose key makes a double click harmless
            self.policy(self.request.user, claim, now).require()
        return claim

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {"claim": self.claim, "lines": lines_of(self.claim), "title": self.title, "explanation": self.explanation}
        return super().get_context_data(**context, **kwargs)

    def form_invalid(self, form: BaseForm, status: int = 422) -> HttpResponse:
        if status == 422:
            self.policy(self.request.user, self.claim, timezone.now()).require()
        return super().form_invalid(form, status)

    def perform(self, form: BaseForm) -> HttpResponse:
        self.act(claim_id=self.claim.pk, actor=self.request.user, now=timezone.now(), key=form.cleaned_data["key"])
        messages.success(self.request, self.success)
        return redirect("funding:claim_detail", self.claim.number)


ClaimSubmit = ClaimAct


class ClaimExamine(ClaimAct):
    policy = staticmethod(policies.decide_claim)
    act = staticmethod(acts.examine_claim)
    title = gettext_lazy("Commencer la vérification")
    explanation = gettext_lazy("L’organisme verra que sa réclamation est en vérification.")
    success = gettext_lazy("La vérification est commencée.")

    def require_possible(self) -> None:
        possible(self.claim.state == ClaimState.SUBMITTED, _("La vérification est déjà commencée.")).require()


class ClaimDecide(ClaimAct):
    """What is admitted of each cost, against the limit of the terms."""

    template_name = "funding/claim_decide.html"
    form_class = ClaimDecisionForm
    policy = staticmethod(policies.decide_claim)
    title = gettext_lazy("Décider la réclamation")
    success = gettext_lazy("La réclamation est décidée.")

    def require_possible(self) -> None:
        possible(self.claim.state != ClaimState.SUBMITTED, _("Commencez d’abord la vérification.")).require()

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "other_public_aid": self.claim.other_public_aid}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "lines": lines_of(self.claim)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(stack=_stack(self.claim), **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        acts.decide_claim(
            claim_id=self.claim.pk,
            admitted=form.admitted(),
            reasons=form.reasons(),
            other_public_aid=data["other_public_aid"],
            actor=self.request.user,
            now=timezone.now(),
            key=data["key"],
        )
        messages.success(self.request, self.success)
        return redirect(reverse("funding:claim_detail", args=[self.claim.number]))
