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
from django.utils.translation import gettext_lazy as _
from django_tables2 import RequestConfig

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

    def shown_rows(self) -> Iterator[list[tuple[Any, Any, str]]]:
        """The rows of the page, each cell with its column's heading and class, which are worked out once and not for every cell."""
        columns = [(column.name, column.header, column.attrs["td"].get("class", "")) for column in self.columns]
        for row in self.paginated_rows:
            yield [(row.get_cell(name), heading, css) for name, heading, css in columns]

    def export_rows(self) -> Iterator[list[Any]]:
        """The headings, then each row of the list with its values as they are: Decimal, date, instant or text."""
        return self.as_values()


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
