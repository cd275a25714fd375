"""The list of imports, and the figures of one."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import django_tables2
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.tables import BaseTable, NumberColumn
from fondsinnovation.templatetags.portal import tag
from projects.enums import Nature, Stage
from projects.tables.calls import InstantColumn
from reporting.enums import ImportState
from reporting.models import PortfolioImport

COLOURS = {
    ImportState.QUEUED: "outline",
    ImportState.EXAMINING: "blue",
    ImportState.REFUSED: "red",
    ImportState.READY: "yellow",
    ImportState.CONFIRMED: "blue",
    ImportState.MOVED: "yellow",
    ImportState.FAILED: "red",
    ImportState.IMPORTED: "green",
    ImportState.NOTHING: "outline",
    ImportState.CANCELLED: "outline",
}
#: nouns of a package, as a reader names them
NOUN_NAMES = {
    "organisations": gettext_lazy("Organismes"),
    "allotments": gettext_lazy("Dotations"),
    "calls": gettext_lazy("Appels à projets"),
    "projects": gettext_lazy("Projets"),
    "commitments": gettext_lazy("Engagements"),
    "payments": gettext_lazy("Paiements et recouvrements"),
    "cofunding": gettext_lazy("Cofinancement"),
    "gain_lines": gettext_lazy("Lignes de gain"),
    "gains": gettext_lazy("Gains"),
    "secretariat_costs": gettext_lazy("Coûts du Secrétariat"),
}
KIND_NAMES = {
    "authorised": gettext_lazy("Crédits autorisés, différence"),
    "committed": gettext_lazy("Engagé"),
    "released": gettext_lazy("Désengagé"),
    "paid": gettext_lazy("Payé"),
    "recovered": gettext_lazy("Recouvré"),
    "cofunding": gettext_lazy("Cofinancement en argent"),
    "cofunding_in_kind": gettext_lazy("Cofinancement en nature"),
    "secretariat_costs": gettext_lazy("Coûts du Secrétariat"),
}


class ImportTable(BaseTable):
    uploaded_at = InstantColumn(verbose_name=gettext_lazy("Téléversée le"), linkify=("reporting:import_detail", [django_tables2.A("pk")]))
    name = django_tables2.Column(verbose_name=gettext_lazy("Paquet"))
    state = django_tables2.Column(verbose_name=gettext_lazy("État"))
    rows = NumberColumn(verbose_name=gettext_lazy("Rangées"), orderable=False, empty_values=())
    written = NumberColumn(verbose_name=gettext_lazy("Écrites"), orderable=False, empty_values=())
    uploaded_by = django_tables2.Column(verbose_name=gettext_lazy("Par"), accessor="uploaded_by__name", order_by="uploaded_by__name")
    sha256 = django_tables2.Column(verbose_name=gettext_lazy("SHA-256"), orderable=False)

    class Meta:
        model = PortfolioImport
        fields = ()

    def render_state(self, record: PortfolioImport) -> SafeString:
        state = ImportState(record.state)
        return tag(str(state.label), COLOURS[state])

    def render_rows(self, column: NumberColumn, record: PortfolioImport) -> str:
        return column.render(sum(file["rows"] for file in record.plan["files"])) if record.plan else "–"

    def render_written(self, column: NumberColumn, record: PortfolioImport) -> str:
        if record.state != ImportState.IMPORTED:
            return column.render(0)
        return column.render(sum(file["created"] + file["updated"] for file in record.plan["files"]))

    def render_sha256(self, value: str) -> SafeString:
        return format_html('<span class="small soft mono">{}</span>', value[:12])


def named_files(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of each file, with the name of what it holds."""
    return [{**file, "name": NOUN_NAMES[file["noun"]]} for file in plan.get("files", ())]


def named_totals(totals: Iterable[tuple[str, str]]) -> list[tuple[str, Decimal]]:
    """(what is counted, dollars)."""
    return [(str(KIND_NAMES.get(kind) or _gains(kind)), Decimal(amount)) for kind, amount in totals]


def _gains(kind: str) -> str:
    stage, _slash, nature = kind.partition("/")
    return _("Gains : %(stage)s, %(nature)s") % {"stage": str(Stage(stage).label).lower(), "nature": str(Nature(nature).label).lower()}
