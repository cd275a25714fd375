"""The renewal of a project: a person analyses, the computation recommends and is frozen, another person decides with reasons.

Nothing here commits credit: a decision is carried out by an award or an amendment, with its own controls, which the dossier names.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.kit.money import ZERO
from fondsinnovation.kit.states import require_move
from fondsinnovation.templatetags.typography import money_cents
from funding.refusals import say
from projects.models import Project, User
from projects.services import messages
from projects.services.journal import canonical, money_clock, next_numbers, note, note_money, note_reason, sha256, transition
from projects.services.locks import lock
from projects.services.outbox import queue
from reporting.enums import RENEWAL_MOVES, RenewalAdvice, RenewalDecision, RenewalState
from reporting.models import Renewal, RenewalStep
from reporting.policies import renewals as policies
from reporting.queries.gains import holders_of
from reporting.queries.parameters import weights_at
from reporting.queries.renewals import judged_at
from reporting.services.compute import frames_at

_S = RenewalState
_FIGURES = ("realisation", "coverage", "attainment", "score", "factor", "recommended_amount")
_COLUMNS = ("realisation_verified", "coverage", "objective_attainment", "score", "factor", "recommended_amount")


@act
def open_renewal(*, project_id: int, actor: User, now: datetime, key: str | None = None) -> Renewal:
    """Open the dossier of a project; there is one at a time. Raises NotAllowed, WrongState."""
    known = money_clock(now)
    project = lock(Project, project_id)
    policies.open_renewal(actor, project, now).require()
    renewal = Renewal.objects.create(
        project=project, number=next_numbers(f"RCD-{timezone.localdate(now).year}", 1, width=4)[0], opened_by=actor, opened_at=now
    )
    note(renewal, number=renewal.number)
    _step(renewal, known=known, actor=actor, now=now)
    return renewal


@act
def analyse_renewal(
    *, renewal_id: int, eligible_base: Decimal, base_reason: str, analysis: str, actor: User, now: datetime, key: str | None = None
) -> Renewal:
    """Set the eligible base (dollars), say how it is made, and analyse. Raises NotAllowed, WrongState, Invalid."""
    known = money_clock(now)
    renewal = lock(Renewal, renewal_id)
    policies.prepare_renewal(actor, renewal, now).require()
    require_move(RENEWAL_MOVES, renewal.state, _S.ANALYSED)
    errors = {}
    if eligible_base < ZERO:
        errors["eligible_base"] = _("La base admissible est positive ou nulle.")
    for name, value in (("base_reason", base_reason), ("analysis", analysis)):
        if not value.strip():
            errors[name] = _("Ce texte est nécessaire à la décision.")
    if errors:
        raise Invalid(errors=errors)
    transition(
        [renewal], _S.ANALYSED, moves=RENEWAL_MOVES, now=now, eligible_base=eligible_base, base_reason=base_reason.strip(),
        analysis=analysis.strip(), analysed_by=actor, analysed_at=now,
    )  # fmt: skip
    _step(renewal, known=known, actor=actor, now=now)
    return renewal


@act
def recommend_renewal(*, renewal_id: int, effective: date, known: datetime, actor: User, now: datetime, key: str | None = None) -> Renewal:
    """Freeze what the computation recommends at a pair of dates, with its figures and its parameters. Nobody types a figure here.

    `known` is a date that was fixed before (`fix_knowledge`). Raises NotAllowed, WrongState, Invalid.
    """
    renewal = Renewal.objects.select_related("project").get(pk=renewal_id)
    policies.prepare_renewal(actor, renewal, now).require()
    require_move(RENEWAL_MOVES, renewal.state, _S.RECOMMENDED)
    if effective > timezone.localdate(now) or known > now:
        raise Invalid(_("Une recommandation se calcule à des dates passées."))
    row = figures_of(renewal, effective, known)
    clock = money_clock(now)
    renewal = lock(Renewal, renewal_id)
    in_force = weights_at(effective, known)
    numbers: dict[str, Any] = {name: Decimal(row[column]) if row[column] else None for name, column in zip(_FIGURES, _COLUMNS, strict=True)}
    transition(
        [renewal], _S.RECOMMENDED, moves=RENEWAL_MOVES, now=now, effective=effective, known=known, advice=row["recommendation"],
        **numbers, realisation_weight=in_force.weights.realisation, least_coverage=in_force.weights.least_coverage,
        least_score=in_force.weights.least_score, largest_factor=in_force.weights.largest_factor, weights_source=in_force.source,
        recommended_by=actor, recommended_at=now,
    )  # fmt: skip
    note(renewal, advice=renewal.advice, effective=effective, known=known, **numbers)
    _step(renewal, known=clock, actor=actor, now=now)
    _tell_deciders(renewal, now)
    return renewal


@act
def return_renewal(*, renewal_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> Renewal:
    """Send a recommendation back to be analysed again, with a reason; its frozen figures leave with it. Raises NotAllowed, Invalid."""
    known = money_clock(now)
    renewal = lock(Renewal, renewal_id)
    policies.decide_renewal(actor, renewal, now).require()
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif du retour.")})
    empty: dict[str, Any] = dict.fromkeys((*_FIGURES, "effective", "known", "recommended_by", "recommended_at"))
    empty |= dict.fromkeys(("realisation_weight", "least_coverage", "least_score", "largest_factor"))
    transition([renewal], _S.ANALYSED, moves=RENEWAL_MOVES, now=now, advice="", weights_source="", **empty)
    note_reason(reason.strip())
    _step(renewal, known=known, actor=actor, now=now)
    return renewal


@act
def decide_renewal(
    *, renewal_id: int, decision: str, amount: Decimal, reason: str, actor: User, now: datetime, key: str | None = None
) -> Renewal:
    """Decide, for an amount in dollars; a decision that is not the recommended one has its reasons. Final.

    Raises NotAllowed (not the level of the amount, or took part), WrongState, Invalid.
    """
    known = money_clock(now)
    renewal = lock(Renewal, renewal_id)
    policies.decide_renewal(actor, renewal, now, amount=amount).require()
    _require_sound(renewal, decision, amount, reason)
    transition(
        [renewal], _S.DECIDED, moves=RENEWAL_MOVES, now=now, decision=decision, decided_amount=amount, decision_reason=reason.strip(),
        decided_as=policies.deciding_role(renewal, now, amount=amount), decided_by=actor, decided_at=now,
    )  # fmt: skip
    note_reason(reason.strip())
    note(renewal, decision=decision, amount=amount)
    _step(renewal, known=known, actor=actor, now=now)
    with messages.in_french():
        subject = _("Reconduction %(number)s : décision rendue") % {"number": renewal.number}
        body = _("%(decision)s : %(amount)s. Rien n’est engagé : une décision ou un avenant met cette reconduction en œuvre.")
        body %= {"decision": RenewalDecision(decision).label, "amount": money_cents(amount)}
    people = User.objects.filter(pk__in=[renewal.opened_by_id, renewal.recommended_by_id])
    messages.send(people, subject=subject, body=body, now=now, application=renewal.project.application)
    return renewal


@act
def carry_out_renewal(*, renewal_id: int, reference: str, actor: User, now: datetime, key: str | None = None) -> Renewal:
    """Name the award or the amendment that carries a decision out: it has its own approvals, and commits. Raises NotAllowed, Invalid."""
    known = money_clock(now)
    renewal = lock(Renewal, renewal_id)
    policies.prepare_renewal(actor, renewal, now).require()
    require_move(RENEWAL_MOVES, renewal.state, _S.IMPLEMENTED)
    if not reference.strip():
        raise Invalid(errors={"reference": _("Inscrivez le numéro de la décision ou de l’avenant.")})
    transition([renewal], _S.IMPLEMENTED, moves=RENEWAL_MOVES, now=now, carried_out_by=reference.strip(), carried_out_at=now)
    _step(renewal, known=known, actor=actor, now=now)
    return renewal


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def figures_of(renewal: Renewal, effective: date, known: datetime) -> dict[str, str]:
    """The row of the report `renewal` about the dossier's project, on the dossier's own base."""
    from reporting import analysis  # pandas: not before somebody computes
    from reporting.analysis.renewal import Dossier

    frames = frames_at(known, Project.objects.filter(pk=renewal.project_id))
    dossier = Dossier(renewal.number, renewal.state, renewal.eligible_base)
    judged = replace(judged_at(effective, known), dossiers={renewal.project.reference: dossier})
    row = next(analysis.records(analysis.renewal_rows(frames, judged, effective=effective, known=known)))
    if row["project"] != renewal.project.reference:
        raise Invalid(_("Le projet n’était pas encore décidé à cette date d’effet."))
    return row


def step_facts(row: RenewalStep) -> dict[str, object]:
    """What the SHA-256 of a step covers."""
    names = ("decided_amount", "decision", "effective_on", "eligible_base", "reason", "recorded_at", "renewal_id", "state")
    return {name: str(value) if name in ("decision", "state") else value for name in names for value in [getattr(row, name)]}


def _step(renewal: Renewal, *, known: datetime, actor: User, now: datetime) -> None:
    """Keep what the dossier says from now on, dated as money is; the reports are then recomputed."""
    row = RenewalStep(
        renewal=renewal, state=renewal.state, eligible_base=renewal.eligible_base, decision=renewal.decision,
        decided_amount=renewal.decided_amount, reason=renewal.decision_reason, effective_on=timezone.localdate(now),
        recorded_at=known, recorded_by=actor,
    )  # fmt: skip
    row.sha256 = sha256(canonical(step_facts(row)))
    row.save()
    note(renewal.project.application or renewal.project)
    note_money([row])
    queue("money", now=now)


def _require_sound(renewal: Renewal, decision: str, amount: Decimal, reason: str) -> None:
    base, errors = renewal.eligible_base or ZERO, {}
    fits = {
        RenewalDecision.NONE: amount == ZERO,
        RenewalDecision.PARTIAL: ZERO < amount < base,
        RenewalDecision.FULL: ZERO < amount == base,
        RenewalDecision.BONUS: amount > base,
    }
    if decision not in fits:
        errors["decision"] = _("Choisissez une décision.")
    elif not fits[RenewalDecision(decision)]:
        errors["amount"] = _("Le montant ne correspond pas à la décision : la base admissible est %(base)s.") % {"base": money_cents(base)}
    if amount != renewal.recommended_amount and not reason.strip():
        errors["reason"] = _("Motivez une décision qui s’écarte de la recommandation.")
    if errors:
        raise Invalid(errors=errors)


def _tell_deciders(renewal: Renewal, now: datetime) -> None:
    with messages.in_french():
        subject = _("Reconduction %(number)s à décider") % {"number": renewal.number}
        body = _("%(advice)s. La décision revient à une personne qui n’a ni analysé ni recommandé.")
        body %= {"advice": RenewalAdvice(renewal.advice).label}
    people = holders_of(policies.deciding_role(renewal, now), renewal.project.call_id, now)
    messages.send(people, subject=subject, body=body, now=now, application=renewal.project.application)


say({"renewal_is_frozen": gettext_lazy("Une recommandation arrêtée et une décision rendue ne changent plus.")}, WrongState)
