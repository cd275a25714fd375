"""Restatements: a gain that was verified or captured becomes another version of itself, known later; the rows before it stay."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.kit.states import require_move
from fondsinnovation.templatetags.typography import money
from funding.refusals import say
from projects.enums import DocumentKind, Role, Stage
from projects.models import User
from projects.services import messages
from projects.services.journal import money_clock, note, note_organisation, note_reason, transition
from projects.services.locks import lock
from reporting.enums import GAIN_REPORT_MOVES, RESTATEMENT_MOVES, GainReportState, Maturity, RestatementState
from reporting.models import GainReport, GainRestatement
from reporting.policies import restatements as policies
from reporting.queries.gains import cosigners_of, holders_of, is_alone
from reporting.services.gain_rows import record_stage
from reporting.services.gain_steps import note_file, require_own_amount, require_reason, require_unchanged, signed, store, tell, words
from reporting.services.measures import Measures, guard_quality, record_measures, require_measured_again

_S = GainReportState
_R = RestatementState


@act
def restate_gain(
    *,
    report_id: int,
    amount: Decimal,
    maturity: str,
    method: str,
    reason: str,
    evidence: Any | None,
    actor: User,
    now: datetime,
    measures: Measures | None = None,
    key: str | None = None,
) -> GainRestatement:
    """Say that a verified or captured gain is another amount (without its sign), and why. No file keeps the evidence it had.

    What the gain was measured by is measured again; both versions stay. Nothing counts before the co-signature; a restatement
    that still waits for its own is replaced. Raises NotAllowed, WrongState, Invalid.
    """
    report = GainReport.objects.select_related("project__application", "evidence").get(pk=report_id)
    policies.restate_gain(actor, report, now).require()
    document = report.evidence
    if evidence:
        document = store(evidence, "evidence", DocumentKind.EVIDENCE, report.project, actor=actor, now=now)
    known = money_clock(now)
    report = lock(GainReport, report_id)
    require_move(GAIN_REPORT_MOVES, report.state, _S.TO_REVERIFY)
    require_reason(reason)
    becomes = signed(report.line, amount)
    require_own_amount(report, becomes)
    differs = require_measured_again(report, measures)
    _require_a_change(report, becomes, maturity, measured=differs)
    facts = {"maturity": maturity, "method": method, "reason": reason, "evidence": document}
    return restate_report(report, amount=becomes, facts=facts, measures=measures, known=known, actor=actor, now=now)


@act
def cosign_restatement(
    *, restatement_id: int, actor: User, now: datetime, seen: datetime | None = None, key: str | None = None
) -> GainRestatement:
    """Co-sign a restatement: it becomes the version of the gain that is known, to be verified again; what was verified stays until then.

    `seen`: the instant of the restatement that was read. Raises NotAllowed, WrongState, Stale.
    """
    known = money_clock(now)
    report = lock(GainReport, GainRestatement.objects.values_list("report", flat=True).get(pk=restatement_id))
    restatement = lock(GainRestatement, restatement_id)
    policies.cosign_restatement(actor, restatement, now).require()
    require_move(RESTATEMENT_MOVES, restatement.state, _R.SUBMITTED)
    require_unchanged(restatement.restated_at, seen)
    note(report)
    _submit(report, restatement, known=known, actor=actor, now=now, cosigned_by=actor)
    note_organisation(report.project.organisation_id)
    note_file(report)
    return restatement


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def restate_report(
    report: GainReport,
    *,
    amount: Decimal,
    facts: dict[str, Any],
    measures: Measures | None,
    known: datetime,
    actor: User,
    now: datetime,
    within: bool = True,
) -> GainRestatement:
    """Write the restatement of a locked report, and ask for its co-signature or waive it. `facts` are what it says beside its amount.

    `within`: the actor is of the organisation; one of another leaves the co-signature to it, however few they are.
    """
    note(report, version=report.version + 1, before=report.amount, amount=amount)
    transition(report.restatements.filter(state=_R.DRAFT), _R.REPLACED, moves=RESTATEMENT_MOVES, now=now)
    restatement = _write(report, amount, facts, actor=actor, now=now)
    record_measures(report, measures, known=known, actor=actor, restatement=restatement)
    note_reason(facts["reason"])
    note_organisation(report.project.organisation_id)
    note_file(report)
    if within and is_alone(report.project, now):
        note(restatement, cosignature_waived=True)
        _submit(report, restatement, known=known, actor=actor, now=now, cosignature_waived=True)
    else:
        _ask_cosignature(report, restatement, now)
    return restatement


def _write(report: GainReport, amount: Decimal, facts: dict[str, Any], *, actor: User, now: datetime) -> GainRestatement:
    restatement = GainRestatement.objects.create(
        report=report,
        version=report.version + 1,
        before=report.amount,
        amount=amount,
        restated_by=actor,
        restated_at=now,
        **facts,
    )
    note(restatement, amount=amount, evidence=restatement.evidence.sha256)
    return restatement


def _submit(report: GainReport, restatement: GainRestatement, *, known: datetime, actor: User, now: datetime, **cosignature: Any) -> None:
    """The restatement counts from here on: the reported row is superseded, the verified one stays until another supersedes it."""
    transition([restatement], _R.SUBMITTED, moves=RESTATEMENT_MOVES, now=now, recorded_at=known, **cosignature)
    cosigner = restatement.cosigned_by
    transition(
        [report],
        _S.TO_REVERIFY,
        moves=GAIN_REPORT_MOVES,
        now=now,
        version=restatement.version,
        amount=restatement.amount,
        maturity=restatement.maturity,
        method=restatement.method,
        evidence=restatement.evidence,
        reported_by=restatement.restated_by,
        reported_at=restatement.restated_at,
        cosigned_by=cosigner,
        cosigned_at=now if cosigner else None,
        cosignature_waived=restatement.cosignature_waived,
    )
    record_stage(report, Stage.REPORTED, report.amount, report.evidence, known=known, actor=actor, now=now)
    guard_quality(report, known=known, actor=actor, now=now)
    with messages.in_french():
        subject = _("Gain %(number)s à revérifier") % {"number": report.number}
        body = _("Le gain passe de %(before)s à %(amount)s : %(reason)s")
        body %= {**words(report.amount), "before": money(restatement.before), "reason": restatement.reason}
    people = holders_of(Role.GAIN_VERIFIER, report.project.call_id, now)
    if report.captured_amount is not None:
        people = people | holders_of(Role.CONTROLLER, report.project.call_id, now)
    tell(people, report, subject, body, now)


def _ask_cosignature(report: GainReport, restatement: GainRestatement, now: datetime) -> None:
    with messages.in_french():
        subject = _("Redressement du gain %(number)s à cosigner") % {"number": report.number}
        body = _("%(name)s redresse le gain de %(before)s à %(amount)s. Rien ne change tant que vous ne l’avez pas cosigné.")
        body %= {"name": restatement.restated_by.name, "before": money(restatement.before), **words(restatement.amount)}
    tell(cosigners_of(report.project, restatement.restated_by, now), report, subject, body, now)


def _require_a_change(report: GainReport, amount: Decimal, maturity: str, *, measured: bool) -> None:
    """`measured`: something else was. What the verifier returned may come back with the same amount, and another file or method."""
    if maturity not in Maturity.values:
        raise Invalid(errors={"maturity": _("Choisissez la maturité de cette version.")})
    returned = report.restatements.filter(version=report.version, state=_R.RETURNED).exists()
    if (amount, maturity) == (report.amount, report.maturity) and not (measured or returned):
        raise Invalid(errors={"amount": _("Rien ne change : inscrivez un autre montant, une autre mesure ou une autre maturité.")})


say(
    {
        "gain_restatement_of_what_is_verified": gettext_lazy(
            "Seul un gain vérifié ou capté se redresse, à partir de sa version en vigueur."
        ),
        "gain_restatement_is_measured": gettext_lazy("Ce que la version précédente a mesuré se mesure de nouveau."),
        "gain_measure_of_its_version": gettext_lazy("Une mesure est celle d’une version du gain qui n’est pas encore connue."),
        "gain_restatement_stays": gettext_lazy("Un redressement inscrit ne change plus."),
        "gain_report_changes_by_restatement": gettext_lazy("Un gain vérifié ne change que par un redressement cosigné de l’organisme."),
    },
    WrongState,
)
