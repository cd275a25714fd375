"""Pages of milestones and payments."""

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

from fondsinnovation.kit.verdict import possible
from fondsinnovation.kit.views import ActForm
from fondsinnovation.templatetags.typography import money, number
from funding.filters.payments import PaymentFilter
from funding.forms.payments import CofundingForm, KeyForm, MilestoneReportForm, PaymentConfirmForm, PaymentRequestForm, ReasonForm
from funding.models import Instalment, Milestone, Payment
from funding.policies import payments as policies
from funding.policies.batches import import_returns, reverse_payment
from funding.policies.milestones import change_milestone
from funding.queries.bank import current_details
from funding.queries.outcomes import declarations_of, measured_by
from funding.queries.payments import cofunding_of, has_live_payment, instalments_for, milestones_for, payments_for
from funding.queries.release import changes_of, checklist_of
from funding.queries.totals import payment_total
from funding.services import milestones as milestone_acts
from funding.services import payments as acts
from funding.tables.payments import MILESTONE_COLOURS, PAYMENT_COLOURS, MilestoneTable, PaymentTable
from projects.models import Project
from projects.policies.scope import call_of
from projects.queries.applications import projects_for


@require_safe
@login_required
def payment_list(request: HttpRequest) -> HttpResponse:
    """Payments with their filters in the address."""
    now = timezone.now()
    policies.list_payments(request.user, now).require()
    found = PaymentFilter(request.GET, payments_for(request.user, now).order_by("-requested_at", "-pk"), request=request)
    table = PaymentTable.for_page(request, found.qs)
    rows = ngettext("%(count)s paiement", "%(count)s paiements", table.paginator.count) % {"count": number(table.paginator.count)}
    table.caption = _("%(rows)s, pour un total de %(total)s") % {"rows": rows, "total": money(payment_total(found.qs))}
    context = {"table": table, "filter": found, "may_import": import_returns(request.user, now)}
    return render(request, "funding/payment_list.html", context)


@require_safe
@login_required
def payment_detail(request: HttpRequest, payment: str) -> HttpResponse:
    """A payment: what it pays, its attestations, its three people, and the next act."""
    now = timezone.now()
    found = get_object_or_404(payments_for(request.user, now), number=payment)
    policies.list_payments(request.user, now, call_of(found)).require()
    owner = found.instalment.agreement.project.organisation_id
    context = {
        "payment": found,
        "colour": PAYMENT_COLOURS[found.state],
        "may_certify": policies.certify_payment(request.user, found, now),
        "may_authorise": policies.authorise_payment(request.user, found, now),
        "may_confirm": policies.confirm_payment(request.user, found, now),
        "may_reject": policies.reject_payment(request.user, found, now),
        "may_reverse": reverse_payment(request.user, found, now),
        "account": current_details([owner]).get(owner),
        "orders": found.orders.filter(is_live=True).select_related("batch", "bank_detail").order_by("pk"),
    }
    return render(request, "funding/payment_detail.html", context)


@require_safe
@login_required
def milestone_list(request: HttpRequest) -> HttpResponse:
    """The milestones of visible projects, those that wait for their verification first."""
    rows = milestones_for(request.user, timezone.now()).order_by("-state", "due_on", "pk")
    table = MilestoneTable.for_page(request, rows)
    table.caption = ngettext("%(count)s jalon", "%(count)s jalons", table.paginator.count) % {"count": number(table.paginator.count)}
    return render(request, "funding/milestone_list.html", {"table": table})


@require_safe
@login_required
def milestone_detail(request: HttpRequest, milestone: int) -> HttpResponse:
    """A milestone: what is expected, what was reported, and the next act."""
    now = timezone.now()
    found = get_object_or_404(milestones_for(request.user, now), pk=milestone)
    context = {
        "milestone": found,
        "colour": MILESTONE_COLOURS[found.state],
        "may_report": policies.report_milestone(request.user, found, now),
        "may_verify": policies.verify_milestone(request.user, found, now),
        "may_change": change_milestone(request.user, found, now),
        "changes": changes_of(found),
        "measured": measured_by(found),
        "declarations": declarations_of(found),
    }
    return render(request, "funding/milestone_detail.html", context)


class MilestoneAct(ActForm):
    """A form about one milestone."""

    form_class: Any = KeyForm
    template_name = "funding/milestone_form.html"
    title: Any = ""
    explanation: Any = ""

    @cached_property
    def milestone(self) -> Milestone:
        milestone = get_object_or_404(milestones_for(self.request.user, timezone.now()), pk=self.kwargs["milestone"])
        if self.request.method != "POST":  # a POST is refused by the act, whose key makes a double click harmless
            self.may(milestone).require()
        return milestone

    def may(self, milestone: Milestone) -> Any:
        return policies.verify_milestone(self.request.user, milestone, timezone.now())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = {"milestone": self.milestone, "title": self.title, "explanation": self.explanation, "measured": None, "declaration": None}
        return super().get_context_data(**{**shown, **kwargs})

    def act_with(self, form: BaseForm) -> dict[str, Any]:
        return {
            "milestone_id": self.milestone.pk,
            "actor": self.request.user,
            "now": timezone.now(),
            "key": form.cleaned_data["key"],
        }

    def form_invalid(self, form: BaseForm, status: int = 422) -> HttpResponse:
        if status == 422:  # a form that never reached the act: who may not act is told so first
            self.may(self.milestone).require()
        return super().form_invalid(form, status)

    def done(self, message: str) -> HttpResponse:
        messages.success(self.request, message)
        return redirect("funding:milestone_detail", self.milestone.pk)


class MilestoneReport(MilestoneAct):
    form_class = MilestoneReportForm

    title = gettext_lazy("Déclarer le jalon atteint")

    def may(self, milestone: Milestone) -> Any:
        return policies.report_milestone(self.request.user, milestone, timezone.now())

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        milestone_acts.report_milestone(report=data["report"], evidence=data["evidence"], **self.act_with(form))
        return self.done(_("Le jalon est déclaré atteint; le Secrétariat le vérifiera."))


class MilestoneVerify(MilestoneAct):
    title = gettext_lazy("Vérifier le jalon")

    explanation = gettext_lazy(
        "En confirmant, vous attestez avoir examiné la pièce justificative. Le versement lié au jalon pourra être demandé."
    )

    def perform(self, form: BaseForm) -> HttpResponse:
        milestone_acts.verify_milestone(**self.act_with(form))
        return self.done(_("Le jalon est vérifié."))


class MilestoneRefuse(MilestoneAct):
    form_class = ReasonForm

    title = gettext_lazy("Refuser le jalon")

    def perform(self, form: BaseForm) -> HttpResponse:
        milestone_acts.refuse_milestone(reason=form.cleaned_data["reason"], **self.act_with(form))
        return self.done(_("Le jalon est refusé; l’organisme peut le déclarer de nouveau."))


class PaymentRequest(ActForm):
    """Request an instalment, with the three attestations."""

    template_name = "funding/payment_request.html"
    needs_recent_sign_in = True
    form_class = PaymentRequestForm

    @cached_property
    def instalment(self) -> Instalment:
        now = timezone.now()
        instalment = get_object_or_404(instalments_for(self.request.user, now), pk=self.kwargs["instalment"])
        policies.request_payment(self.request.user, instalment, now).require()
        return instalment

    def require_possible(self) -> None:
        possible(not has_live_payment(self.instalment), _("Un paiement est déjà en cours pour ce versement.")).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(instalment=self.instalment, release=checklist_of(self.instalment), **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        payment = acts.request_payment(
            instalment_id=self.instalment.pk,
            attestations={name: data[name] for name in acts.ATTESTATIONS},
            actor=self.request.user,
            now=timezone.now(),
            key=data["key"],
        )
        messages.success(self.request, _("Le paiement est demandé; il attend sa certification."))
        return redirect("funding:payment_detail", payment.number)


class PaymentAct(ActForm):
    """A form about one payment: a title, a policy, an act."""

    needs_recent_sign_in = True
    form_class: Any = KeyForm
    template_name = "funding/payment_form.html"
    policy: Any = None
    act: Any = None
    title: Any = ""
    explanation: Any = ""
    success: Any = ""

    @cached_property
    def payment(self) -> Payment:
        now = timezone.now()
        payment = get_object_or_404(payments_for(self.request.user, now), number=self.kwargs["payment"])
        if self.request.method != "POST":
            self.policy(self.request.user, payment, now).require()
        return payment

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(payment=self.payment, title=self.title, explanation=self.explanation, **kwargs)

    def form_invalid(self, form: BaseForm, status: int = 422) -> HttpResponse:
        if status == 422:
            self.policy(self.request.user, self.payment, timezone.now()).require()
        return super().form_invalid(form, status)

    def perform(self, form: BaseForm) -> HttpResponse:
        self.act(payment_id=self.payment.pk, actor=self.request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(self.request, self.success)
        return redirect("funding:payment_detail", self.payment.number)


class PaymentCertify(PaymentAct):
    policy = staticmethod(policies.certify_payment)
    act = staticmethod(acts.certify_payment)
    title = gettext_lazy("Certifier le paiement")
    explanation = gettext_lazy("Vous certifiez que la somme est due, conforme à la convention et couverte par l’engagement.")
    success = gettext_lazy("Le paiement est certifié; il attend son autorisation.")


class PaymentAuthorise(PaymentAct):
    policy = staticmethod(policies.authorise_payment)
    act = staticmethod(acts.authorise_payment)
    title = gettext_lazy("Autoriser le paiement")
    explanation = gettext_lazy("Vous êtes la troisième personne : après vous, l’ordre de paiement peut partir.")
    success = gettext_lazy("Le paiement est autorisé.")


class PaymentConfirm(PaymentAct):
    form_class = PaymentConfirmForm
    policy = staticmethod(policies.confirm_payment)
    act = staticmethod(acts.confirm_payment)
    title = gettext_lazy("Confirmer le paiement")
    explanation = gettext_lazy("La référence identifie le paiement : la confirmer deux fois ne change rien.")
    success = gettext_lazy("Le paiement est confirmé et inscrit au registre de l’enveloppe.")


class PaymentReject(PaymentAct):
    form_class = ReasonForm
    policy = staticmethod(policies.reject_payment)
    act = staticmethod(acts.reject_payment)
    title = gettext_lazy("Rejeter le paiement")
    explanation = gettext_lazy("Le versement pourra être demandé de nouveau.")
    success = gettext_lazy("Le paiement est rejeté.")


class CofundingCreate(ActForm):
    """Record what another source really put in a project."""

    template_name = "funding/cofunding_form.html"
    form_class = CofundingForm

    @cached_property
    def project(self) -> Project:
        now = timezone.now()
        project = get_object_or_404(projects_for(self.request.user, now), reference=self.kwargs["project"])
        policies.record_cofunding(self.request.user, project, now).require()
        return project

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(project=self.project, rows=cofunding_of(self.project.pk), **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        acts.record_cofunding(project_id=self.project.pk, actor=self.request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(self.request, _("Le cofinancement est inscrit."))
        return redirect("funding:cofunding_create", self.project.reference)
