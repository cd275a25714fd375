import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string

from reporting.charts import (
    DataTable,
    Drawing,
    Figure,
    Fill,
    LegendItem,
    Segment,
    Series,
    Step,
    cumulative,
    envelope_bar,
    grouped_bars,
    unit_for,
    waterfall,
)

MILLION = Decimal(1_000_000)
SEGMENTS = [
    Segment("Versé", 60 * MILLION, Fill.SOLID),
    Segment("Réservé", 30 * MILLION, Fill.HATCHED),
    Segment("Disponible", 180 * MILLION, Fill.EMPTY),
]


def _shapes(svg: str, name: str) -> list[ElementTree.Element]:
    """The shapes of a drawing, without those of its hatching."""
    root = ElementTree.fromstring(svg)
    hidden = {shape for pattern in root.iter("pattern") for shape in pattern.iter()}
    return [shape for shape in root.iter(name) if shape not in hidden]


def _texts(svg: str) -> list[str]:
    return [(text.text or "").replace("\u00a0", " ") for text in _shapes(svg, "text")]


def test_envelope_bar_cuts_the_bar_in_proportion() -> None:
    drawing = envelope_bar(id="e", title="Projets", total=270 * MILLION, segments=SEGMENTS)
    bars = [(rect.get("x"), rect.get("width"), rect.get("fill")) for rect in _shapes(drawing.wide, "rect")]
    assert bars == [("0.0", "251.1", "#095797"), ("251.1", "125.6", "url(#e-hatch)"), ("376.7", "753.3", "#fff")]
    assert _texts(drawing.wide) == ["60,0", "30,0", "180,0", "0", "270 M$"]


def test_envelope_bar_says_in_words_what_it_shows() -> None:
    root = ElementTree.fromstring(envelope_bar(id="e", title="Projets", total=270 * MILLION, segments=SEGMENTS).wide)
    assert root.get("aria-labelledby") == "e-t e-d"
    assert root.find("title").text == "Projets"
    assert root.find("desc").text.replace("\u00a0", " ") == "Versé : 60,0 M$; Réservé : 30,0 M$; Disponible : 180,0 M$"


def test_envelope_bar_of_nothing_is_drawn() -> None:
    drawing = envelope_bar(id="e", title="Vide", total=Decimal(0), segments=[Segment("Versé", Decimal(0), Fill.SOLID)])
    assert [rect.get("width") for rect in _shapes(drawing.wide, "rect")] == ["0.0"]


def test_grouped_bars_leave_out_what_is_not_known() -> None:
    planned = Series("prévus", [4 * MILLION, 8 * MILLION], Fill.HATCHED)
    verified = Series("vérifiés", [2 * MILLION, None], Fill.SOLID)
    drawing = grouped_bars(id="g", title="Gains", categories=["2026-2027", "2027-2028"], series=[planned, verified])
    bars = [(rect.get("fill"), rect.get("height")) for rect in _shapes(drawing.wide, "rect")]
    assert bars == [("url(#g-hatch)", "125.0"), ("#095797", "62.5"), ("url(#g-hatch)", "250.0")]
    description = ElementTree.fromstring(drawing.wide).find("desc").text.replace("\u00a0", " ")
    assert description == "2026-2027 : prévus 4,0 M$, vérifiés 2,0 M$; 2027-2028 : prévus 8,0 M$, vérifiés à venir"


def test_grouped_bars_shorten_fiscal_years_on_a_phone() -> None:
    drawing = grouped_bars(id="g", title="Gains", categories=["2026-2027"], series=[Series("prévus", [12 * MILLION], Fill.SOLID)])
    assert _texts(drawing.wide) == ["0", "5", "10", "15", "12,0", "2026-2027"]
    assert _texts(drawing.narrow) == ["0", "5", "10", "15", "12", "26-27"]


def test_grouped_bars_write_no_zero_over_another() -> None:
    drawing = grouped_bars(id="g", title="Gains", categories=["a", "b"], series=[Series("s", [12 * MILLION, Decimal(0)], Fill.SOLID)])
    assert _texts(drawing.wide) == ["0", "5", "10", "15", "12,0", "a", "b"]


def test_grouped_bars_draw_a_loss_under_zero() -> None:
    amounts = [Decimal(-50_000), Decimal(100_000)]
    drawing = grouped_bars(id="g", title="Écarts", categories=["a", "b"], series=[Series("écart", amounts, Fill.SOLID)])
    loss, gain = _shapes(drawing.wide, "rect")
    assert float(gain.get("y")) + float(gain.get("height")) == pytest.approx(float(loss.get("y")), abs=0.11)
    assert float(gain.get("height")) == pytest.approx(2 * float(loss.get("height")), abs=0.11)


def test_label_of_a_loss_stands_under_its_bar_and_above_the_name_of_its_year() -> None:
    drawing = grouped_bars(id="g", title="Écarts", categories=["2026-2027"], series=[Series("écart", [-4 * MILLION], Fill.SOLID)])
    bar = _shapes(drawing.wide, "rect")[-1]
    places = {text.text: float(text.get("y")) for text in _shapes(drawing.wide, "text")}
    assert float(bar.get("y")) + float(bar.get("height")) < places["−4,0"] < places["2026-2027"] - 13


@pytest.mark.parametrize("amounts", [[], [None], [Decimal(0)]])
def test_grouped_bars_of_nothing_are_drawn(amounts: list) -> None:
    drawing = grouped_bars(id="g", title="Vide", categories=["a"][: len(amounts)], series=[Series("s", amounts, Fill.SOLID)])
    assert ElementTree.fromstring(drawing.narrow).tag == "svg"


def test_waterfall_starts_each_change_where_the_last_ended() -> None:
    steps = [Step("Prévus", 20 * MILLION, True), Step("Retards", -5 * MILLION), Step("Vérifiés", 15 * MILLION, True)]
    first, change, last = _shapes(waterfall(id="w", title="Gains", steps=steps).wide, "rect")
    assert change.get("y") == first.get("y")
    assert float(change.get("y")) + float(change.get("height")) == pytest.approx(float(last.get("y")), abs=0.11)
    assert [rect.get("fill") for rect in (first, change, last)] == ["#095797", "#b52e16", "#095797"]


def test_waterfall_signs_a_rise() -> None:
    steps = [Step("Prévus", 20 * MILLION, True), Step("Gains ajoutés", 5 * MILLION)]
    assert "+5,0" in _texts(waterfall(id="w", title="Gains", steps=steps).wide)


@pytest.mark.parametrize(
    ("amounts", "unit"),
    [([Decimal(2_000_000)], "M$"), ([Decimal("999999.99")], "k$"), ([Decimal(-12), Decimal("0.5")], "$"), ([], "M$"), ([Decimal(0)], "M$")],
)
def test_unit_follows_the_largest_amount(amounts: list, unit: str) -> None:
    assert unit_for(amounts) == unit


def test_chart_escapes_the_words_it_is_given() -> None:
    drawing = envelope_bar(id="e", title="<script>", total=MILLION, segments=[Segment('A "&" B', MILLION, Fill.SOLID)])
    assert "<script" not in drawing.wide
    assert ElementTree.fromstring(drawing.wide).find("desc").text.startswith('A "&" B')


def test_wide_and_narrow_drawings_share_no_id() -> None:
    drawing: Drawing = envelope_bar(id="e", title="Projets", total=270 * MILLION, segments=SEGMENTS)
    ids = re.findall(r' id="([^"]+)"', drawing.wide + drawing.narrow)
    assert sorted(ids) == ["e-d", "e-hatch", "e-narrow-d", "e-narrow-hatch", "e-narrow-t", "e-t"]


def test_figure_gives_its_figures_as_a_table() -> None:
    table = DataTable("Enveloppes, en M$", ["Enveloppe", "Versé"], [["Projets", "60,0"]], ["Total", "60,0"])
    drawing = envelope_bar(id="e", title="Projets", total=270 * MILLION, segments=SEGMENTS, heading="Projets : 270 M$")
    chart = Figure("envelopes", "Enveloppes", "Il reste 180 M$.", [drawing], table, [LegendItem("Réservé", Fill.HATCHED)])
    page = render_to_string("components/figure.html", {"chart": chart})
    assert re.findall(r"<t[hd][^>]*>([^<]*)</t", page) == ["Enveloppe", "Versé", "Projets", "60,0", "Total", "60,0"]
    assert re.findall(r"<h[23][^>]*>([^<]*)<", page) == ["Enveloppes", "Projets : 270 M$"]


STEPS = [Step("Prévu", 4 * MILLION, is_total=True), Step("Non déclaré", -MILLION), Step("Déclaré", 3 * MILLION, is_total=True)]
MORE = [Step("Non examiné", Decimal(0)), Step("Ajusté", -MILLION), Step("Vérifié", 2 * MILLION, is_total=True)]


def test_waterfall_of_many_steps_is_one_row_each_on_a_phone() -> None:
    drawing = waterfall(id="w", title="Gains", steps=[*STEPS, *MORE])
    assert _texts(drawing.narrow) == [
        "Prévu", "4,00 M$", "Non déclaré", "−1,00 M$", "Déclaré", "3,00 M$", "Non examiné", "0,00 M$", "Ajusté", "−1,00 M$",
        "Vérifié", "2,00 M$",
    ]  # fmt: skip
    bars = [(rect.get("x"), rect.get("width"), rect.get("fill")) for rect in _shapes(drawing.narrow, "rect")]
    assert bars == [
        ("0.0", "326.0", "#095797"), ("244.5", "81.5", "#b52e16"), ("0.0", "244.5", "#095797"), ("163.0", "81.5", "#b52e16"),
        ("0.0", "163.0", "#095797"),
    ]  # fmt: skip


def test_waterfall_of_few_steps_stands_on_a_phone_too() -> None:
    assert "Prévu" in _texts(waterfall(id="w", title="Gains", steps=STEPS).narrow)
    assert len(_shapes(waterfall(id="w", title="Gains", steps=STEPS).narrow, "rect")) == 3


def test_waterfall_of_nothing_is_drawn() -> None:
    nothing = [Step(f"Étape {n}", Decimal(0), is_total=True) for n in range(6)]
    assert _shapes(waterfall(id="w", title="Vide", steps=nothing).narrow, "rect") == []


def test_cumulative_marks_where_it_comes_back_to_zero() -> None:
    levels = [Decimal(-400), Decimal(-100), Decimal(300)]
    years = ["2024-2025", "2025-2026", "2026-2027"]
    drawing = cumulative(id="c", title="Récupération", categories=years, levels=levels, crossing=2, mark="1,3 an")
    assert [rect.get("fill") for rect in _shapes(drawing.wide, "rect")] == ["#b52e16", "#b52e16", "#4f813d"]
    # a slot is (560 − 34 − 4) ÷ 3 = 174; the crossing is a quarter of the way from the middle of the second to that of the third
    assert _shapes(drawing.wide, "path")[0].get("d", "").startswith(f"M{34 + 1.5 * 174 + 0.25 * 174:.1f} ")
    assert "1,3 an" in _texts(drawing.narrow)
    assert ElementTree.fromstring(drawing.wide).find("desc").text.endswith("; 1,3 an")  # type: ignore[union-attr]


def test_cumulative_that_never_comes_back_has_no_mark() -> None:
    drawing = cumulative(id="c", title="R", categories=["2024-2025"], levels=[Decimal(-4)], crossing=None, mark="")
    assert _shapes(drawing.wide, "path") == []


def test_categories_are_shortened_then_one_in_two_is_named() -> None:
    years = [f"{year}-{year + 1}" for year in range(2024, 2034)]
    bars = grouped_bars(id="g", title="Gains", categories=years, series=[Series("prévus", [MILLION] * 10, Fill.SOLID)])
    assert [text for text in _texts(bars.wide) if "-" in text] == [year[2:5] + year[7:] for year in years]
    assert [text for text in _texts(bars.narrow) if "-" in text] == ["24-25", "26-27", "28-29", "30-31", "32-33"]


def test_label_that_a_taller_bar_would_hide_is_left_to_the_table() -> None:
    series = [Series("vérifiés", [400 * MILLION], Fill.SOLID), Series("captés", [80 * MILLION], Fill.LIGHT)]
    many = [Series(each.label, list(each.amounts) * 12, each.fill) for each in series]
    drawing = grouped_bars(id="g", title="Gains", categories=[f"E{n}" for n in range(12)], series=many)
    assert "400,0" in _texts(drawing.wide)
    assert "80,0" not in _texts(drawing.wide)
