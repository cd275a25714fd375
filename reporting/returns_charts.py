"""The charts of the pages of returns, each with its figures as a table."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.money import ZERO
from fondsinnovation.templatetags.typography import UNITS, fiscal_year, in_unit, money, money_cents, number, percent
from projects.enums import Stage
from reporting.charts import DataTable, Figure, Fill, LegendItem, Series, Step, cumulative, grouped_bars, unit_for, waterfall
from reporting.queries.returns import Path, Row, YearLine

#: each stage with its words and its fill: what is planned is hatched, what is only said is empty
STAGES = (
    (Stage.FORECAST, gettext_lazy("Prévu"), Fill.HATCHED),
    (Stage.REPORTED, gettext_lazy("Déclaré"), Fill.EMPTY),
    (Stage.VERIFIED, gettext_lazy("Vérifié"), Fill.SOLID),
    (Stage.CAPTURED, gettext_lazy("Capté"), Fill.LIGHT),
)


def short(amount: Decimal) -> str:
    """An amount in the unit that keeps it readable: « 1,2 M$ », « 40,0 k$ »; under a thousand dollars, as it is."""
    if abs(amount) < UNITS["k$"]:
        return money(amount)
    return in_unit(amount, unit_for([amount]))


def years_chart(lines: Sequence[YearLine], *, id: str = "years") -> Figure | None:
    """Net gains by fiscal year and stage: the plan at signature against what came."""
    if not lines:
        return None
    unit = unit_for([amount for line in lines for amount in line.amounts.values()])
    title = _("Gains budgétaires nets par exercice (%(unit)s)") % {"unit": unit}
    labels = [fiscal_year(line.year) for line in lines]
    series = [Series(str(name), [line.amounts[stage] for line in lines], fill) for stage, name, fill in STAGES]
    totals = [sum((line.amounts[stage] for line in lines), ZERO) for stage, _name, _fill in STAGES]
    finding = _("%(reported)s déclarés, %(verified)s vérifiés et %(captured)s captés, tous exercices réunis.") % {
        "reported": short(totals[1]), "verified": short(totals[2]), "captured": short(totals[3]),
    }  # fmt: skip
    table = DataTable(
        _("Gains budgétaires nets par exercice, en dollars"),
        [_("Exercice"), *(str(name) for _stage, name, _fill in STAGES)],
        [[label, *(money_cents(line.amounts[stage]) for stage, *_x in STAGES)] for label, line in zip(labels, lines, strict=True)],
        [_("Total"), *map(money_cents, totals)],
    )
    legend = [LegendItem(str(name), fill) for _stage, name, fill in STAGES]
    return Figure(id, title, finding, [grouped_bars(id=f"{id}-bars", title=title, categories=labels, series=series)], table, legend)


def path_chart(path: Path, payback: Decimal | None) -> Figure | None:
    """The way back of what was invested: verified net gain less public cost, year after year from the decision."""
    if not path.ever_negative:
        return None
    title = _("Récupération de l’investissement (%(unit)s)") % {"unit": unit_for([one.cumulative for one in path.years])}
    labels = [fiscal_year(one.year) for one in path.years]
    mark = _("%(years)s ans") % {"years": number(payback, 1)} if payback is not None else ""
    drawing = cumulative(
        id="payback-path", title=title, categories=labels, levels=[one.cumulative for one in path.years],
        crossing=path.crossing if payback is not None else None, mark=mark,
    )  # fmt: skip
    if payback is None:
        finding = _("Non récupéré : il manque %(left)s pour couvrir ce que le secteur public a investi.") % {
            "left": short(-path.years[-1].cumulative)
        }
    else:
        finding = _("L’investissement public est récupéré en %(years)s années, comptées de l’exercice de la décision.") % {
            "years": number(payback, 4)
        }
    table = DataTable(
        _("Gain vérifié moins coût public, cumulé par exercice, en dollars"),
        [_("Exercice"), _("Gain net vérifié"), _("Coût public"), _("Cumulé")],
        [[label, *map(money_cents, (one.gain, one.cost, one.cumulative))] for label, one in zip(labels, path.years, strict=True)],
    )
    return Figure("payback", title, finding, [drawing], table)


def waterfall_chart(row: Row) -> Figure | None:
    """From the forecast of the periods that ended to what budgets really lost, each loss named."""
    names = ("net_gain_expected", "net_gain_reported", "net_gain_examined", "net_gain_verified", "net_gain_captured")
    expected, reported, examined, verified, captured = (Decimal(row[name]) for name in names)
    if not (expected or reported):
        return None
    title = _("De la prévision au gain capté (%(unit)s)") % {"unit": unit_for([expected, reported, examined, verified, captured])}
    steps = [
        Step(_("Prévu échu"), expected, is_total=True),
        Step(_("Non déclaré") if reported <= expected else _("Excédent"), reported - expected),
        Step(_("Déclaré"), reported, is_total=True),
        Step(_("Non examiné"), examined - reported),
        Step(_("Ajusté"), verified - examined),
        Step(_("Vérifié"), verified, is_total=True),
        Step(_("Non capté"), captured - verified),
        Step(_("Capté"), captured, is_total=True),
    ]
    share = percent(verified / expected if expected else None, 0)
    finding = _("Des gains prévus à ce jour, %(share)s sont vérifiés; %(captured)s sont inscrits dans les budgets.")
    if not expected:
        finding = _("Aucun gain n’était prévu à ce jour; %(captured)s sont inscrits dans les budgets.")
    said = {"share": share, "captured": short(captured)}
    rows = [[step.label, money_cents(step.amount)] for step in steps]
    table = DataTable(_("De la prévision au gain capté, en dollars"), [_("Étape"), _("Montant")], rows)
    return Figure("waterfall", title, finding % said, [waterfall(id="gain-waterfall", title=title, steps=steps)], table)
