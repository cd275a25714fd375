"""The register of organisations as a list."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_tables2
from django.core.paginator import Page, Paginator
from django.db.models import IntegerField, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tables2.rows import BoundRows

from fondsinnovation.kit.tables import PER_PAGE, BaseTable, NumberColumn
from fondsinnovation.templatetags.portal import tag
from projects.models import Organisation
from projects.queries.organisations import region_names


def state_of(organisation: Organisation, day: date) -> str:
    """Where an organisation stands on a day, in a word."""
    if organisation.has_ended(day):
        return _("Fusionné ou remplacé") if organisation.successor_id else _("Aboli")
    return _("En vigueur") if organisation.is_in_force(day) else _("À venir")


def state_tag(organisation: Organisation, day: date) -> SafeString:
    """The same in a coloured word, on every page."""
    colour = "red" if organisation.has_ended(day) else "green" if organisation.is_in_force(day) else "outline"
    return tag(state_of(organisation, day), colour)


class _RowsCount(Subquery):
    """How many rows a query has, as a value of each row of another."""

    template = "(SELECT count(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


class _OneQuery(Paginator):
    """Pages of a list that is read and counted in the same query; only a page beyond the last one asks again."""

    def get_page(self, number: Any) -> Page:
        asked = int(number) if str(number or "").isdecimal() and len(str(number)) < 7 else 1
        table = self.object_list.table
        rows = table.data.data
        counted = _RowsCount(rows.order_by().values("pk"))
        start = (max(asked, 1) - 1) * self.per_page
        found = list(rows.annotate(rows_found=counted)[start : start + self.per_page])
        if not found and asked > 1:
            return super().get_page(number)
        self.count = found[0].rows_found if found else 0
        return Page(BoundRows(found, table=table), max(asked, 1), self)


class OrganisationTable(BaseTable):
    """Organisations by name, with what a former name says of them."""

    name = django_tables2.Column(verbose_name=gettext_lazy("Organisme"), order_by="sort_key")
    kind = django_tables2.Column(verbose_name=gettext_lazy("Type"))
    region = django_tables2.Column(verbose_name=gettext_lazy("Région"), accessor="region_id", default="–")
    population = NumberColumn(verbose_name=gettext_lazy("Population"), default="–")
    state = django_tables2.Column(verbose_name=gettext_lazy("État"), accessor="pk", orderable=False)

    def __init__(self, *args: Any, day: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = day

    @classmethod
    def for_page(cls, request: HttpRequest, rows: Any, *, caption: str = "", count: int | None = None, **kwargs: Any) -> BaseTable:
        """The table of a page, whose rows and their number are read in one query."""
        table = cls.sorted_for(request, rows, caption=caption, **kwargs)
        table.paginator = _OneQuery(table.rows, PER_PAGE)
        table.page = table.paginator.get_page(request.GET.get(table.prefixed_page_field))
        return table

    def render_name(self, record: Organisation) -> SafeString:
        former = _("anciennement %(names)s") % {"names": ", ".join(record.former_names)} if record.former_names else ""
        return format_html(
            '<a href="{}">{}</a><br><span class="small soft">{}{}{}</span>',
            reverse("projects:organisation_detail", args=[record.code]),
            record.name,
            record.code,
            " · " if former else "",
            former,
        )

    def render_region(self, value: str) -> str:
        return region_names()[value]

    def render_state(self, record: Organisation) -> SafeString:
        return state_tag(record, self.day)
