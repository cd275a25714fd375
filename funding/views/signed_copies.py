"""Pages of an agreement signed outside the portal: its PDF recorded, then checked by another person."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from fondsinnovation.kit.views import ActForm
from funding.forms.signed_copies import CopyDecisionForm, SignedCopyForm
from funding.models import Agreement, SignedCopy
from funding.policies import signed_copies as policies
from funding.queries.agreement_texts import text_of
from funding.queries.agreements import agreements_for
from funding.services import signed_copies as acts


class SignedCopyRecord(ActForm):
    """The PDF that both parties signed."""

    template_name = "funding/signed_copy_form.html"
    form_class = SignedCopyForm

    @cached_property
    def agreement(self) -> Agreement:
        now = timezone.now()
        agreement: Agreement = get_object_or_404(agreements_for(self.request.user, now), number=self.kwargs["number"])
        policies.record_signed_copy(self.request.user, agreement, now).require()
        return agreement

    def require_possible(self) -> None:
        acts.require_recordable(self.agreement)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = {
            "title": _("Inscrire l’exemplaire signé"),
            "explanation": _(
                "Une autre personne vérifiera l’exemplaire; la convention entrera alors en vigueur sans signature dans le portail."
            ),
            "submit": _("Inscrire l’exemplaire"),
        }
        return super().get_context_data(agreement=self.agreement, text=text_of(self.agreement), **words, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        acts.record_signed_copy(
            agreement_id=self.agreement.pk,
            file=data["file"],
            signatories=acts.Signatories(data["beneficiary_name"], data["beneficiary_on"], data["minister_name"], data["minister_on"]),
            actor=self.request.user,
            now=timezone.now(),
            key=data["key"],
        )
        messages.success(self.request, _("L’exemplaire signé est inscrit; une autre personne doit le vérifier."))
        return redirect("funding:agreement_detail", self.agreement.number)


class SignedCopyDecide(ActForm):
    """Whether the copy is the frozen text, signed by both parties; accepted, it puts the agreement in force."""

    needs_recent_sign_in = True
    template_name = "funding/signed_copy_form.html"
    form_class = CopyDecisionForm

    @cached_property
    def copy(self) -> SignedCopy:
        now = timezone.now()
        agreement = get_object_or_404(agreements_for(self.request.user, now), number=self.kwargs["number"])
        rows = agreement.signed_copies.select_related("agreement__project", "document", "text", "recorded_by").order_by("-pk")
        copy: SignedCopy = get_object_or_404(rows[:1])
        if self.request.method != "POST":
            policies.decide_signed_copy(self.request.user, copy, now).require()
        return copy

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        self.copy  # noqa: B018 — found, and the person may decide on it
        return super().get(*args, **kwargs)

    def form_invalid(self, form: BaseForm, status: int = 422) -> HttpResponse:
        if status == 422:  # who may not decide is told so before what is wrong in the form
            policies.decide_signed_copy(self.request.user, self.copy, timezone.now()).require()
        return super().form_invalid(form, status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = {
            "title": _("Vérifier l’exemplaire signé"),
            "explanation": _("Comparez l’exemplaire avec la convention. L’accepter met la convention en vigueur et engage l’aide."),
            "submit": _("Rendre la décision"),
        }
        return super().get_context_data(agreement=self.copy.agreement, copy=self.copy, text=self.copy.text, **words, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        given = {"copy_id": self.copy.pk, "actor": self.request.user, "now": timezone.now(), "key": data["key"]}
        if data["decision"] == "accept":
            acts.accept_signed_copy(printed=data["printed"], **given)
            messages.success(self.request, _("La convention est en vigueur."))
        else:
            acts.refuse_signed_copy(reason=data["reason"], **given)
            messages.success(self.request, _("L’exemplaire est refusé; un autre peut être inscrit."))
        return redirect("funding:agreement_detail", self.copy.agreement.number)
