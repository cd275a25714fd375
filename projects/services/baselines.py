"""A baseline set anew after signature: one person asks with a reason, another decides, and the baseline that was signed stays."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import DomainError, Invalid, NotAllowed, WrongState, act, on_constraint
from projects.models import BaselineDecision, BaselineVersion, GainLine, Project, User
from projects.policies import baselines as policies
from projects.queries.applications import members_to_tell
from projects.queries.baselines import directors_to_tell, project_of_line, versions_of
from projects.services import messages
from projects.services.journal import money_clock, note, note_organisation, note_reason
from projects.services.outbox import queue


@act
def ask_baseline(
    *,
    line_id: int,
    cost: Decimal,
    volume: Decimal,
    period_start: date,
    period_end: date,
    source: str,
    reason: str,
    effective_on: date,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> BaselineVersion:
    """Ask for another baseline of a signed line, for the periods that end from `effective_on` on. Nothing changes before the decision.

    Raises NotAllowed, WrongState (no signed baseline, or a version waits for its decision), Invalid.
    """
    line = GainLine.objects.select_related("plan", "organisation").get(pk=line_id)
    project = project_of_line(line)
    policies.ask_baseline(actor, project, now).require()
    earlier = list(versions_of(line))
    if any(getattr(version, "decision", None) is None for version in earlier):
        raise WrongState(_("Une version de cette situation de départ attend sa décision."))
    _require_baseline(volume=volume, period_start=period_start, period_end=period_end, reason=reason)
    version = BaselineVersion.objects.create(
        line=line,
        number=len(earlier) + 2,
        cost=cost,
        volume=volume,
        period_start=period_start,
        period_end=period_end,
        source=source,
        reason=reason,
        effective_on=effective_on,
        asked_by=actor,
        asked_at=now,
    )
    note(version, line=line.pk, number=version.number, cost=cost, volume=volume, effective_on=effective_on)
    note_reason(reason)
    note(project.application or project)
    note_organisation(project.organisation_id)
    _tell_directors(version, project, now)
    return version


def _tell_directors(version: BaselineVersion, project: Project, now: datetime) -> None:
    with messages.in_french():
        subject = _("Situation de départ à décider : %(line)s") % {"line": version.line}
        body = _("%(name)s demande une nouvelle version de la situation de départ de cette ligne. Motif : %(reason)s")
        body %= {"name": version.asked_by.name, "reason": version.reason}
    messages.send(directors_to_tell(project, now), subject=subject, body=body, now=now, application=project.application)


def _require_baseline(*, volume: Decimal, period_start: date, period_end: date, reason: str) -> None:
    errors = {}
    if not volume:
        errors["volume"] = _("Inscrivez un volume plus grand que zéro.")
    if period_end < period_start:
        errors["period_end"] = _("La fin de la période précède son début.")
    if not reason.strip():
        errors["reason"] = _("Inscrivez pourquoi la situation de départ change.")
    if errors:
        raise Invalid(errors=errors)


@act
def decide_baseline(
    *, version_id: int, accepted: bool, reason: str, actor: User, now: datetime, key: str | None = None
) -> BaselineDecision:
    """Accept a version, which then holds for the periods that end from its date on, or refuse it with a reason.

    Raises NotAllowed, WrongState (decided already), Invalid.
    """
    known = money_clock(now)
    version = BaselineVersion.objects.select_related("line__organisation", "asked_by").get(pk=version_id)
    project = project_of_line(version.line)
    policies.decide_baseline(actor, project, version, now).require()
    if BaselineDecision.objects.filter(version=version).exists():
        raise WrongState(_("Cette version a déjà sa décision."))
    if not accepted and not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif du refus : l’organisme le lira.")})
    decision = BaselineDecision.objects.create(version=version, accepted=accepted, reason=reason, decided_by=actor, recorded_at=known)
    note(version, number=version.number, accepted=accepted, known=known)
    note_reason(reason)
    note(project.application or project)
    queue("money", now=now)
    with messages.in_french():
        outcome = _("Situation de départ acceptée") if accepted else _("Situation de départ refusée")
        subject = _("%(outcome)s : %(line)s") % {"outcome": outcome, "line": version.line}
    messages.send(
        members_to_tell(project, now), subject=subject, body=f"{subject}. {reason}".strip(), now=now, application=project.application
    )
    return decision


@on_constraint("baseline_version_of_a_signed_line")
def _not_signed(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Seule une situation de départ signée peut avoir une nouvelle version."))


@on_constraint("baseline_version_waits")
def _waits(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Une version de cette situation de départ attend sa décision."))


@on_constraint("baseline_decided_by_another")
def _by_another(detail: dict[str, Any]) -> DomainError:
    return NotAllowed(_("Vous avez demandé cette version; une autre personne doit en décider."))
