"""The row that each stage of a gain leaves: append-only, dated by when it was known, covered by the journal's chain."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from projects.enums import Stage
from projects.models import Document, User
from projects.services.journal import canonical, note, note_money, sha256
from projects.services.outbox import queue
from reporting.models import Gain, GainReport
from reporting.services.overlaps import open_overlaps

#: the version of docs/rules/gains.md by which a gain is verified (INV-13): a new rule is a new version
METHOD_VERSION = "GAINS-2026-1"


def gain_facts(row: Gain) -> dict[str, object]:
    """What the SHA-256 of a gain row covers."""
    # what is not said is left out: rows older than these words keep their hash
    said = {name: getattr(row, name) for name in ("maturity", "rating") if getattr(row, name)}
    return {
        **said,
        "amount": row.amount,
        "evidence": row.evidence,
        "line": row.line_id,
        "method_version": row.method_version,
        "period_end": row.period_end,
        "period_start": row.period_start,
        "project": row.project_id,
        "recorded_at": row.recorded_at,
        "report": row.report_id,
        "stage": str(row.stage),
    }


def record_stage(
    report: GainReport, stage: Stage, amount: Decimal, document: Document, *, known: datetime, actor: User, now: datetime
) -> Gain:
    """Add the row of one stage of a report, known from `known` on; the reports are then recomputed.

    What it claims of a budget that another line claims opens an overlap, in the same act (INV-17).
    """
    row = Gain(
        project_id=report.project_id,
        line_id=report.line_id,
        report=report,
        stage=stage,
        period_start=report.period_start,
        period_end=report.period_end,
        amount=amount,
        evidence=f"sha256:{document.sha256}",
        method_version=METHOD_VERSION if stage == Stage.VERIFIED else "",
        maturity=report.maturity if stage == Stage.REPORTED else "",
        rating=report.rating if stage == Stage.VERIFIED else "",
        recorded_at=known,
        recorded_by=actor,
    )
    row.sha256 = sha256(canonical(gain_facts(row)))
    row.save()
    note(row, stage=str(stage), amount=amount)
    note_money([row])
    open_overlaps([row.line_id], known=known, actor=actor, now=now)
    queue("money", now=now)
    return row
