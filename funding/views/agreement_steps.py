"""Pages of the steps of an agreement: its draft written again, its review, its suspension and its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.states import require_move
from fondsinnovation.kit.verdict import YES, Verdict
from fondsinnovation.kit.views import ActForm
from funding.enums import AGREEMENT_MOVES, AgreementState, InstalmentKind, MilestoneState, SignedCopyState
from funding.forms.agreement_steps import RedraftForm, ReviewForm, TerminationForm
from funding.forms.payments import KeyForm, ReasonForm
from funding.models import Agreement, Instalment, Milestone
from funding.policies import agreement_steps as step_policies
from funding.policies import agreements as policies
from funding.policies import signed_copies as copy_policies
from funding.policies.follow_ups import document_failure
from funding.policies.payments import report_milestone, verify_milestone
from funding.queries.agreement_conditions import unmet_for_closing, unmet_for_completion, unpaid_by_year
from funding.queries.agreements import PlannedInstalment, agreements_for, draft_milestones
from funding.queries.follow_ups import has_final_report
from funding.queries.outcomes import pays_results, terms_of
from funding.queries.prizes import pays_a_prize
from funding.services import agreement_drafts, agreement_ends
from funding.views.applications import Step

#: a milestone in one of these waits for nobody
OVER = (MilestoneState.VERIFIED, MilestoneState.CANCELLED)


def next_steps(agreement: Agreement, person: Any, now: Any, ready: Sequence[Instalment] = ()) -> list[Step]:
    """What may come next, each with whether this person may do it; `ready`: the instalments that this person may ask to pay."""

    def step(label: str, route: str, policy: Any) -> Step:
        return Step(label, reverse(f"funding:{route}", args=[agreement.number]), policy(person, agreement, now))

    prepare, review = step_policies.prepare_agreement, step_policies.review_agreement
    if agreement.state == AgreementState.DRAFT:
        return [
            step(_("Soumettre à la revue juridique"), "agreement_submit", prepare),
            step(_("Modifier le projet"), "agreement_edit", prepare),
            step(_("Annuler le projet"), "agreement_cancel", prepare),
        ]
    if agreement.state == AgreementState.CANCELLED:
        return [step(_("Reprendre le projet"), "agreement_edit", prepare)]
    if agreement.state == AgreementState.LEGAL_REVIEW and agreement.reviewed_by_id is None:
        return [
            step(_("Donner un avis favorable"), "agreement_review", review),
            step(_("Retourner le projet"), "agreement_return", review),
            step(_("Annuler le projet"), "agreement_cancel", prepare),
        ]
    if agreement.state == AgreementState.LEGAL_REVIEW:
        waiting = agreement.signed_copies.filter(state=SignedCopyState.RECORDED).select_related("agreement__project").first()
        if waiting is not None:
            decide = copy_policies.decide_signed_copy(person, waiting, now)
            return [Step(_("Vérifier l’exemplaire signé"), reverse("funding:signed_copy_decide", args=[agreement.number]), decide)]
        return [
            step(_("Signer pour le bénéficiaire"), "agreement_sign", policies.sign_for_beneficiary),
            step(_("Inscrire l’exemplaire signé hors du portail"), "signed_copy_record", copy_policies.record_signed_copy),
            step(_("Retourner le projet"), "agreement_return", review),
        ]
    if agreement.state == AgreementState.SIGNED_BENEFICIARY:
        return [step(_("Signer pour le ministre"), "agreement_sign_minister", policies.sign_for_minister)]
    return _later_steps(agreement, person, now, ready)


def _later_steps(agreement: Agreement, person: Any, now: Any, ready: Sequence[Instalment]) -> list[Step]:
    """In force: what the agreement waits for, and only then what stops or ends it, which is never the main button before its time."""

    def step(label: str, route: str, policy: Any, *, quiet: bool = False) -> Step:
        return Step(label, reverse(f"funding:{route}", args=[agreement.number]), policy(person, agreement, now), quiet)

    terminate = step(_("Résilier"), "agreement_terminate", step_policies.terminate_agreement, quiet=True)
    failure = []
    if has_final_report(agreement):  # before it, nothing says what was learned
        failure = [step(_("Fermer comme échec documenté"), "agreement_failure", document_failure, quiet=True)]
    steps = []
    if agreement.state == AgreementState.IN_FORCE:
        stops = [step(_("Suspendre"), "agreement_suspend", step_policies.suspend_agreement, quiet=True), terminate]
        steps = [*_awaited(agreement, person, now, ready, may_stop=any(one.verdict for one in stops)), *stops, *failure]
    elif agreement.state == AgreementState.SUSPENDED:
        steps = [step(_("Remettre en vigueur"), "agreement_resume", step_policies.suspend_agreement), terminate]
    elif agreement.state == AgreementState.COMPLETED:
        quiet = bool(unmet_for_closing(agreement))
        steps = [step(_("Fermer la convention"), "agreement_close", step_policies.close_agreement, quiet=quiet), *failure]
    return [one for one in steps if one.verdict]  # an agreement in force asks nothing of whoever may do nothing about it


def _awaited(agreement: Agreement, person: Any, now: Any, ready: Sequence[Instalment], *, may_stop: bool) -> list[Step]:
    """The next thing that an agreement in force waits for: a payment that may be asked for, a milestone, and in the end its completion."""
    if ready:
        label = _("Demander le versement %(position)s") % {"position": ready[0].position}
        return [Step(label, reverse("funding:payment_request", args=[ready[0].pk]), YES)]
    close = step_policies.close_agreement(person, agreement, now)
    if not unmet_for_completion(agreement):
        return [Step(_("Déclarer la convention achevée"), reverse("funding:agreement_complete", args=[agreement.number]), close)]
    found = agreement.milestones.select_related("agreement__project").exclude(state__in=OVER).order_by("position", "pk")
    return _milestone_steps(list(found), person, now, YES if may_stop else close)


def _milestone_steps(waiting: list[Milestone], person: Any, now: Any, follows: Verdict) -> list[Step]:
    """What this person may do about the first milestone that waits for them; whoever follows the agreement to its end opens its page."""
    reported = [one for one in waiting if one.state == MilestoneState.REPORTED]
    planned = [one for one in waiting if one.state != MilestoneState.REPORTED]
    for milestones, label, route, policy in (
        (reported, _("Vérifier le jalon %(position)s"), "milestone_verify", verify_milestone),
        (planned, _("Déclarer le jalon %(position)s"), "milestone_report", report_milestone),
        ([*reported, *planned], _("Suivre le jalon %(position)s"), "milestone_detail", lambda *given: follows),
    ):
        for milestone in milestones[:1]:
            if policy(person, milestone, now):
                return [Step(label % {"position": milestone.position}, reverse(f"funding:{route}", args=[milestone.pk]), YES)]
    return []


class AgreementMove(ActForm):
    """One step of an agreement: what it does in a sentence, and a reason where one is due."""

    template_name = "funding/agreement_step.html"
    form_class: Any = KeyForm
    target: AgreementState
    policy: Any
    act: Any
    title: Any = ""
    explanation: Any = ""
    success: Any = ""

    @cached_property
    def agreement(self) -> Agreement:
        now = timezone.now()
        found = agreements_for(self.request.user, now).filter(number=self.kwargs["number"])
        agreement = get_object_or_404(found)
        type(self).policy(self.request.user, agreement, now).require()
        return agreement

    def require_possible(self) -> None:
        require_move(AGREEMENT_MOVES, self.agreement.state, self.target)

    def unmet(self) -> list[str]:
        """What keeps the step from being possible, in sentences."""
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            agreement=self.agreement,
            title=self.title,
            explanation=self.explanation,
            unmet=self.unmet(),
            **kwargs,
        )

    def perform(self, form: BaseForm) -> HttpResponse:
        type(self).act(agreement_id=self.agreement.pk, actor=self.request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(self.request, self.success)
        return redirect("funding:agreement_detail", self.agreement.number)


class AgreementSubmit(AgreementMove):
    target = AgreementState.LEGAL_REVIEW
    policy = step_policies.prepare_agreement
    act = agreement_drafts.submit_agreement
    title = gettext_lazy("Soumettre à la revue juridique")
    explanation = gettext_lazy("Une autre personne relira le projet. Il ne se modifie plus, à moins qu’elle ne le retourne.")
    success = gettext_lazy("Le projet attend son avis juridique.")


class AgreementReview(AgreementMove):
    form_class = ReviewForm
    target = AgreementState.SIGNED_BENEFICIARY
    policy = step_policies.review_agreement
    act = agreement_drafts.review_agreement
    title = gettext_lazy("Donner un avis favorable")
    explanation = gettext_lazy("Le document ci-dessus peut être signé : les parties ne signeront que lui.")
    success = gettext_lazy("L’avis est donné; la convention attend la signature du bénéficiaire.")

    def require_possible(self) -> None:
        agreement_drafts.require_to_review(self.agreement)

    def get_initial(self) -> dict[str, Any]:
        document = self.agreement.document
        return {**super().get_initial(), "document_sha256": document.sha256 if document else ""}


class AgreementReturn(AgreementMove):
    form_class = ReasonForm
    target = AgreementState.DRAFT
    policy = step_policies.review_agreement
    act = agreement_drafts.return_agreement
    title = gettext_lazy("Retourner le projet")
    explanation = gettext_lazy("Le projet redevient modifiable; la personne qui l’a préparé lira votre motif.")
    success = gettext_lazy("Le projet est retourné.")

    def require_possible(self) -> None:
        if self.agreement.state == AgreementState.CANCELLED:  # a cancelled draft is taken up again by writing it, not by a return
            require_move(AGREEMENT_MOVES, AgreementState.CANCELLED, AgreementState.LEGAL_REVIEW)
        super().require_possible()


class AgreementCancel(AgreementMove):
    form_class = ReasonForm
    target = AgreementState.CANCELLED
    policy = step_policies.prepare_agreement
    act = agreement_drafts.cancel_agreement
    title = gettext_lazy("Annuler le projet")
    explanation = gettext_lazy("La décision et sa réservation demeurent. Le projet pourra être repris sous le même numéro.")
    success = gettext_lazy("Le projet est annulé.")


class AgreementSuspend(AgreementMove):
    form_class = ReasonForm
    target = AgreementState.SUSPENDED
    policy = step_policies.suspend_agreement
    act = agreement_ends.suspend_agreement
    title = gettext_lazy("Suspendre la convention")
    explanation = gettext_lazy("Aucun jalon ni paiement n’avance tant que la convention est suspendue.")
    success = gettext_lazy("La convention est suspendue.")


class AgreementResume(AgreementMove):
    target = AgreementState.IN_FORCE
    policy = step_policies.suspend_agreement
    act = agreement_ends.resume_agreement
    title = gettext_lazy("Remettre la convention en vigueur")
    explanation = gettext_lazy("Les jalons et les paiements reprennent là où ils étaient.")
    success = gettext_lazy("La convention est de nouveau en vigueur.")

    def require_possible(self) -> None:
        if self.agreement.state == AgreementState.SIGNED_BENEFICIARY:  # the minister's signature opens it, not this page
            require_move(AGREEMENT_MOVES, self.agreement.state, AgreementState.SUSPENDED)
        super().require_possible()


class AgreementTerminate(AgreementMove):
    needs_recent_sign_in = True
    form_class = TerminationForm
    target = AgreementState.TERMINATED
    policy = step_policies.terminate_agreement
    act = agreement_ends.terminate_agreement
    title = gettext_lazy("Résilier la convention")
    explanation = gettext_lazy("La résiliation est définitive. Ce qui est engagé et n’est pas versé retourne à l’enveloppe.")
    success = gettext_lazy("La convention est résiliée.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(unpaid=sorted(unpaid_by_year(self.agreement).items()), **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        given = {name: form.cleaned_data[name] for name in ("cause", "reason", "key")}
        person, now = self.request.user, timezone.now()
        agreement_ends.terminate_agreement(agreement_id=self.agreement.pk, recovery=form.recovery(), actor=person, now=now, **given)
        messages.success(self.request, self.success)
        return redirect("funding:agreement_detail", self.agreement.number)


class AgreementComplete(AgreementMove):
    target = AgreementState.COMPLETED
    policy = step_policies.close_agreement
    act = agreement_ends.complete_agreement
    title = gettext_lazy("Déclarer la convention achevée")
    explanation = gettext_lazy("Tous les jalons sont vérifiés : le projet est terminé. Les gains se déclarent encore.")
    success = gettext_lazy("La convention est achevée.")

    def unmet(self) -> list[str]:
        return unmet_for_completion(self.agreement)


class AgreementClose(AgreementMove):
    needs_recent_sign_in = True
    target = AgreementState.CLOSED
    policy = step_policies.close_agreement
    act = agreement_ends.close_agreement
    title = gettext_lazy("Fermer la convention")
    explanation = gettext_lazy("Ce qui est engagé et n’est pas versé retourne à l’enveloppe. Le suivi des gains continue.")
    success = gettext_lazy("La convention est fermée.")

    def unmet(self) -> list[str]:
        return unmet_for_closing(self.agreement)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(unpaid=sorted(unpaid_by_year(self.agreement).items()), **kwargs)


class AgreementEdit(AgreementMove):
    """The draft written again: dates, milestones, instalments."""

    template_name = "funding/agreement_edit.html"
    form_class = RedraftForm
    policy = step_policies.prepare_agreement
    title = gettext_lazy("Modifier le projet de convention")

    def require_possible(self) -> None:
        agreement_drafts.require_draft(self.agreement)

    def get_initial(self) -> dict[str, Any]:
        agreement = self.agreement
        days = {"starts_on": agreement.starts_on, "ends_on": agreement.ends_on}
        return {**super().get_initial(), "version": agreement.version, **days}

    def get_form_kwargs(self) -> dict[str, Any]:
        rows = self.agreement.instalments.select_related("milestone").order_by("position", "pk")
        return {
            **super().get_form_kwargs(),
            "milestones": draft_milestones(self.agreement.milestones.order_by("position", "pk")),
            "instalments": [
                PlannedInstalment(InstalmentKind(row.kind), row.milestone.position if row.milestone else None, row.fiscal_year, row.amount)
                for row in rows
            ],
            "is_prize": pays_a_prize(self.agreement),
            "measured": pays_results(self.agreement),
            "outcome": terms_of(self.agreement),
            "years": list(self.agreement.parts.order_by("fiscal_year").values_list("fiscal_year", flat=True)),
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        terms, parts = self.agreement.project.call.terms, self.agreement.parts.order_by("fiscal_year", "pk")
        return super().get_context_data(terms=terms, parts=parts, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        agreement_drafts.redraft_agreement(
            agreement_id=self.agreement.pk,
            milestones=form.milestones(),
            instalments=form.instalments(),
            outcome=form.outcome(),
            actor=self.request.user,
            now=timezone.now(),
            **{name: data[name] for name in ("version", "starts_on", "ends_on", "key")},
        )
        messages.success(self.request, _("Le projet est refait; relisez son document avant de le soumettre."))
        return redirect("funding:agreement_detail", self.agreement.number)
