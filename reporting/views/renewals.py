"""Renewal dossiers: the list, one dossier with its next step, and the form of each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.kit.states import require_move
from fondsinnovation.kit.views import ActForm
from fondsinnovation.templatetags.typography import fiscal_year, money_cents, number
from funding.forms.payments import KeyForm
from projects.models import Project
from reporting.catalogue import RENEWAL
from reporting.enums import RENEWAL_MOVES, RenewalState
from reporting.forms.results import AnalysisForm, CarryOutForm, DecisionForm, RecommendationForm, ReturnForm
from reporting.models import Renewal
from reporting.policies import renewals as policies
from reporting.queries.projects import project_rows_for
from reporting.queries.renewals import availability, in_view, renewals_for, report_row, story_of, view_counts
from reporting.services import renewals as acts
from reporting.services.snapshots import fix_knowledge
from reporting.tables.grids import Grid, grid
from reporting.tables.renewals import RENEWAL_COLOURS, RenewalTable
from reporting.tables.reports import shown

_S = RenewalState
#: what the report says of a project whose dossier is to be opened
MEASURED = ("realisation_verified", "coverage", "objective_attainment")
#: state → the steps that may come next: their page, their policy, their words
NEXT: dict[RenewalState, tuple[tuple[str, Callable[..., Any], Any], ...]] = {
    _S.OPENED: (("reporting:renewal_analyse", policies.prepare_renewal, gettext_lazy("Analyser")),),
    _S.ANALYSED: (("reporting:renewal_recommend", policies.prepare_renewal, gettext_lazy("Arrêter la recommandation")),),
    _S.RECOMMENDED: (
        ("reporting:renewal_decide", policies.decide_renewal, gettext_lazy("Décider")),
        ("reporting:renewal_return", policies.decide_renewal, gettext_lazy("Retourner à l’analyse")),
    ),
    _S.DECIDED: (("reporting:renewal_carry_out", policies.prepare_renewal, gettext_lazy("Inscrire la mise en œuvre")),),
    _S.IMPLEMENTED: (),
}


@require_safe
@login_required
def renewal_list(request: HttpRequest) -> HttpResponse:
    """The dossiers of visible projects, the latest opened first."""
    now = timezone.now()
    policies.read_renewals(request.user, now).require()
    rows, view = renewals_for(request.user, now), request.GET.get("view") or "all"
    table = RenewalTable.for_page(request, in_view(rows, view).order_by("-opened_at", "-pk"))
    count = table.paginator.count
    table.caption = ngettext("%(count)s dossier", "%(count)s dossiers", count) % {"count": number(count)}
    return render(request, "reporting/renewal_list.html", {"table": table, "views": view_counts(rows), "view": view})


@require_safe
@login_required
def renewal_detail(request: HttpRequest, renewal: str) -> HttpResponse:
    """A dossier: figures and parameters as they were frozen, the decision, what is left in the envelope, and the next step."""
    now = timezone.now()
    found = get_object_or_404(renewals_for(request.user, now), number=renewal)
    steps = [(page, label, policy(request.user, found, now)) for page, policy, label in NEXT[RenewalState(found.state)]]
    context = {
        "renewal": found,
        "colour": RENEWAL_COLOURS[RenewalState(found.state)],
        "steps": steps,
        "refused": next((verdict.reason for _page, _label, verdict in steps if not verdict), ""),
        "deciding_role": policies.deciding_role(found, now).label,
        "available": _availability(),
        "story": story_of(found),
    }
    return render(request, "reporting/renewal_detail.html", context)


def _availability() -> Grid:
    lines = availability()
    columns = (
        (gettext_lazy("Exercice"), False), (gettext_lazy("Crédit ouvert"), True), (gettext_lazy("Réservé"), True),
        (gettext_lazy("Engagé"), True), (gettext_lazy("Disponible"), True),
    )  # fmt: skip
    rows = [[_year(line), *map(money_cents, _amounts(line))] for line in lines]
    return grid(columns, rows[:-1], rows[-1] if rows else ())


def _year(line: Any) -> SafeString | str:
    return format_html('<span class="num">{}</span>', fiscal_year(line.fiscal_year)) if line.fiscal_year else _("Total")


def _amounts(line: Any) -> tuple[Any, ...]:
    return line.open, line.reserved, line.committed, line.available


class RenewalOpen(ActForm):
    """Open the dossier of a project."""

    template_name = "reporting/renewal_open.html"
    form_class = KeyForm

    @cached_property
    def project(self) -> Project:
        now = timezone.now()
        project = get_object_or_404(project_rows_for(self.request.user, now), reference=self.kwargs["project"])
        policies.open_renewal(self.request.user, project, now).require()
        return project

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row, effective, known = report_row(self.project)
        columns = [RENEWAL.column(code) for code in MEASURED] if row else []
        figures = [(column.label, shown(column, row.data[column.code])) for column in columns if row]
        return super().get_context_data(project=self.project, figures=figures, effective=effective, known=known, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        renewal = acts.open_renewal(project_id=self.project.pk, actor=self.request.user, now=timezone.now(), key=form.cleaned_data["key"])
        messages.success(self.request, _("Le dossier de reconduction est ouvert."))
        return redirect("reporting:renewal_detail", renewal.number)


class RenewalStepForm(ActForm):
    """A step of a dossier, in a state that allows it. A subclass says its act, its fields and what it says once done."""

    template_name = "reporting/renewal_form.html"
    target: RenewalState
    policy: Any = staticmethod(policies.prepare_renewal)
    act: Any
    names: tuple[str, ...] = ()
    title: Any
    lead: Any = ""
    said: Any

    @cached_property
    def renewal(self) -> Renewal:
        now = timezone.now()
        renewal = get_object_or_404(renewals_for(self.request.user, now), number=self.kwargs["renewal"])
        self.policy(self.request.user, renewal, now).require()
        require_move(RENEWAL_MOVES, renewal.state, self.target)
        return renewal

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(renewal=self.renewal, title=self.title, lead=self.lead, **kwargs)

    def given(self, form: BaseForm) -> dict[str, Any]:
        return {name: form.cleaned_data[name] for name in self.names}

    def perform(self, form: BaseForm) -> HttpResponse:
        by = {"actor": self.request.user, "now": timezone.now(), "key": form.cleaned_data["key"]}
        self.act(renewal_id=self.renewal.pk, **self.given(form), **by)
        messages.success(self.request, self.said)
        return redirect("reporting:renewal_detail", self.renewal.number)


class RenewalAnalyse(RenewalStepForm):
    form_class = AnalysisForm
    target, act, names = _S.ANALYSED, staticmethod(acts.analyse_renewal), ("eligible_base", "base_reason", "analysis")
    title, said = gettext_lazy("Analyser la reconduction"), gettext_lazy("L’analyse est inscrite.")

    def get_initial(self) -> dict[str, Any]:
        kept = {name: getattr(self.renewal, name) for name in self.names}
        return {**super().get_initial(), **kept}


class RenewalRecommend(RenewalStepForm):
    form_class = RecommendationForm
    target, act, names = _S.RECOMMENDED, staticmethod(acts.recommend_renewal), ("effective",)
    title, said = gettext_lazy("Arrêter la recommandation"), gettext_lazy("La recommandation est calculée et ne change plus.")
    lead = gettext_lazy(
        "Le calcul prend ce qui est connu maintenant. Ses chiffres et ses paramètres restent tels quels; une autre personne décide."
    )

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "effective": timezone.localdate()}

    def given(self, form: BaseForm) -> dict[str, Any]:
        now = timezone.now()
        return {**super().given(form), "known": fix_knowledge(now, now=now)}


class RenewalDecide(RenewalStepForm):
    template_name = "reporting/renewal_decide.html"
    form_class = DecisionForm
    needs_recent_sign_in = True
    target, policy = _S.DECIDED, staticmethod(policies.decide_renewal)
    act, names = staticmethod(acts.decide_renewal), ("decision", "amount", "reason")
    title, said = gettext_lazy("Décider de la reconduction"), gettext_lazy("La décision est rendue. Elle n’engage aucun crédit.")
    lead = gettext_lazy(
        "La recommandation informe. La décision est finale et n’engage aucun crédit : une décision d’aide ou un avenant la met en œuvre."
    )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(available=_availability(), **kwargs)


class RenewalReturn(RenewalStepForm):
    form_class = ReturnForm
    target, policy = _S.ANALYSED, staticmethod(policies.decide_renewal)
    act, names = staticmethod(acts.return_renewal), ("reason",)
    title, said = gettext_lazy("Retourner à l’analyse"), gettext_lazy("Le dossier est retourné; il se recommandera de nouveau.")


class RenewalCarryOut(RenewalStepForm):
    form_class = CarryOutForm
    target, act, names = _S.IMPLEMENTED, staticmethod(acts.carry_out_renewal), ("reference",)
    title, said = gettext_lazy("Inscrire la mise en œuvre"), gettext_lazy("La mise en œuvre est inscrite.")
