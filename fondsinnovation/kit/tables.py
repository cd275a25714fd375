"""The base of every list: one class makes the page's table, with its sorting links, and the rows of its CSV or XLSX."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import django_tables2
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import lazy
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django_tables2 import RequestConfig
from django_tables2.columns import BoundColumn

from fondsinnovation.templatetags import typography

PER_PAGE = 25
RIGHT = {"th": {"class": "right"}, "td": {"class": "right num"}}
_unknown = lazy(typography.unknown, str)


class BaseTable(django_tables2.Table):
    """A subclass declares its columns; the first one names the row. `caption` says what the rows are and in which order.

    A cell of the page is what `render_…` returns, and « n. d. » for None; a cell of an export is what `value_…` returns, and empty.
    """

    def __init__(self, *args: Any, caption: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("default", _unknown())
        kwargs.setdefault("empty_text", _("Aucun résultat."))
        super().__init__(*args, **kwargs)
        self.caption = caption

    @classmethod
    def for_page(cls, request: HttpRequest, rows: Any, *, caption: str = "", count: int | None = None, **kwargs: Any) -> BaseTable:
        """The table of a page, sorted and paginated as its address asks. A page that does not exist is the nearest one.

        `count`: how many rows there are, when the page has counted them already.
        """
        table = cls.sorted_for(request, rows, caption=caption, **kwargs)
        table.paginator = Paginator(table.rows, PER_PAGE)
        if count is not None:
            table.paginator.count = count
        table.page = table.paginator.get_page(request.GET.get(table.prefixed_page_field))
        return table

    @classmethod
    def sorted_for(cls, request: HttpRequest, rows: Any, **kwargs: Any) -> BaseTable:
        """The whole list in the order of the page: what an export of that page holds."""
        table = cls(rows, **kwargs)
        RequestConfig(request, paginate=False).configure(table)
        if table.order_by and hasattr(table.data.data, "query"):
            asked = table.data.data
            table.data.data = asked.order_by(*asked.query.order_by, "pk")  # equal values keep one order from page to page
        return table

    def shown_rows(self) -> Iterator[SafeString]:
        """The cells of each row of the page, as HTML. Their tags are written once, not for every row."""
        columns = [(column.name, *_cell_tags(column, is_first=place == 0)) for place, column in enumerate(self.columns)]
        for row in self.paginated_rows:
            cells = [f"{opened}{conditional_escape(row.get_cell(name))}{closed}" for name, opened, closed in columns]
            yield mark_safe("".join(cells))  # noqa: S308 — each part is escaped

    def export_rows(self) -> Iterator[list[Any]]:
        """The headings, then each row of the list with its values as they are: Decimal, date, instant or text."""
        return self.as_values()


def _cell_tags(column: BoundColumn, *, is_first: bool) -> tuple[SafeString, SafeString]:
    """What opens and closes a cell of a column: the first one names its row, the others repeat their heading on a narrow screen."""
    css = column.attrs["td"].get("class", "")
    styled = format_html(' class="{}"', css) if css else ""
    if is_first:
        return format_html('<th role="rowheader" scope="row"{}>', styled), mark_safe("</th>")
    return format_html('<td role="cell" data-label="{}"{}><span>', column.header, styled), mark_safe("</span></td>")


class MoneyColumn(django_tables2.Column):
    """Dollars, right-aligned."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"attrs": RIGHT, **kwargs})

    def render(self, value: Decimal) -> str:
        return typography.money(value)

    def value(self, value: Decimal) -> Decimal:
        return value


class NumberColumn(django_tables2.Column):
    """A count or a score, right-aligned; `digits` after the comma."""

    def __init__(self, digits: int = 0, **kwargs: Any) -> None:
        super().__init__(**{"attrs": RIGHT, **kwargs})
        self.digits = digits

    def render(self, value: Decimal | int) -> str:
        return typography.number(value, self.digits)

    def value(self, value: Decimal | int) -> Decimal | int:
        return value


class DayColumn(django_tables2.Column):
    """A day or an instant, as an ISO day."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"attrs": {"td": {"class": "num"}}, **kwargs})

    def render(self, value: date | datetime) -> str:
        return typography.iso_date(value)

    def value(self, value: date | datetime) -> date | datetime:
        return value
