"""The charts of the controller's page, each with its figures as a table."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.money import ZERO
from fondsinnovation.templatetags.typography import fiscal_year, millions_text, money_cents, percent
from projects.enums import EnvelopeCode
from reporting.charts import DataTable, Figure, Fill, LegendItem, Segment, Series, envelope_bar, grouped_bars
from reporting.queries.control import Age, AgeLine, LapseLine, PaceLine

#: ages as an axis has room for them
SHORT = {
    Age.RECENT: gettext_lazy("0 à 90 j"),
    Age.QUARTER: gettext_lazy("91 à 180 j"),
    Age.HALF: gettext_lazy("181 à 365 j"),
    Age.OLD: gettext_lazy("+ de 365 j"),
    Age.LATER: gettext_lazy("À venir"),
}
_FILLS = {EnvelopeCode.PROJECTS: Fill.SOLID, EnvelopeCode.SECRETARIAT: Fill.HATCHED}
_PARTS = (
    ("paid", gettext_lazy("Payé"), Fill.SOLID),
    ("payable", gettext_lazy("Payable avant le 31 mars"), Fill.LIGHT),
    ("reserved", gettext_lazy("Réservé"), Fill.HATCHED),
    ("stuck", gettext_lazy("Engagé, non payable avant"), Fill.DOWN),
    ("available", gettext_lazy("Disponible"), Fill.EMPTY),
)


def ageing_chart(ages: Sequence[AgeLine]) -> Figure | None:
    """What is committed and not paid, by age and envelope."""
    total = sum((line.amount for line in ages), ZERO)
    if not total:
        return None
    title = _("Engagements sans paiement, par ancienneté")
    series = [Series(str(code.label), [line.amounts.get(code.value, ZERO) for line in ages], fill) for code, fill in _FILLS.items()]
    old = next(line.amount for line in ages if line.age == Age.OLD)
    finding = _("Sur %(total)s engagés et non payés, %(old)s attendent depuis plus d’un an.") % {
        "total": millions_text(total),
        "old": millions_text(old),
    }
    table = DataTable(
        _("Engagements sans paiement, en dollars"),
        [_("Ancienneté"), *(str(code.label) for code in _FILLS), _("Total")],
        [
            [str(SHORT[one.age]), *(money_cents(each.amounts[i] or ZERO) for each in series), money_cents(one.amount)]
            for i, one in enumerate(ages)
        ],
        [_("Total"), *(money_cents(_sum(each.amounts)) for each in series), money_cents(total)],
    )
    drawing = grouped_bars(id="control-ageing", title=title, categories=[str(SHORT[line.age]) for line in ages], series=series)
    legend = [LegendItem(str(code.label), fill) for code, fill in _FILLS.items()]
    return Figure("ageing", title, finding, [drawing], table, legend)


def pace_chart(lines: Sequence[PaceLine]) -> Figure | None:
    """What each ended year paid in its last quarter, beside a quarter of the year."""
    over = [line for line in lines if line.is_over and line.paid > 0]
    if not over:
        return None
    title = _("Paiements du dernier trimestre, comparés à un rythme égal")
    labels, last = [fiscal_year(line.fiscal_year) for line in over], over[-1]
    series = [
        Series(_("dernier trimestre"), [line.quarter for line in over], Fill.SOLID),
        Series(_("rythme égal"), [line.even_quarter for line in over], Fill.HATCHED),
    ]
    finding = _(
        "En %(year)s, %(quarter)s des paiements sont partis au dernier trimestre et %(month)s en mars; un rythme égal donne un quart et "
        "un douzième."
    )
    said = {"year": fiscal_year(last.fiscal_year), "quarter": percent(last.quarter_share, 0), "month": percent(last.month_share, 0)}
    table = DataTable(
        _("Paiements du dernier trimestre, en dollars"),
        [_("Exercice"), _("Dernier trimestre"), _("Rythme égal"), _("Payé dans l’exercice")],
        [
            [label, *(money_cents(x) for x in (line.quarter, line.even_quarter, line.paid))]
            for label, line in zip(labels, over, strict=True)
        ],
    )
    drawing = grouped_bars(id="control-pace", title=title, categories=labels, series=series)
    legend = [LegendItem(_("Dernier trimestre"), Fill.SOLID), LegendItem(_("Rythme égal : un quart de l’exercice"), Fill.HATCHED)]
    return Figure("pace", title, finding % said, [drawing], table, legend)


def lapse_chart(lines: Sequence[LapseLine]) -> Figure | None:
    """How the credit of the current year will end, one bar for each envelope."""
    shown = [line for line in lines if line.open > 0]
    if not shown:
        return None
    title = _("Ce que deviendra le crédit de l’exercice au 31 mars")
    drawings = [
        envelope_bar(
            id=f"control-lapse-{line.code.lower()}",
            title=line.name,
            total=line.open,
            segments=[Segment(str(label), max(getattr(line, name), ZERO), fill) for name, label, fill in _PARTS],
            heading=line.name,
        )
        for line in shown
    ]
    lapse = sum((line.lapse for line in shown), ZERO)
    finding = _(
        "Si rien ne change, %(lapse)s périmeront : le crédit disponible, et ce qui est engagé sans être payable avant le 31 mars."
    ) % {"lapse": millions_text(lapse)}
    table = DataTable(
        _("Crédit de l’exercice par enveloppe, en dollars"),
        [_("Enveloppe"), *(str(label) for _name, label, _fill in _PARTS), _("Crédit ouvert")],
        [[line.name, *(money_cents(getattr(line, name)) for name, _label, _fill in _PARTS), money_cents(line.open)] for line in shown],
    )
    return Figure("lapse", title, finding, drawings, table, [LegendItem(str(label), fill) for _name, label, fill in _PARTS])


def _sum(amounts: Sequence[Decimal | None]) -> Decimal:
    return sum((amount or ZERO for amount in amounts), ZERO)
