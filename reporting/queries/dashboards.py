"""What the Fund's dashboard shows: figures of the working snapshots, never computed again."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from reporting.models import Snapshot, SnapshotRow
from reporting.queries.snapshots import changed_since, working_snapshots
from reporting.rules import TOTAL

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`envelopes` by code, then TOTAL, over all years; `years` the net gains by fiscal year; `total` the whole portfolio."""

    snapshot: Snapshot
    changed: bool
    envelopes: dict[str, Row]
    years: list[Row]
    gains: Row
    total: Row


def amount(row: Row, column: str) -> Decimal:
    return Decimal(row[column])


def dashboard() -> Dashboard | None:
    """The dashboard of the latest recompute, in three queries and the checks for news; None before the first one."""
    found = working_snapshots()
    if not {"envelopes", "roi-projects", "gains-by-year"} <= set(found):
        return None
    rows = SnapshotRow.objects.order_by("position", "pk")
    envelopes = [row.data for row in rows.filter(snapshot=found["envelopes"]) if row.data["fiscal_year"] == TOTAL]
    net = [row.data for row in rows.filter(snapshot=found["gains-by-year"]) if row.data["nature"] == "NET"]
    snapshot = found["roi-projects"]
    return Dashboard(
        snapshot=snapshot,
        changed=changed_since(snapshot.known),
        envelopes={row["envelope"]: row for row in envelopes},
        years=[row for row in net if row["fiscal_year"] != TOTAL],
        gains=net[-1],
        total=rows.get(snapshot=snapshot, key=TOTAL).data,
    )
