"""The rows behind a figure: those whose sum it is, or the figures that it is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, Exists, F, OuterRef, QuerySet, Sum, Value, When
from django.db.models.functions import Cast

from fondsinnovation.kit.money import ZERO, fiscal_year_start
from funding.enums import CREDIT_KINDS, LedgerKind
from funding.models import Cofunding, LedgerEntry
from projects.enums import BUDGETARY, Nature, Stage
from projects.models import Organisation, Project, Region
from reporting.catalogue import REPORTS, ROI_GROUPS, ROI_PROJECTS
from reporting.models import GainPart, Snapshot
from reporting.queries.register_rows import REGISTERS
from reporting.queries.snapshots import hidden_projects, parts_of, snapshot_of
from reporting.rules import TOTAL

_K = LedgerKind
_MONEY = DecimalField(max_digits=20, decimal_places=2)

#: column of `envelopes` → the kinds of rows that it adds (+1) or takes away (−1)
_LEDGER: Mapping[str, Mapping[LedgerKind, int]] = {
    "authorised": {_K.AUTHORISATION: 1},
    "transfers": {_K.TRANSFER: 1},
    "frozen": {_K.FREEZE: -1},
    "lapsed": {_K.LAPSE: -1},
    "carried": {_K.CARRY: 1},
    "reinvested": {_K.REINVESTMENT: 1},
    "open": dict.fromkeys(CREDIT_KINDS, 1),
    "reserved": {_K.RESERVATION: 1},
    "committed": {_K.COMMITMENT: 1},
    "paid": {_K.PAYMENT: 1},
    "recovered": {_K.RECOVERY: -1},
    "unpaid": {_K.COMMITMENT: 1, _K.PAYMENT: -1},
    "available": {**dict.fromkeys(CREDIT_KINDS, 1), _K.RESERVATION: -1, _K.COMMITMENT: -1},
}
_NET = tuple(nature.value for nature in BUDGETARY)
#: the reports of returns: by project, then by group
RETURNS = tuple(report.code for report in (ROI_PROJECTS, *ROI_GROUPS))
#: column of a report of returns → the stage and natures of the gains that it adds
_GAINS: Mapping[str, tuple[Stage, tuple[str, ...]]] = {
    **{f"net_gain_{stage.value}": (stage, _NET) for stage in Stage},
    "avoided_verified": (Stage.VERIFIED, (Nature.AVOID.value,)),
    "productivity_verified": (Stage.VERIFIED, (Nature.PROD.value,)),
    "net_gain_contested": (Stage.VERIFIED, _NET),
    "net_gain_expected": (Stage.FORECAST, _NET),
    "net_gain_examined": (Stage.REPORTED, _NET),
}
#: report → its column of what the totals leave out, the verified gains of contested lines
_CONTESTED = {**dict.fromkeys(RETURNS, "net_gain_contested"), "gains-by-year": "contested"}
_FUND = ("net_gain_verified", "fund_paid")
_PUBLIC = ("net_gain_verified", "fund_paid", "cofunding")
#: ratio of a report of returns → the figures that it is made from
_RETURN: Mapping[str, tuple[str, ...]] = {
    **{f"{name}_fund": _FUND for name in ("roi", "multiple", "rec3", "cum3")},
    **{f"{name}_public": _PUBLIC for name in ("roi", "multiple", "rec3", "cum3")},
    **dict.fromkeys(("npv", "bcr", "payback_years"), _PUBLIC),
    "roi_after_admin": _FUND,
    "realisation_reported": ("net_gain_reported", "net_gain_expected"),
    **dict.fromkeys(("realisation_verified", "variance"), ("net_gain_verified", "net_gain_expected")),
    "verification_yield": ("net_gain_verified", "net_gain_examined"),
    "coverage": ("net_gain_examined", "net_gain_reported"),
    "capture_rate": ("net_gain_captured", "net_gain_verified"),
}
#: (report, column) of a ratio → the figures that it is made from
COMPONENTS: Mapping[tuple[str, str], tuple[str, ...]] = {
    **{(code, ratio): parts for code in RETURNS for ratio, parts in _RETURN.items()},
    **dict.fromkeys((("variances", "difference"), ("variances", "variance")), ("forecast", "verified")),
    ("drawdowns", "undrawn"): ("ceiling", "drawn"),
    ("drawdowns", "cash"): ("drawn", "received", "reinvested", "net_paid"),
    ("envelopes", "commitment_rate"): ("committed", "open"),
    ("envelopes", "payment_rate"): ("paid", "committed"),
    ("envelopes", "share"): ("authorised",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CellRows:
    """Rows and their sum. `source` says what they are: `ledger`, `cofunding`, `cash`, `instalments`, `gains`; each row has `counted`."""

    source: str
    rows: QuerySet[Any]
    total: Decimal


def cell_rows(snapshot: Snapshot, column: str, selection: Mapping[str, str], person: Any) -> CellRows | None:
    """The rows that a figure of a snapshot adds up, less those of a hidden project; None when it adds no row."""
    if snapshot.report in REGISTERS:
        return _register_cell(snapshot, column, selection, person)
    if snapshot.report == "envelopes" and column in _LEDGER:
        return _ledger_cell(snapshot, column, selection, person)
    if snapshot.report in RETURNS and column in ("fund_paid", "cofunding"):
        return _money_cell(snapshot, column, selection, person)
    if snapshot.report in RETURNS and column in _GAINS:
        stage, natures = _GAINS[column]
        members = _members(snapshot, selection)
        return _gain_cell(snapshot, column, stage, natures, selection, person, members=members)
    if snapshot.report == "variances" and column in ("forecast", "verified"):
        members = _members(snapshot, selection)
        found = _gain_cell(snapshot, column, Stage(column), _NET, selection, person, members=members)
        return None if found is None else _sum(found.source, found.rows.filter(ended=True))
    if snapshot.report == "gains-by-year" and column in (*Stage.values, _CONTESTED["gains-by-year"]):
        nature, stage = selection.get("nature", "NET"), Stage(column) if column in Stage.values else Stage.VERIFIED
        return _gain_cell(snapshot, column, stage, _NET if nature == "NET" else (nature,), selection, person)
    return None


def _register_cell(snapshot: Snapshot, column: str, selection: Mapping[str, str], person: Any) -> CellRows | None:
    found = REGISTERS[snapshot.report](snapshot, column, selection)
    if found is None:
        return None
    source, rows = found
    return _sum(source, rows if source == "cash" else rows.exclude(agreement__project__in=hidden_projects(person)))


def _known(model: Any, snapshot: Snapshot) -> QuerySet[Any]:
    return model.objects.filter(recorded_at__lte=snapshot.known, effective_on__lte=snapshot.effective)


def _sum(source: str, rows: QuerySet[Any]) -> CellRows:
    return CellRows(source, rows, rows.aggregate(total=Sum("counted", default=ZERO))["total"])


def _ledger_cell(snapshot: Snapshot, column: str, selection: Mapping[str, str], person: Any) -> CellRows:
    rows = _known(LedgerEntry, snapshot)
    if selection.get("envelope", TOTAL) != TOTAL:
        rows = rows.filter(envelope__code=selection["envelope"])
    if selection.get("fiscal_year", TOTAL).isdecimal():
        rows = rows.filter(fiscal_year=int(selection["fiscal_year"]))
    return ledger_cell(rows, column, person)


def ledger_cell(rows: QuerySet[LedgerEntry], column: str, person: Any) -> CellRows:
    """Those of some ledger rows that a column of `envelopes` adds up, less those of a hidden project."""
    signs = _LEDGER[column]
    rows = rows.filter(kind__in=signs).exclude(agreement__project__in=hidden_projects(person))
    sign = Case(*(When(kind=kind, then=Value(sign)) for kind, sign in signs.items()))
    rows = rows.annotate(counted=Cast(F("amount") * sign, _MONEY)).select_related("envelope", "agreement__project", "call", "cost")
    return _sum("ledger", rows.order_by("effective_on", "pk"))


def _money_cell(snapshot: Snapshot, column: str, selection: Mapping[str, str], person: Any) -> CellRows:
    model: Any
    if column == "fund_paid":
        model, path, kinds = LedgerEntry, "agreement__project", {"kind__in": (_K.PAYMENT, _K.RECOVERY)}
    else:
        model, path, kinds = Cofunding, "project", {}
    rows = _known(model, snapshot).filter(**kinds, **{f"{path}__in": _members(snapshot, selection)})
    rows = rows.exclude(**{f"{path}__in": hidden_projects(person)})
    rows = rows.annotate(counted=F("amount")).select_related(path)
    return _sum("ledger" if model is LedgerEntry else "cofunding", rows.order_by("effective_on", "pk"))


def _members(snapshot: Snapshot, selection: Mapping[str, str]) -> QuerySet[Project]:
    """The projects that a row of a report of returns adds up: one, those of its group, or all of them for TOTAL."""
    report = REPORTS[snapshot.report]
    found, value = Project.objects.filter(decided_on__lte=snapshot.effective), selection.get(report.key[0], "")
    if value == TOTAL:
        return found
    if report.key == ("cohort",):
        return found.filter(decided_on__gte=fiscal_year_start(int(value)), decided_on__lt=fiscal_year_start(int(value) + 1))
    return found.filter(**({report.path or "reference": value} if value else {f"{report.path}__isnull": True}))


def _gain_cell(
    snapshot: Snapshot,
    column: str,
    stage: Stage,
    natures: tuple[str, ...],
    selection: Mapping[str, str],
    person: Any,
    members: QuerySet[Project] | None = None,
) -> CellRows | None:
    gains = snapshot_of("gains", snapshot.effective, snapshot.known)
    if gains is None:
        return None
    contested = column == _CONTESTED.get(snapshot.report)
    rows = parts_of(gains).filter(stage=Stage.values.index(stage), line__nature__in=natures, windfall=False, contested=contested)
    if column == "net_gain_expected":
        rows = rows.filter(ended=True)
    if column == "net_gain_examined":
        rows = _examined(rows)
    if members is not None:
        rows = rows.filter(sheet__project__in=members)
    if selection.get("fiscal_year", TOTAL).isdecimal():
        rows = rows.filter(fiscal_year=int(selection["fiscal_year"]))
    rows = rows.exclude(sheet__project__in=hidden_projects(person))
    return _sum("gains", rows.annotate(counted=Cast(F("cents") * Decimal("0.01"), _MONEY)))


def _examined(rows: QuerySet[GainPart]) -> QuerySet[GainPart]:
    """Those of some parts whose line and period have a verified row too."""
    same = {name: OuterRef(name) for name in ("sheet", "line", "period_start", "period_end")}
    return rows.filter(Exists(GainPart.objects.filter(stage=Stage.values.index(Stage.VERIFIED), **same)))


def names_of(columns: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """What people call the codes of these columns today: the rows of a snapshot hold codes alone, which stay true for ever."""
    asked = {
        "region": Region.objects.values_list("code", "name"),
        "organisation": Organisation.objects.filter(pk__in=Project.objects.values("organisation")).values_list("code", "name"),
    }
    return {column: dict(rows) for column, rows in asked.items() if column in columns}
