"""Pages of the acts on a follow-up report: signed, taken back, co-signed, verified or returned; and the lessons that anybody reads."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from fondsinnovation.kit.errors import WrongState
from fondsinnovation.kit.states import require_move
from fondsinnovation.kit.views import ActForm
from funding.forms.payments import KeyForm
from projects.queries.calls import calls_for
from reporting.enums import FOLLOW_UP_MOVES, FollowUpState
from reporting.forms.follow_ups import FollowUpDecision, FollowUpVerifyForm
from reporting.forms.gains import SeenForm
from reporting.models import FollowUpReport
from reporting.policies import follow_ups as policies
from reporting.queries.follow_up_answers import answers_of, lessons_of
from reporting.queries.follow_ups import attachments_of, missing_of
from reporting.services import follow_ups as acts
from reporting.views.follow_ups import facts_of, follow_up_or_404, plan_of

_S = FollowUpState


class FollowUpAct(ActForm):
    """A form about one report, in a state that allows it."""

    template_name = "reporting/follow_up_act.html"
    form_class: Any = KeyForm
    target: FollowUpState
    title: Any = ""
    explanation: Any = ""
    success: Any = ""

    def may(self, report: FollowUpReport) -> Any:
        return policies.write_follow_up(self.request.user, report.project, timezone.now())

    @cached_property
    def report(self) -> FollowUpReport:
        report = follow_up_or_404(self.request, self.kwargs["number"])
        self.may(report).require()
        return report

    def require_possible(self) -> None:
        require_move(FOLLOW_UP_MOVES, self.report.state, self.target)

    def get_initial(self) -> dict[str, Any]:
        signed_at = self.report.signed_at
        return {**super().get_initial(), "seen": signed_at.isoformat() if signed_at else ""}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = {"title": self.title, "explanation": self.explanation, "missing": self.missing}
        read = {"answers": answers_of(self.report), "documents": attachments_of(self.report)}
        return super().get_context_data(**facts_of(self.report), **words, **read, **kwargs)

    @property
    def missing(self) -> list[Any]:
        """What keeps the act from being done, by name."""
        return []

    def by(self, form: BaseForm, *names: str) -> dict[str, Any]:
        given = {name: form.cleaned_data[name] for name in ("key", *names)}
        return {"report_id": self.report.pk, "actor": self.request.user, "now": timezone.now(), **given}

    def done(self, message: str = "") -> HttpResponse:
        messages.success(self.request, message or self.success)
        return redirect("reporting:follow_up_detail", self.report.number)


class FollowUpSign(FollowUpAct):
    target = _S.TO_COSIGN
    title = gettext_lazy("Signer le rapport")
    explanation = gettext_lazy(
        "En signant, vous attestez que ce rapport est exact. La répondance financière le cosigne ensuite, et il est soumis au Secrétariat."
    )

    @property
    def missing(self) -> list[Any]:
        return missing_of(self.report)

    def perform(self, form: BaseForm) -> HttpResponse:
        report = acts.submit_follow_up(**self.by(form))
        if report.cosignature_waived:
            return self.done(_("Le rapport est soumis. Vous êtes seul ou seule dans l’organisme : la cosignature est levée."))
        return self.done(_("Le rapport est signé; il attend sa cosignature."))


class FollowUpTakeBack(FollowUpAct):
    target = _S.TO_COSIGN
    title = gettext_lazy("Reprendre le rapport")
    explanation = gettext_lazy("Le rapport redevient modifiable; il devra être signé de nouveau.")
    success = gettext_lazy("Le rapport est de nouveau modifiable.")

    def require_possible(self) -> None:
        if self.report.state != _S.TO_COSIGN:
            raise WrongState(_("Seul un rapport qui attend sa cosignature se reprend."))

    def perform(self, form: BaseForm) -> HttpResponse:
        acts.take_back_follow_up(**self.by(form))
        return self.done()


class FollowUpCosign(FollowUpAct):
    form_class = SeenForm
    target = _S.SUBMITTED
    title = gettext_lazy("Cosigner le rapport")
    explanation = gettext_lazy(
        "En cosignant, vous attestez que les coûts et les gains de ce rapport sont exacts. Il sera soumis au Secrétariat."
    )
    success = gettext_lazy("Le rapport est soumis au Secrétariat.")

    def may(self, report: FollowUpReport) -> Any:
        return policies.cosign_follow_up(self.request.user, report, timezone.now())

    def perform(self, form: BaseForm) -> HttpResponse:
        acts.cosign_follow_up(**self.by(form, "seen"))
        return self.done()


class FollowUpVerify(FollowUpAct):
    template_name = "reporting/follow_up_verify.html"
    form_class = FollowUpVerifyForm
    target = _S.VERIFIED
    title = gettext_lazy("Vérifier le rapport")

    def may(self, report: FollowUpReport) -> Any:
        return policies.verify_follow_up(self.request.user, report, timezone.now())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**plan_of(self.report), **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        if form.cleaned_data["decision"] == FollowUpDecision.RETURN:
            acts.return_follow_up(**self.by(form, "reason", "seen"))
            return self.done(_("Le rapport est retourné à l’organisme."))
        acts.verify_follow_up(**self.by(form, "seen"))
        return self.done(_("Le rapport est vérifié."))


@require_safe
def call_lessons(request: HttpRequest, reference: str) -> HttpResponse:
    """What the projects of a call learned, as their verified final reports say it: anybody reads it."""
    call = get_object_or_404(calls_for(None, timezone.now()), reference=reference)
    return render(request, "reporting/call_lessons.html", {"call": call, "lessons": lessons_of(call)})
