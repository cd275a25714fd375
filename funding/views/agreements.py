"""Pages of agreements: the list, the draft, the agreement itself and its two signatures."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.kit.money import fiscal_year_of
from fondsinnovation.kit.states import require_move
from fondsinnovation.kit.views import ActForm, second_factor_of
from fondsinnovation.templatetags.typography import money
from fondsinnovation.templatetags.typography import number as said
from funding.enums import AGREEMENT_MOVES, AgreementState, Party, RiskTier
from funding.filters.awards import AgreementFilter
from funding.forms.agreements import AgreementForm, SignatureForm
from funding.forms.schedules import ScheduleForm
from funding.models import Agreement, Award, Instalment
from funding.policies import agreements as policies
from funding.policies.amendments import propose_amendment
from funding.policies.claims import write_claim
from funding.policies.clauses import read_clauses
from funding.policies.follow_ups import set_risk_tier
from funding.policies.milestones import hold_payments
from funding.policies.payments import list_payments
from funding.policies.recoveries import open_recovery
from funding.queries.agreement_conditions import unmet_conditions
from funding.queries.agreement_texts import proofs_of, text_of
from funding.queries.agreements import agreements_for, default_dates, expected_gains, kind_for, planned_milestones
from funding.queries.amendments import amendments_for, kinds_of, with_content
from funding.queries.follow_ups import proposed_tier, risk_of, terms_of
from funding.queries.outcomes import results_of
from funding.queries.payments import instalments_for
from funding.queries.recoveries import recoveries_for
from funding.queries.release import checklists_of, current_hold
from funding.queries.totals import agreement_totals
from funding.services import agreements as acts
from funding.services.signatures import INTENTS
from funding.tables.amendments import amendment_tag
from funding.tables.awards import AgreementTable, agreement_tag
from funding.views.agreement_steps import next_steps
from funding.views.awards import award_or_404
from projects.enums import Modality, Role
from projects.policies.rights import needs_role
from projects.policies.staff import read_files


@require_safe
@login_required
def agreement_list(request: HttpRequest) -> HttpResponse:
    """Every agreement that the reader may see, the latest first."""
    now = timezone.now()
    found = AgreementFilter(request.GET, agreements_for(request.user, now).order_by("-drafted_at", "-pk"), request=request)
    table = AgreementTable.for_page(request, found.qs)
    rows = ngettext("%(count)s convention", "%(count)s conventions", table.paginator.count) % {"count": said(table.paginator.count)}
    totals = agreement_totals(found.qs)
    table.caption = _("%(rows)s, pour un total de %(total)s (engagé : %(committed)s; payé : %(paid)s)") % {
        "rows": rows,
        "total": money(totals.amount),
        "committed": money(totals.committed),
        "paid": money(totals.paid),
    }
    context = {"table": table, "filter": found, "may_read_clauses": read_clauses(request.user, now)}
    return render(request, "funding/agreement_list.html", context)


class AgreementDraft(ActForm):
    """The instalments proposed by the terms, to be changed or confirmed."""

    template_name = "funding/agreement_draft.html"
    form_class = AgreementForm

    @cached_property
    def award(self) -> Award:
        award = award_or_404(self.request, self.kwargs["number"])
        policies.draft_agreement(self.request.user, award, timezone.now()).require()
        return award

    def require_possible(self) -> None:
        acts.require_ready(self.award)

    @cached_property
    def parts(self) -> dict[int, Any]:
        return {part.fiscal_year: part.amount for part in self.award.parts.order_by("fiscal_year", "pk")}

    @cached_property
    def milestones(self) -> list[Any]:
        return planned_milestones(self.award.application)

    @cached_property
    def method(self) -> ScheduleForm:
        """How the instalments are proposed, as the address says."""
        titles = {milestone.position: milestone.title for milestone in self.milestones}
        return ScheduleForm(self.request.GET if "method" in self.request.GET else None, titles=titles)

    def get_initial(self) -> dict[str, Any]:
        first, last = default_dates(self.award.application, timezone.localdate())
        return {**super().get_initial(), "starts_on": first, "ends_on": last, "risk_tier": self.tier}

    @cached_property
    def tier(self) -> RiskTier:
        """What the terms propose for the amount."""
        return proposed_tier(terms_of(self.award.application.call.terms_id), self.award.amount)

    def get_form_kwargs(self) -> dict[str, Any]:
        proposed = self.method.proposal(self.award.amount, self.parts, self.award.application.call.terms)
        measured = self.award.application.call.terms.modality == Modality.OUTCOME
        return {**super().get_form_kwargs(), "proposed": proposed, "years": list(self.parts), "measured": measured}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {
            "award": self.award,
            "application": self.award.application,
            "parts": self.parts.items(),
            "milestones": self.milestones,
            "method": self.method,
            "kind": kind_for(self.award.application).label,
            "terms": self.award.application.call.terms,
            "tier": self.tier,
        }
        return super().get_context_data(**context, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        agreement = acts.draft_agreement(
            award_id=self.award.pk,
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
            instalments=form.instalments(),
            outcome=form.outcome(),
            risk_tier=data["risk_tier"],
            risk_reason=data["risk_reason"],
            actor=self.request.user,
            now=timezone.now(),
            key=data["key"],
        )
        messages.success(self.request, _("Le projet de convention est prêt : soumettez-le à la revue juridique."))
        return redirect("funding:agreement_detail", agreement.number)


def agreement_or_404(request: HttpRequest, number: str) -> Agreement:
    return get_object_or_404(agreements_for(request.user, timezone.now()), number=number)


@require_safe
@login_required
def agreement_detail(request: HttpRequest, number: str) -> HttpResponse:
    """An agreement: its document, parts, milestones, instalments, expected gains and signatures."""
    now = timezone.now()
    agreement = agreement_or_404(request, number)
    instalments = schedule_of(agreement, request.user, now)
    context = {
        "agreement": agreement,
        "state": agreement_tag(agreement),
        "is_staff": bool(read_files(request.user, now, agreement.project.call_id)),
        "reads_payments": bool(list_payments(request.user, now, agreement.project.call_id)),
        "steps": next_steps(agreement, request.user, now, [row for row in instalments if row.may_request]),
        "parts": agreement.parts.order_by("fiscal_year", "pk"),
        "drafted_year": fiscal_year_of(timezone.localdate(agreement.drafted_at)),
        "milestones": agreement.milestones.order_by("position", "pk"),
        "instalments": instalments,
        "results": results_of(agreement),
        "hold": current_hold(agreement),
        "risk": risk_of(agreement),
        "may_class": set_risk_tier(request.user, agreement, now),
        "may_hold": agreement.state == AgreementState.IN_FORCE and hold_payments(request.user, agreement, now),
        "recoveries": recoveries_for(request.user, now).filter(agreement=agreement).order_by("number"),
        "may_recover": open_recovery(request.user, agreement, now),
        "signatures": proofs_of(agreement),
        "text": text_of(agreement),
        "copy": agreement.signed_copies.select_related("document", "recorded_by").order_by("-pk").first(),
        "unmet": unmet_conditions(agreement) if agreement.in_force_at is None and agreement.state != AgreementState.CANCELLED else [],
        "history": agreement.steps.select_related("person").order_by("at", "pk"),
        "gains": expected_gains(agreement.award.application) if agreement.award else [],
        **amendments_of(agreement, request.user, now),
    }
    return render(request, "funding/agreement_detail.html", context)


def amendments_of(agreement: Agreement, person: Any, now: Any) -> dict[str, Any]:
    """The amendments that this person may see, each with its state and what it changes, and whether another one may be proposed."""
    rows = with_content(amendments_for(person, agreement, now)).order_by("-number", "-pk")
    return {
        "amendments": [(row, amendment_tag(row), [kind.label for kind in kinds_of(row)]) for row in rows],
        "may_amend": agreement.state == AgreementState.IN_FORCE and bool(propose_amendment(person, agreement, now)),
    }


def schedule_of(agreement: Agreement, person: Any, now: Any) -> list[Instalment]:
    """The instalments, each with its live payment and its checklist in `release`; `may_request`: whether this person may ask for it."""
    rows = list(instalments_for(person, now).filter(agreement=agreement, replaced_by=None).order_by("position", "pk"))
    requester = agreement.state == AgreementState.IN_FORCE and needs_role(
        person, now, Role.PAYMENT_REQUESTER, call=agreement.project.call_id
    )
    checklists = checklists_of(agreement)
    for row in rows:
        row.release = checklists[row.pk]
        row.may_claim = not row.live_payments and bool(write_claim(person, row, now))
        row.may_request = bool(requester) and not row.live_payments and row.release.ready
    return rows


class AgreementSign(ActForm):
    """The document, its SHA-256, the number of the agreement to type again and the sentence to agree to, after a recent sign-in."""

    needs_recent_sign_in = True
    party = Party.BENEFICIARY
    template_name = "funding/agreement_sign.html"
    form_class = SignatureForm
    target = AgreementState.SIGNED_BENEFICIARY
    policy: Any = policies.sign_for_beneficiary
    act: Any = acts.sign_for_beneficiary
    title: Any = gettext_lazy("Signer pour le bénéficiaire")
    explanation: Any = gettext_lazy(
        "En signant, votre organisme accepte la convention. Elle entrera en vigueur à la signature du ministre."
    )
    success: Any = gettext_lazy("La convention est signée; elle attend la signature du ministre.")

    @cached_property
    def agreement(self) -> Agreement:
        agreement = agreement_or_404(self.request, self.kwargs["number"])
        type(self).policy(self.request.user, agreement, timezone.now()).require()
        return agreement

    def require_possible(self) -> None:
        if self.target == AgreementState.SIGNED_BENEFICIARY:
            acts.require_signable(self.agreement)
        require_move(AGREEMENT_MOVES, self.agreement.state, self.target)

    def get_initial(self) -> dict[str, Any]:
        document = self.agreement.document
        return {**super().get_initial(), "document_sha256": document.sha256 if document else ""}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "sentence": INTENTS[self.party]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = {"title": self.title, "explanation": self.explanation}
        factor = second_factor_of(self.request)
        return super().get_context_data(agreement=self.agreement, text=text_of(self.agreement), factor=factor, **words, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        given = {**form.cleaned_data, "factor": second_factor_of(self.request)}
        type(self).act(agreement_id=self.agreement.pk, actor=self.request.user, now=timezone.now(), **given)
        messages.success(self.request, self.success)
        return redirect("funding:agreement_detail", self.agreement.number)


class AgreementSignMinister(AgreementSign):
    target = AgreementState.IN_FORCE
    party = Party.MINISTER
    policy = policies.sign_for_minister
    act = acts.sign_for_minister
    title = gettext_lazy("Signer pour le ministre")
    explanation = gettext_lazy(
        "Votre signature met la convention en vigueur : le plan de gains est figé et l’aide est engagée, exercice par exercice."
    )
    success = gettext_lazy("La convention est en vigueur.")
