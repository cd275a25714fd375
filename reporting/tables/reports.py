"""The table of any report: its columns come from the catalogue, its rows from a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.tables import RIGHT, BaseTable, DayColumn
from fondsinnovation.templatetags import typography
from funding.enums import AgreementKind, DrawAuthorityState, MilestoneState, RecoveryBasis, RecoveryState
from projects.enums import EnvelopeCode, Nature, ProjectState, Recurrence, Role, Stage
from reporting.columns import Column, Kind, Report, View, is_total
from reporting.enums import RenewalAdvice, RenewalDecision, RenewalState, VarianceBand, VarianceCause
from reporting.queries.access import ALL
from reporting.queries.payments import INSTALMENT_KINDS
from reporting.queries.register_rows import REGISTER_COLUMNS
from reporting.queries.reports import COMPONENTS, RETURNS
from reporting.rules import TOTAL

#: column → the French label of each of its codes
LABELS: Mapping[str, Mapping[str, Any]] = {
    "nature": {**dict(Nature.choices), "NET": gettext_lazy("Gain budgétaire net")},
    "stage": dict(Stage.choices),
    "recurrence": dict(Recurrence.choices),
    "status": dict(ProjectState.choices),
    "envelope": dict(EnvelopeCode.choices),
    "role": dict(Role.choices),
    "scope": {ALL: gettext_lazy("Tous les appels")},
    "authority_status": dict(DrawAuthorityState.choices),
    "state": dict(MilestoneState.choices),
    "agreement_kind": dict(AgreementKind.choices),
    "instalment_kind": INSTALMENT_KINDS,
    "basis": dict(RecoveryBasis.choices),
    "recovery_state": dict(RecoveryState.choices),
    "write_off_level": dict(Role.choices),
    "band": dict(VarianceBand.choices),
    "cause": dict(VarianceCause.choices),
    "recommendation": dict(RenewalAdvice.choices),
    "renewal_state": dict(RenewalState.choices),
    "decision": dict(RenewalDecision.choices),
}
#: column → what an empty cell says, where it is not something unknown
EMPTY: Mapping[str, Any] = {
    "role": gettext_lazy("Aucun rôle"),
    "organisation_name": "–",
    "scope": "–",
    "rules": "–",
    "ends_on": gettext_lazy("Sans fin prévue"),
    "last_sign_in": gettext_lazy("Jamais"),
    **dict.fromkeys(("law", "article", "authority_status", "received", "reinvested", "net_paid", "cash", "last_drawn_on"), "–"),
    **dict.fromkeys(("level", "instrument", "certified_by", "certified_on", "margin_after", "committed_on"), "–"),
    **dict.fromkeys(("payment", "order_number", "authorised_by", "paid_on", "reference", "reversed_on"), "–"),
    **dict.fromkeys(("recovery", "basis", "recovery_state", "claimed_on", "due_on", "age_days", "write_off_level"), "–"),
    **dict.fromkeys(("cause", "explanation", "action", "explained_at", "renewal", "renewal_state", "decision", "reasons"), "–"),
    "decided_amount": "–",
    **dict.fromkeys(("requested_at", "certified_at", "authorised_at", "transmitted_at", "confirmed_at"), "–"),
}

NUMERIC = (Kind.MONEY, Kind.RATIO, Kind.WHOLE)
#: ratios that a page writes as percentages, to the digit of the file: 0.8472 is « 84,72 % »; multiples, years and factors stay numbers
PERCENTAGES = frozenset({
    "roi_public", "roi_fund", "roi_after_admin", "realisation_reported", "realisation_verified", "verification_yield", "coverage",
    "capture_rate", "variance", "objective_attainment", "commitment_rate", "payment_rate", "share", "accepted_share",
})  # fmt: skip


def shown(column: Column, text: str) -> str:
    """A cell as a person reads it: « n. d. » when unknown."""
    if not text:
        return str(EMPTY.get(column.code) or typography.unknown())
    if text == TOTAL:
        return _("Total")
    if column.code in ("fiscal_year", "cohort"):
        return typography.fiscal_year(int(text))
    if column.kind is Kind.MONEY:
        return typography.money_cents(Decimal(text))
    if column.kind is Kind.RATIO:
        return typography.percent(text, 2) if column.code in PERCENTAGES else typography.number(Decimal(text), 4)
    if column.kind is Kind.INSTANT:
        return typography.iso_datetime(datetime.fromisoformat(text))
    if column.kind is Kind.DAY:
        return typography.iso_date(date.fromisoformat(text))
    if column.kind is Kind.FLAG:
        return _("oui") if text == "yes" else _("non")
    return str(LABELS.get(column.code, {}).get(text, text))


class CellColumn(django_tables2.Column):
    """A cell of a report; a figure is a link to the rows behind it."""

    def __init__(self, report: Report, column: Column, dates: Mapping[str, str], names: Mapping[str, str]) -> None:
        numeric = column.kind in NUMERIC and column.code != "fiscal_year"
        code = {"td": {"class": "num"}} if column.code in ("project", "fiscal_year") or column.kind is Kind.DAY else {}
        super().__init__(
            verbose_name=column.label, accessor=f"data__{column.code}", orderable=False, empty_values=(), attrs=RIGHT if numeric else code
        )
        self.report, self.column, self.dates, self.names = report, column, dates, names
        self.linked = column.kind in (Kind.MONEY, Kind.RATIO) and (
            has_rows(report.code, column.code) or (report.code, column.code) in COMPONENTS
        )

    def render(self, value: str, record: Any) -> SafeString | str:
        if not value and self.column.kind not in (Kind.MONEY, Kind.RATIO) and is_total(record.key):
            return "–"  # a total has no state, no year and no date: that is not an unknown one
        text = shown(self.column, value)
        if value in self.names:
            return format_html('{}<br><span class="small soft">{}</span>', self.names[value], value)
        if not self.linked or not value:
            return text
        return format_html('<a href="{}">{}</a>', cell_url(self.report, self.column.code, record.data, self.dates), text)


def has_rows(report: str, column: str) -> bool:
    """Whether a figure of this column adds rows up: a ceiling and a ratio do not."""
    if report in RETURNS:
        return column in ("fund_paid", "cofunding", "avoided_verified", "productivity_verified") or column.startswith("net_gain_")
    if report in REGISTER_COLUMNS:
        return column in REGISTER_COLUMNS[report]
    if report == "variances":
        return column in ("forecast", "verified")
    if report == "renewal":
        return False
    return report == "gains-by-year" or (report == "envelopes" and column != "ceiling")


def cell_url(report: Report, column: str, row: Mapping[str, str], dates: Mapping[str, str]) -> str:
    """Where the rows behind a figure are."""
    query = {**dates, **{name: row[name] for name in report.row_names}}
    return f"{reverse('reporting:report_cell', args=[report.code, column])}?{urlencode(query)}"


def report_table(
    report: Report, view: View, dates: Mapping[str, str], names: Mapping[str, Mapping[str, str]]
) -> list[tuple[str, CellColumn]]:
    """The columns of a view, for `BaseTable(extra_columns=…)`; `names`: column → code → what people call it."""
    return [(code, CellColumn(report, report.column(code), dates, names.get(code, {}))) for code in view.columns]


class ReportTable(BaseTable):
    """The rows of a snapshot: columns are given by `report_table`."""


class _Rows(BaseTable):
    """Rows behind a figure: `counted` is what each adds to it."""

    def render_counted(self, value: Decimal) -> str:
        return typography.money_cents(value)


def _counted() -> django_tables2.Column:
    return django_tables2.Column(verbose_name=gettext_lazy("Compté"), orderable=False, attrs=RIGHT)


def _plain(label: Any, accessor: str | None = None) -> django_tables2.Column:
    return django_tables2.Column(verbose_name=label, accessor=accessor, orderable=False)


class LedgerRows(_Rows):
    """Rows of the ledger."""

    effective_on = DayColumn(verbose_name=gettext_lazy("Date d’effet"), orderable=False)
    kind = _plain(gettext_lazy("Type"))
    envelope = _plain(gettext_lazy("Enveloppe"), "envelope__code")
    fiscal_year = _plain(gettext_lazy("Exercice"))
    holder = django_tables2.Column(verbose_name=gettext_lazy("Objet"), orderable=False, empty_values=())
    reference = _plain(gettext_lazy("Référence"))
    recorded_at = django_tables2.Column(verbose_name=gettext_lazy("Connu le"), orderable=False)
    counted = _counted()

    def render_kind(self, record: Any) -> str:
        return str(record.get_kind_display())

    def render_fiscal_year(self, value: int) -> str:
        return typography.fiscal_year(value)

    def render_holder(self, record: Any) -> str:
        if record.agreement_id:
            return f"{record.agreement.project.reference} · {record.agreement.number}"
        if record.cost_id:
            return str(record.cost)
        return record.call.reference if record.call_id else typography.unknown()

    def render_recorded_at(self, value: datetime) -> str:
        return typography.iso_datetime(value)


class CofundingRows(_Rows):
    """What other sources put in."""

    effective_on = DayColumn(verbose_name=gettext_lazy("Date d’effet"), orderable=False)
    project = _plain(gettext_lazy("Projet"), "project__reference")
    reference = _plain(gettext_lazy("Référence"))
    in_kind = _plain(gettext_lazy("En nature"))
    counted = _counted()

    def render_in_kind(self, value: bool) -> str:
        return _("oui") if value else _("non")


class CashRows(_Rows):
    """Draw-downs and other receipts."""

    effective_on = DayColumn(verbose_name=gettext_lazy("Date d’effet"), orderable=False)
    kind = _plain(gettext_lazy("Type"))
    authority = _plain(gettext_lazy("Autorisation"), "authority__number")
    source = _plain(gettext_lazy("Provenance"))
    reference = _plain(gettext_lazy("Référence"))
    counted = _counted()

    def render_kind(self, record: Any) -> str:
        return str(record.get_kind_display())


class InstalmentRows(_Rows):
    """Scheduled instalments."""

    agreement = _plain(gettext_lazy("Convention"), "agreement__number")
    project = _plain(gettext_lazy("Projet"), "agreement__project__reference")
    position = _plain(gettext_lazy("Versement"))
    milestone = _plain(gettext_lazy("Jalon"))
    fiscal_year = _plain(gettext_lazy("Exercice"))
    counted = _counted()

    def render_fiscal_year(self, value: int) -> str:
        return typography.fiscal_year(value)


class GainRows(_Rows):
    """Parts of gains, as split by fiscal year."""

    project = _plain(gettext_lazy("Projet"), "key")
    line = _plain(gettext_lazy("Ligne"), "data__line")
    nature = _plain(gettext_lazy("Nature"), "data__nature")
    stage = _plain(gettext_lazy("Stade"), "data__stage")
    period_start = _plain(gettext_lazy("Du"), "data__period_start")
    period_end = _plain(gettext_lazy("Au"), "data__period_end")
    fiscal_year = _plain(gettext_lazy("Exercice"), "data__fiscal_year")
    counted = _counted()

    def render_nature(self, value: str) -> str:
        return str(LABELS["nature"].get(value, value))

    def render_stage(self, value: str) -> str:
        return str(LABELS["stage"].get(value, value))

    def render_fiscal_year(self, value: str) -> str:
        return typography.fiscal_year(int(value))


ROWS = {"ledger": LedgerRows, "cofunding": CofundingRows, "gains": GainRows, "cash": CashRows, "instalments": InstalmentRows}
