"""Pages of one line's baseline: what was signed, the versions since, what each gives, and the acts on a new version."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fondsinnovation.kit.errors import WrongState
from fondsinnovation.kit.views import ActForm
from projects.models import BaselineVersion, GainLine, Project
from projects.policies import baselines as policies
from projects.queries.applications import projects_for
from projects.queries.baselines import versions_of, waiting_version
from projects.services import baselines as acts
from reporting.forms.baselines import Answer, BaselineForm, DecideForm
from reporting.queries.gains import gain_line
from reporting.queries.measures import indicators_of, line_results


def _line_of(request: HttpRequest, project: str, line: str) -> tuple[Project, GainLine]:
    """A visible project and one of its signed lines: 404 otherwise."""
    found = get_object_or_404(projects_for(request.user, timezone.now()).select_related("organisation"), reference=project)
    try:
        return found, gain_line(found, line)
    except GainLine.DoesNotExist as missing:
        raise Http404 from missing


@require_safe
@login_required
def baseline_detail(request: HttpRequest, project: str, line: str) -> HttpResponse:
    """The signed baseline and its versions, each period under both, and the next act or why it is not this reader's."""
    now = timezone.now()
    found, signed = _line_of(request, project, line)
    versions = list(versions_of(signed))
    waiting = next((version for version in versions if getattr(version, "decision", None) is None), None)
    context = {
        "project": found,
        "line": signed,
        "baseline": getattr(signed, "baseline", None),
        "versions": versions,
        "waiting": waiting,
        "indicators": indicators_of(signed),
        "results": line_results(signed),
        "may_ask": hasattr(signed, "baseline") and not waiting and policies.ask_baseline(request.user, found, now),
        "may_decide": waiting and policies.decide_baseline(request.user, found, waiting, now),
    }
    return render(request, "reporting/baseline_detail.html", context)


class BaselineAct(ActForm):
    """A form about the baseline of one line."""

    @cached_property
    def found(self) -> tuple[Project, GainLine]:
        return _line_of(self.request, self.kwargs["project"], self.kwargs["line"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        project, line = self.found
        return super().get_context_data(project=project, line=line, baseline=getattr(line, "baseline", None), **kwargs)

    def done(self, message: str) -> HttpResponse:
        messages.success(self.request, message)
        return redirect("reporting:baseline_detail", self.kwargs["project"], self.kwargs["line"])


class BaselineAsk(BaselineAct):
    """Ask for a new version."""

    template_name = "reporting/baseline_ask.html"
    form_class = BaselineForm

    @cached_property
    def line(self) -> GainLine:
        project, line = self.found
        policies.ask_baseline(self.request.user, project, timezone.now()).require()
        if not hasattr(line, "baseline"):
            raise WrongState(_("Seule une situation de départ signée peut avoir une nouvelle version."))
        return line

    def require_possible(self) -> None:
        if waiting_version(self.line):
            raise WrongState(_("Une version de cette situation de départ attend sa décision."))

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "unit": self.line.baseline.unit}

    def perform(self, form: BaseForm) -> HttpResponse:
        acts.ask_baseline(line_id=self.line.pk, actor=self.request.user, now=timezone.now(), **form.cleaned_data)
        return self.done(_("La nouvelle situation de départ est demandée; rien ne change avant la décision."))


class BaselineDecide(BaselineAct):
    """Accept or refuse the version that waits."""

    template_name = "reporting/baseline_decide.html"
    form_class = DecideForm

    @cached_property
    def version(self) -> BaselineVersion:
        project, line = self.found
        version = waiting_version(line)
        if version is None:
            raise WrongState(_("Aucune version de cette situation de départ n’attend de décision."))
        policies.decide_baseline(self.request.user, project, version, timezone.now()).require()
        return version

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(version=self.version, versions=[self.version], **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        given = form.cleaned_data
        accepted = given["answer"] == Answer.ACCEPT
        common = {"actor": self.request.user, "now": timezone.now(), "key": given["key"]}
        acts.decide_baseline(version_id=self.version.pk, accepted=accepted, reason=given["reason"], **common)
        return self.done(
            _("La nouvelle situation de départ est acceptée.") if accepted else _("La nouvelle situation de départ est refusée.")
        )
