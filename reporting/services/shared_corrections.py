"""A shared measure is corrected as a whole: another amount, split by the same keys to the cent, in one act (INV-18)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import DomainError, Invalid, WrongState, act, on_constraint
from fondsinnovation.kit.money import split
from projects.models import User
from projects.services.journal import canonical, money_clock, note, note_money, note_reason, sha256
from projects.services.locks import lock_all
from reporting.enums import RESTATABLE, GainReportState, Maturity, RestatementState
from reporting.models import GainReport, GainRestatement, GainShare, SharedCorrectionPart, SharedGain, SharedGainCorrection
from reporting.policies import sharing as policies
from reporting.queries.sharing import amount_of, shares_of
from reporting.services.gain_steps import PART, require_reason, signed
from reporting.services.gains import ask_cosignature, correct_report
from reporting.services.measures import known_measures
from reporting.services.restatements import restate_report
from reporting.services.sharing import store_for_each

_S = GainReportState
#: parts that nobody verified yet and that may be written again
WRITABLE = (_S.DRAFT, _S.RETURNED)


@act
def correct_shared_gain(
    *,
    shared_id: int,
    amount: Decimal,
    maturity: str,
    method: str,
    reason: str,
    evidence: Any | None,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> SharedGainCorrection:
    """Say that a shared measure is another amount (without its sign), and why: each part becomes its share of it, to the cent.

    A part that was verified is restated, one that was not is written again; each waits for the co-signature of its own
    organisation. No file keeps the evidence of each part. Raises NotAllowed, Invalid, WrongState (a part waits for its
    verification, or is rejected).
    """
    shared = SharedGain.objects.get(pk=shared_id)
    shares = shares_of(shared.sharing_id)
    mine = policies.own_projects(actor, shares, now)
    require_reason(reason)
    files = store_for_each(evidence, shares, actor, now) if evidence else []
    known = money_clock(now)
    reports = _locked_parts(shared, shares)
    _require_open(reports)
    total = signed(shares[0].line, amount)
    _require_a_change(shared, reports, total, maturity)
    correction = _record(shared, total, reason, known=known, actor=actor)
    parts = split(total, [share.share for share in shares])
    facts = {"maturity": maturity, "method": method, "reason": reason}
    for place, (report, part) in enumerate(zip(reports, parts, strict=True)):
        said: dict[str, Any] = {**facts, "evidence": files[place] if files else report.evidence}
        within = report.project_id in mine
        _correct(correction, report, part, said, known=known, actor=actor, now=now, within=within)
    return correction


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _locked_parts(shared: SharedGain, shares: Sequence[GainShare]) -> list[GainReport]:
    """The report of each share, in the order of the keys."""
    by_line = {report.line_id: report for report in lock_all(GainReport, shared.parts.values_list("report", flat=True))}
    return [by_line[share.line_id] for share in shares]


def require_correctable(shared: SharedGain) -> None:
    """Raises WrongState when a part waits for its verification, or is rejected."""
    _require_open([part.report for part in shared.parts.select_related("report").order_by("pk")])


def _require_open(reports: Sequence[GainReport]) -> None:
    examined = GainRestatement.objects.filter(report__in=reports, state=RestatementState.SUBMITTED)
    waiting = set(examined.order_by("pk").values_list("report", flat=True))
    for report in reports:
        if report.state == _S.REJECTED:
            raise WrongState(_("La part %(number)s est rejetée : la mesure ne se corrige plus.") % {"number": report.number})
        if report.pk in waiting or report.state not in (*WRITABLE, *RESTATABLE):
            said = _("La part %(number)s attend sa vérification : la mesure se corrige ensuite.")
            raise WrongState(said % {"number": report.number})


def _require_a_change(shared: SharedGain, reports: Sequence[GainReport], total: Decimal, maturity: str) -> None:
    if maturity not in Maturity.values:
        raise Invalid(errors={"maturity": _("Choisissez la maturité de cette version.")})
    if total == amount_of(shared) and all(report.maturity == maturity for report in reports):
        raise Invalid(errors={"amount": _("Rien ne change : inscrivez un autre montant ou une autre maturité.")})


def _record(shared: SharedGain, total: Decimal, reason: str, *, known: datetime, actor: User) -> SharedGainCorrection:
    correction = SharedGainCorrection(
        shared=shared, before=amount_of(shared), amount=total, reason=reason, recorded_at=known, recorded_by=actor
    )
    correction.sha256 = sha256(canonical(correction_facts(correction)))
    correction.save()
    note(correction, shared=shared.pk, before=correction.before, amount=total)
    note_money([correction])
    note_reason(reason)
    return correction


def _correct(
    correction: SharedGainCorrection,
    report: GainReport,
    part: Decimal,
    facts: Mapping[str, Any],
    *,
    known: datetime,
    actor: User,
    now: datetime,
    within: bool,
) -> None:
    restatement = None
    by: dict[str, Any] = {"actor": actor, "now": now}
    if report.state in WRITABLE:
        correct_report(report, amount=part, facts={name: value for name, value in facts.items() if name != "reason"}, **by)
        ask_cosignature(report, known=known, within=within, **by)
    else:
        measures = known_measures(report)  # the whole has no measure of its own: that of the part stays
        restatement = restate_report(report, amount=part, facts=dict(facts), measures=measures, known=known, within=within, **by)
    SharedCorrectionPart.objects.create(correction=correction, report=report, restatement=restatement, amount=part)


def correction_facts(row: SharedGainCorrection) -> dict[str, object]:
    """What the SHA-256 of a correction covers."""
    return {
        "amount": row.amount,
        "before": row.before,
        "recorded_at": row.recorded_at,
        "shared": row.shared_id,
    }


@on_constraint("shared_correction_parts_make_it")
def _parts_do_not_make_it(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Les parts d’un gain partagé font la mesure au cent près, une par ligne du partage."))


@on_constraint("shared_part_changes_with_its_whole")
def _alone(detail: dict[str, Any]) -> DomainError:
    return WrongState(str(PART))
