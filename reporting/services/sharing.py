"""Shared gains: keys recorded once, then one measure split to the cent into one report a line, in one act (INV-18)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import DomainError, Invalid, WrongState, act, on_constraint
from fondsinnovation.kit.money import split
from fondsinnovation.templatetags.typography import percent
from projects.enums import DocumentKind
from projects.models import Document, Project, User
from projects.services.journal import canonical, money_clock, note, note_money, note_reason, sha256
from reporting.enums import Maturity
from reporting.models import GainShare, GainSharing, SharedGain, SharedGainPart
from reporting.policies import sharing as policies
from reporting.queries.contests import projects_of_lines
from reporting.queries.sharing import shares_of
from reporting.services.gain_steps import signed, store
from reporting.services.gains import ask_cosignature, open_report, require_period

WHOLE = Decimal(1)
#: why a line of a sharing has no report of its own
SHARED = gettext_lazy("Cette ligne partage son gain avec d’autres : déclarez la mesure entière sur la page du partage.")


@act
def share_gain(
    *, title: str, shares: Mapping[int, Decimal], reason: str, actor: User, now: datetime, key: str | None = None
) -> GainSharing:
    """Record that lines (keys) share one gain, each by its share of 1, for good: the lines are locked and of one nature.

    Raises NotAllowed, Invalid (the shares do not make 1), WrongState (a line is not locked, or shares a gain already).
    """
    owners = projects_of_lines(shares)
    projects = Project.objects.select_related("application").in_bulk(owners.values())
    for project in sorted(projects.values(), key=lambda project: project.pk):
        policies.share_gain(actor, project, now).require()
    _require_keys(shares, owners, title, reason)
    sharing = GainSharing.objects.create(title=title, reason=reason, recorded_at=now, recorded_by=actor)
    GainShare.objects.bulk_create(
        GainShare(sharing=sharing, line_id=line, project_id=owners[line], share=share) for line, share in sorted(shares.items())
    )
    note(sharing, shares={str(line): share for line, share in sorted(shares.items())})
    note_reason(reason)
    for project in projects.values():
        note(project.application or project)
    return sharing


def _require_keys(shares: Mapping[int, Decimal], owners: Mapping[int, int], title: str, reason: str) -> None:
    errors = {}
    if len(shares) < 2 or set(owners) != set(shares):
        errors["shares"] = _("Un gain se partage entre au moins deux lignes de projets signés.")
    elif sum(shares.values()) != WHOLE:
        total = sum(shares.values())
        given = percent(total, 4 if total * 100 % 1 else 0)
        errors["shares"] = _("Les clés font %(given)s : elles doivent faire exactement 100 %%.") % {"given": given}
    if not title.strip():
        errors["title"] = _("Nommez ce gain partagé.")
    if not reason.strip():
        errors["reason"] = _("Dites d’où viennent les clés.")
    if errors:
        raise Invalid(errors=errors)


@act
def report_shared_gain(
    *,
    sharing_id: int,
    period_start: date,
    period_end: date,
    amount: Decimal,
    method: str,
    evidence: Any,
    actor: User,
    now: datetime,
    maturity: str = Maturity.INTERIM,
    key: str | None = None,
) -> SharedGain:
    """Report one measure of a shared gain (`amount` without sign): each line gets a report of its part, to the cent.

    Each part is then co-signed by its own organisation, verified and captured as any other. Raises NotAllowed, Invalid, WrongState.
    """
    shares = shares_of(sharing_id)
    mine = policies.own_projects(actor, shares, now)
    require_period(period_start, period_end, now)
    documents = store_for_each(evidence, shares, actor, now)
    known = money_clock(now)
    total = signed(shares[0].line, amount)
    shared = SharedGain(
        sharing_id=sharing_id, period_start=period_start, period_end=period_end, amount=total, recorded_at=known, recorded_by=actor
    )
    shared.sha256 = sha256(canonical(shared_facts(shared)))
    shared.save()
    note(shared, amount=total, period_start=period_start, period_end=period_end)
    note_money([shared])
    facts = {"period_start": period_start, "period_end": period_end, "maturity": maturity, "method": method}
    reports = []
    for share, part, document in zip(shares, split(total, [share.share for share in shares]), documents, strict=True):
        report = open_report(share.line, share.project, amount=part, facts={**facts, "evidence": document}, actor=actor, now=now)
        SharedGainPart.objects.create(shared=shared, report=report, amount=part)
        reports.append(report)
    for report in reports:
        ask_cosignature(report, known=known, actor=actor, now=now, within=report.project_id in mine)
    return shared


def store_for_each(evidence: Any, shares: list[GainShare], actor: User, now: datetime) -> list[Document]:
    """Each project keeps its own row of the one file."""
    documents = []
    for share in shares:
        evidence.seek(0)
        documents.append(store(evidence, "evidence", DocumentKind.EVIDENCE, share.project, actor=actor, now=now))
    return documents


def shared_facts(row: SharedGain) -> dict[str, object]:
    """What the SHA-256 of a measure covers."""
    return {
        "amount": row.amount,
        "period_end": row.period_end,
        "period_start": row.period_start,
        "recorded_at": row.recorded_at,
        "sharing": row.sharing_id,
    }


@on_constraint("gain_share_keys_make_one")
def _keys_do_not_make_one(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Les clés font exactement 100 %, entre au moins deux lignes verrouillées d’une même nature."))


@on_constraint("reporting_gainshare_line_id_key")
def _shares_already(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Une de ces lignes partage déjà un gain."))


@on_constraint("gain_report_of_a_share")
def _alone(detail: dict[str, Any]) -> DomainError:
    return WrongState(str(SHARED))


@on_constraint("shared_gain_parts_make_it")
def _parts_do_not_make_it(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Les parts d’un gain partagé font la mesure au cent près, une par ligne du partage."))
