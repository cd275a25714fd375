"""Pages of shared gains: the keys and what was measured, a sharing to record, a measure to report."""

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
from django.views.decorators.http import require_safe

from fondsinnovation.kit.views import ActForm
from projects.queries.applications import projects_for
from reporting.forms.sharing import SharedCorrectForm, SharedGainForm, SharingForm
from reporting.models import GainReport, GainSharing, SharedGain
from reporting.policies.sharing import list_shares, may_measure, own_projects
from reporting.queries.sharing import amount_of, shared_gains_for, shares_of, sharings_for
from reporting.services import shared_corrections as corrections
from reporting.services import sharing as acts


@require_safe
@login_required
def sharing_list(request: HttpRequest) -> HttpResponse:
    """The sharings of visible projects, with their keys and measures."""
    now = timezone.now()
    found = [(sharing, may_measure(request.user, sharing.keys, now)) for sharing in sharings_for(request.user, now)]
    keyed = [key.project_id for sharing, _may in found for key in sharing.keys]
    seen = set(projects_for(request.user, now).filter(pk__in=keyed).order_by("pk").values_list("pk", flat=True))
    context = {"sharings": found, "seen": seen, "may_share": list_shares(request.user, now)}
    return render(request, "reporting/sharing_list.html", context)


class SharingCreate(ActForm):
    """Record the keys of a gain that lines share."""

    template_name = "reporting/sharing_form.html"
    form_class = SharingForm

    def get_form_kwargs(self) -> dict[str, Any]:
        list_shares(self.request.user, timezone.now()).require()
        return {**super().get_form_kwargs(), "person": self.request.user}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lead = _("Les clés font exactement 100 %, entre des lignes verrouillées d’une même nature. Elles ne changent plus.")
        return super().get_context_data(title=_("Inscrire un partage"), eyebrow="", lead=lead, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        acts.share_gain(actor=self.request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(self.request, _("Le partage est inscrit."))
        return redirect("reporting:sharing_list")


class SharedGainReport(ActForm):
    """Report one measure: each line gets its part."""

    template_name = "reporting/sharing_form.html"
    form_class = SharedGainForm

    @cached_property
    def sharing(self) -> GainSharing:
        now = timezone.now()
        sharing = get_object_or_404(sharings_for(self.request.user, now), pk=self.kwargs["pk"])
        own_projects(self.request.user, shares_of(sharing.pk), now)
        return sharing

    def get_form_kwargs(self) -> dict[str, Any]:
        nature = self.sharing.keys[0].line.nature
        return {**super().get_form_kwargs(), "nature": nature}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lead = _("Chaque projet reçoit une déclaration de sa part, que son organisme cosigne.")
        return super().get_context_data(title=_("Déclarer une mesure"), eyebrow=self.sharing.title, lead=lead, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        acts.report_shared_gain(sharing_id=self.sharing.pk, actor=self.request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(self.request, _("La mesure est partagée; chaque part attend sa cosignature."))
        return redirect("reporting:sharing_list")


class SharedGainCorrect(ActForm):
    """Correct one measure as a whole: each part becomes its share of it."""

    template_name = "reporting/sharing_form.html"
    form_class = SharedCorrectForm

    @cached_property
    def shared(self) -> SharedGain:
        now = timezone.now()
        shared = get_object_or_404(shared_gains_for(self.request.user, now), pk=self.kwargs["pk"])
        own_projects(self.request.user, shares_of(shared.sharing_id), now)
        return shared

    @cached_property
    def first(self) -> GainReport:
        """The part of the first key, whose method and maturity the form begins with."""
        return self.shared.parts.select_related("report__line").order_by("pk")[0].report

    def require_possible(self) -> None:
        corrections.require_correctable(self.shared)

    def get_initial(self) -> dict[str, Any]:
        kept = {name: getattr(self.first, name) for name in ("maturity", "method")}
        return {**super().get_initial(), **kept, "amount": abs(amount_of(self.shared))}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "nature": self.first.line.nature}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lead = _("Les mêmes clés partagent le nouveau montant au cent près. Chaque organisme cosigne sa part, qui est alors à revérifier.")
        return super().get_context_data(title=_("Corriger la mesure"), eyebrow=self.shared.sharing.title, lead=lead, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        corrections.correct_shared_gain(shared_id=self.shared.pk, actor=self.request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(self.request, _("La mesure est corrigée; chaque part attend sa cosignature."))
        return redirect("reporting:sharing_list")
