"""Pages of decisions: the list, the ranking of a call, the recommendation, the decision sheet and its acts."""

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

from fondsinnovation.kit.states import require_move
from fondsinnovation.kit.views import ActForm
from fondsinnovation.templatetags.typography import number as said
from funding.enums import AgreementState, AwardState
from funding.filters.awards import AwardFilter
from funding.forms.awards import RecommendationForm
from funding.forms.payments import KeyForm, ReasonForm
from funding.models import Agreement, Award
from funding.policies import agreements as agreement_policies
from funding.policies import awards as policies
from funding.queries.awards import awards_for, call_lines, call_years, calls_ranked, proposed_parts, ranking, sheet_of, told_to
from funding.queries.claims import stack_of_award
from funding.queries.prizes import gives_prizes, prize_of, prizes_to_give
from funding.services import awards as acts
from funding.tables.awards import AwardTable, RankingTable, agreement_tag, award_tag
from funding.views.applications import Step, file_or_404
from projects.enums import APPLICATION_MOVES, ApplicationState
from projects.models import Application
from projects.policies.staff import read_files
from projects.queries.activity import story_of
from projects.queries.calls import calls_for


@require_safe
@login_required
def award_list(request: HttpRequest) -> HttpResponse:
    """Every decision, the latest first, with its filters in the address; and the calls to rank."""
    now = timezone.now()
    read_files(request.user, now).require()
    rows = awards_for(request.user, now).order_by("-recommended_at", "-pk")
    found = AwardFilter(request.GET, rows, request=request)
    table = AwardTable.for_page(request, found.qs)
    table.caption = ngettext("%(count)s décision", "%(count)s décisions", table.paginator.count) % {"count": said(table.paginator.count)}
    context = {"table": table, "filter": found, "calls": calls_ranked(request.user, now)}
    return render(request, "funding/award_list.html", context)


@require_safe
@login_required
def award_ranking(request: HttpRequest, reference: str) -> HttpResponse:
    """The reviewed applications of a call, the best first, and what the call still holds."""
    now = timezone.now()
    call = get_object_or_404(calls_for(request.user, now), reference=reference)
    read_files(request.user, now, call.pk).require()
    lines = call_lines(call.pk)
    table = RankingTable.for_page(request, ranking(call, request.user, now), held=lines[-1].set_aside)
    table.caption = _("Demandes évaluées, de la meilleure cote à la moins bonne")
    return render(request, "funding/award_ranking.html", {"call": call, "lines": lines, "table": table})


class AwardRecommend(ActForm):
    """The recommendation of an application, beside its score and what its call still holds."""

    template_name = "funding/award_recommend.html"
    form_class = RecommendationForm

    @cached_property
    def application(self) -> Application:
        now = timezone.now()
        application = file_or_404(self.request.user, self.kwargs["number"], now)
        policies.recommend_award(self.request.user, application, now).require()
        return application

    def require_possible(self) -> None:
        require_move(APPLICATION_MOVES, self.application.state, ApplicationState.RECOMMENDED)

    def get_initial(self) -> dict[str, Any]:
        asked = self.application.amount_requested
        parts = proposed_parts(self.application, asked) if asked and not gives_prizes(self.application.call) else {}
        return {**super().get_initial(), "amount": asked, **{f"part_{year}": part for year, part in parts.items()}}

    def get_form_kwargs(self) -> dict[str, Any]:
        prizes = prizes_to_give(self.application) if gives_prizes(self.application.call) else None
        return {**super().get_form_kwargs(), "years": call_years(self.application.call), "prizes": prizes}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        returned = Award.objects.filter(application=self.application, state=AwardState.RETURNED).select_related("returned_by")
        context = {"application": self.application, "lines": call_lines(self.application.call_id), "returned": returned.order_by("pk")}
        return super().get_context_data(**context, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        acts.recommend_award(
            application_id=self.application.pk,
            is_favourable=data["is_favourable"],
            amount=data.get("amount"),
            prize=data.get("prize"),
            parts=form.parts(),
            reason=data["reason"],
            conditions=data["conditions"],
            actor=self.request.user,
            now=timezone.now(),
            key=data["key"],
        )
        messages.success(self.request, _("La recommandation est faite."))
        return redirect("funding:award_detail", self.application.number)


def award_or_404(request: HttpRequest, number: str) -> Award:
    """The decision on the application of that number: 404 when the person does not see it, refused when they are not of the staff."""
    now = timezone.now()
    award = get_object_or_404(awards_for(request.user, now), application__number=number)
    read_files(request.user, now, award.application.call_id).require()
    return award


@require_safe
@login_required
def award_detail(request: HttpRequest, number: str) -> HttpResponse:
    """The decision sheet: the recommendation, what is left after it, who did what, and the next act."""
    now = timezone.now()
    award = award_or_404(request, number)
    agreement = next(iter(Agreement.objects.filter(award=award).order_by("pk")), None)
    context = {
        "award": award,
        "prize": prize_of(award) if gives_prizes(award.application.call) else None,
        "application": award.application,
        "state": award_tag(award),
        "sheet": sheet_of(award, now),
        "steps": next_steps(award, agreement, request.user, now),
        "agreement": agreement,
        "agreement_state": agreement_tag(agreement) if agreement else "",
        "story": story_of(award.application),
        "stack": stack_of_award(award.application, award.amount),
    }
    return render(request, "funding/award_detail.html", context)


def next_steps(award: Award, agreement: Agreement | None, person: Any, now: Any) -> list[Step]:
    """What may be done on the decision now: a button for whom the verdict allows, the reason for the others."""
    number = award.application.number
    steps = []
    if award.state == AwardState.RETURNED:
        steps.append(
            _step(_("Recommander de nouveau"), "award_recommend", number, policies.recommend_award(person, award.application, now))
        )
    if award.is_favourable and award.state == AwardState.RECOMMENDED:
        steps.append(_step(_("Certifier la disponibilité budgétaire"), "award_certify", number, policies.certify_award(person, award, now)))
    elif award.state in (AwardState.CERTIFIED, AwardState.PARTLY_APPROVED):
        if policies.is_fresh(award, now):
            steps.append(_step(_("Approuver"), "award_approve", number, policies.decide_award(person, award, now)))
        else:
            steps.append(
                _step(_("Renouveler le certificat budgétaire"), "award_certify", number, policies.certify_award(person, award, now))
            )
    if award.state in (AwardState.RECOMMENDED, AwardState.CERTIFIED, AwardState.PARTLY_APPROVED):
        steps.append(_step(_("Refuser"), "award_refuse", number, policies.decide_award(person, award, now)))
        steps.append(_step(_("Retourner la recommandation"), "award_return", number, policies.return_award(person, award, now)))
    if award.state in (AwardState.APPROVED, AwardState.REFUSED) and award.letter_id is None:
        steps.append(_step(_("Transmettre la lettre"), "letter_issue", number, policies.issue_letter(person, award, now)))
    elif award.state == AwardState.APPROVED and agreement is None:
        steps.append(_step(_("Préparer la convention"), "agreement_draft", number, agreement_policies.draft_agreement(person, award, now)))
    return steps


def _step(label: str, view: str, number: str | None, verdict: Any) -> Step:
    return Step(label, reverse(f"funding:{view}", args=[number]), verdict)


@require_safe
@login_required
def award_decision(request: HttpRequest, number: str) -> HttpResponse:
    """What the organisation reads of a decision once its letter is out; nothing exists for it before."""
    now = timezone.now()
    awards = told_to(request.user, now, awards_for(request.user, now)).select_related("letter")
    award = get_object_or_404(awards, application__number=number)
    agreement = next(iter(Agreement.objects.filter(award=award).order_by("pk")), None)
    to_sign = bool(
        agreement
        and agreement.state == AgreementState.LEGAL_REVIEW
        and agreement.reviewed_by_id
        and agreement_policies.sign_for_beneficiary(request.user, agreement, now)
    )
    context = {
        "award": award,
        "application": award.application,
        "parts": award.parts.order_by("fiscal_year", "pk"),
        "agreement": agreement,
        "to_sign": to_sign,
        "approved": award.application.state != ApplicationState.REFUSED,
    }
    return render(request, "funding/award_decision.html", context)


class AwardAct(ActForm):
    """A confirmation about one decision: a title, a policy, an act."""

    form_class: Any = KeyForm
    template_name = "funding/award_form.html"
    policy: Any = None
    act: Any = None
    title: Any = ""
    explanation: Any = ""
    success: Any = ""

    @cached_property
    def award(self) -> Award:
        award = award_or_404(self.request, self.kwargs["number"])
        type(self).policy(self.request.user, award, timezone.now()).require()
        return award

    def require_possible(self) -> None:
        acts.require_open(self.award)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {"award": self.award, "application": self.award.application, "sheet": sheet_of(self.award, timezone.now())}
        return super().get_context_data(**context, title=self.title, explanation=self.explanation, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        type(self).act(award_id=self.award.pk, actor=self.request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(self.request, self.success)
        return redirect("funding:award_detail", self.kwargs["number"])


class AwardCertify(AwardAct):
    policy = policies.certify_award
    act = acts.certify_award
    title = gettext_lazy("Certifier la disponibilité budgétaire")
    explanation = gettext_lazy(
        "En confirmant, vous certifiez que les sommes sont disponibles dans chaque exercice. Le certificat vaut 30 jours."
    )
    success = gettext_lazy("La disponibilité budgétaire est certifiée.")


class AwardApprove(AwardAct):
    policy = policies.decide_award
    act = acts.approve_award
    title = gettext_lazy("Approuver")
    explanation = gettext_lazy(
        "En confirmant, vous approuvez l’aide à votre niveau de la délégation. La dernière approbation réserve les sommes."
    )
    success = gettext_lazy("Votre approbation est inscrite.")


class AwardRefuse(AwardAct):
    form_class = ReasonForm
    policy = policies.decide_award
    act = acts.refuse_award
    title = gettext_lazy("Refuser la demande")
    explanation = gettext_lazy("Le refus est définitif. L’organisme en lira le motif dans la lettre.")
    success = gettext_lazy("La demande est refusée.")


class AwardReturn(AwardAct):
    form_class = ReasonForm
    policy = policies.return_award
    act = acts.return_award
    title = gettext_lazy("Retourner la recommandation")
    explanation = gettext_lazy("La recommandation revient au secrétariat du comité; le certificat et les approbations seront à refaire.")
    success = gettext_lazy("La recommandation est retournée au secrétariat du comité.")
