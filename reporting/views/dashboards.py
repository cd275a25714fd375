"""The Fund's dashboard: a few figures and charts of the latest recompute."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from fondsinnovation.templatetags.typography import fiscal_year, millions, millions_text, money_cents, percent
from projects.enums import EnvelopeCode
from reporting.charts import DataTable, Figure, Fill, LegendItem, Segment, Series, Step, envelope_bar, grouped_bars, waterfall
from reporting.enums import FollowUpState
from reporting.policies import reports as policies
from reporting.policies.verification import read_desk
from reporting.queries.dashboards import Dashboard, Row, amount
from reporting.queries.dashboards import dashboard as read_dashboard
from reporting.queries.follow_ups import follow_ups_for
from reporting.queries.overlaps import CONDITIONS, overlaps_for
from reporting.queries.renewals import in_view, renewals_for
from reporting.queries.snapshots import under_way
from reporting.queries.verification import desk_rows
from reporting.returns_charts import short
from reporting.rules import TOTAL
from reporting.services.snapshots import WORKING


@require_safe
@login_required
def dashboard(request: HttpRequest) -> HttpResponse:
    """Figures of the working snapshots, with their dates and whether something has changed since."""
    now = timezone.now()
    policies.read_reports(request.user, now).require()
    found = read_dashboard()
    context: dict[str, Any] = {"dashboard": found, "run": under_way(WORKING), "waiting": _waiting(request.user, now)}
    if found is not None:
        context |= {"headline": _figures(found), "envelopes": _envelopes(found), "charts": [c for c in (_gains(found), _path(found)) if c]}
    return render(request, "reporting/dashboard.html", context)


def _waiting(person: Any, now: datetime) -> list[tuple[str, int, str]]:
    """What waits for a decision among the files that this person sees, each with its count and the list that holds it."""
    found: list[tuple[str, QuerySet[Any], str, str]] = [
        (_("Chevauchements à trancher"), overlaps_for(person, now).filter(CONDITIONS["open"]), "overlap_list", "open"),
        (_("Rapports de suivi en retard"), follow_ups_for(person, now).filter(state=FollowUpState.LATE), "follow_up_list", "late"),
        (_("Reconductions à décider"), in_view(renewals_for(person, now), "decide"), "renewal_list", "decide"),
    ]
    shown = [(label, rows.count(), f"{reverse(f'reporting:{page}')}?view={view}") for label, rows, page, view in found]
    if not read_desk(person, now):
        return shown
    return [(_("Gains à vérifier"), desk_rows(person, now).count(), reverse("reporting:gain_desk")), *shown]


def _cell(report: str, column: str, **selection: str) -> str:
    return f"{reverse('reporting:report_cell', args=[report, column])}?{urlencode(selection)}"


def _share(part: Decimal, whole: Decimal) -> str:
    return percent(part / whole if whole else None, 0)


def _figures(found: Dashboard) -> list[dict[str, str]]:
    """The four numbers that the page begins with; each is a link to its rows."""
    fund = found.envelopes[TOTAL]
    ceiling, committed = amount(fund, "ceiling"), amount(fund, "committed")
    paid = amount(fund, "paid")
    everything = {"envelope": TOTAL, "fiscal_year": TOTAL}
    verified, captured = amount(found.total, "net_gain_verified"), amount(found.total, "net_gain_captured")
    realised, captured_share = found.total["realisation_verified"], found.total["capture_rate"]
    return [
        {
            "label": _("Engagé"), "value": millions(committed), "url": _cell("envelopes", "committed", **everything),
            "note": _("%(share)s de %(whole)s") % {"share": _share(committed, ceiling), "whole": millions(ceiling, 0)},
        },
        {
            "label": _("Versé"), "value": millions(paid), "url": _cell("envelopes", "paid", **everything),
            "note": _("%(share)s de l’engagé") % {"share": _share(paid, committed)},
        },
        {
            "label": _("Gains vérifiés"), "value": short(verified), "url": _cell("roi-projects", "net_gain_verified", project=TOTAL),
            "note": _("%(share)s des gains prévus à ce jour") % {"share": percent(Decimal(realised) if realised else None, 0)},
        },
        {
            "label": _("Gains captés"), "value": short(captured), "url": _cell("roi-projects", "net_gain_captured", project=TOTAL),
            "note": _("captation de %(share)s") % {"share": percent(Decimal(captured_share) if captured_share else None, 0)},
        },
    ]  # fmt: skip


_SEGMENTS = (
    ("paid", gettext_lazy("Versé"), Fill.SOLID), ("unpaid", gettext_lazy("Engagé, non versé"), Fill.LIGHT),
    ("reserved", gettext_lazy("Réservé, en attente de décision"), Fill.HATCHED), ("left", gettext_lazy("Disponible"), Fill.EMPTY),
)  # fmt: skip


def _use(row: Row) -> dict[str, Decimal]:
    """How a ceiling is used: what is not yet paid, committed or reserved is left, allotted to a year or not."""
    paid, committed, reserved = (amount(row, name) for name in ("paid", "committed", "reserved"))
    return {"paid": paid, "unpaid": committed - paid, "reserved": reserved, "left": amount(row, "ceiling") - committed - reserved}


def _envelopes(found: Dashboard) -> Figure:
    """The 270 and 30 M$, each a bar."""
    title = _("Consommation des enveloppes")
    drawings, rows = [], []
    for code, label in EnvelopeCode.choices:
        row = found.envelopes[code]
        use, ceiling = _use(row), amount(row, "ceiling")
        drawings.append(
            envelope_bar(
                id=f"envelope-{code.lower()}", title=str(label), total=ceiling,
                segments=[Segment(str(name), use[part], fill) for part, name, fill in _SEGMENTS],
                heading=_("%(name)s : %(ceiling)s") % {"name": label, "ceiling": millions(ceiling, 0)},
            )
        )  # fmt: skip
        rows.append([str(label), *(money_cents(use[part]) for part, _name, _fill in _SEGMENTS), money_cents(ceiling)])
    total = found.envelopes[TOTAL]
    use = _use(total)
    projects = found.envelopes[EnvelopeCode.PROJECTS]
    finding = _("L’enveloppe des projets est engagée à %(share)s; il reste %(left)s à attribuer.") % {
        "share": _share(amount(projects, "committed"), amount(projects, "ceiling")), "left": millions_text(_use(projects)["left"]),
    }  # fmt: skip
    table = DataTable(
        _("Consommation des enveloppes, en dollars"),
        [_("Enveloppe"), *(str(name) for _part, name, _hatch in _SEGMENTS), _("Plafond")],
        rows,
        [_("Total"), *(money_cents(use[part]) for part, _name, _fill in _SEGMENTS), money_cents(amount(total, "ceiling"))],
    )
    return Figure("envelopes", title, finding, drawings, table, [LegendItem(str(name), fill) for _part, name, fill in _SEGMENTS])


def _gains(found: Dashboard) -> Figure | None:
    """Forecast and verified net gains by fiscal year; a year to come has no verified bar."""
    if not found.years:
        return None
    title = _("Gains prévus et vérifiés par exercice")
    years = [fiscal_year(int(row["fiscal_year"])) for row in found.years]
    forecast = [amount(row, "forecast") for row in found.years]
    verified = [amount(row, "verified") for row in found.years]
    came = [value or None for value in verified]
    series = [Series(_("prévus"), forecast, Fill.HATCHED), Series(_("vérifiés"), came, Fill.SOLID)]
    realised = found.total["realisation_verified"]
    finding = _("À ce jour, %(share)s des gains prévus ont été vérifiés.") % {"share": percent(Decimal(realised) if realised else None, 0)}
    table = DataTable(
        _("Gains budgétaires nets par exercice, en dollars"),
        [_("Exercice"), _("Prévus"), _("Vérifiés")],
        [[year, money_cents(planned), money_cents(real)] for year, planned, real in zip(years, forecast, verified, strict=True)],
        [_("Total"), money_cents(sum(forecast, Decimal(0))), money_cents(sum(verified, Decimal(0)))],
    )
    legend = [LegendItem(_("Prévus"), Fill.HATCHED), LegendItem(_("Vérifiés"), Fill.SOLID)]
    return Figure("gains", title, finding, [grouped_bars(id="gains-by-year", title=title, categories=years, series=series)], table, legend)


def _path(found: Dashboard) -> Figure | None:
    """From what was reported to what budgets really lost; nothing to draw before the first report."""
    reported, verified, captured = (amount(found.gains, name) for name in ("reported", "verified", "captured"))
    if not reported:
        return None
    title = _("Du gain déclaré au gain capté")
    steps = [
        Step(_("Déclaré"), reported, is_total=True), Step(_("Non retenu"), verified - reported),
        Step(_("Vérifié"), verified, is_total=True), Step(_("À capter"), captured - verified), Step(_("Capté"), captured, is_total=True),
    ]  # fmt: skip
    finding = _("%(share)s du gain déclaré est vérifié; %(captured)s sont captés dans les budgets.") % {
        "share": _share(verified, reported), "captured": millions_text(captured),
    }  # fmt: skip
    rows = [[step.label, money_cents(step.amount)] for step in steps]
    table = DataTable(_("Du gain déclaré au gain capté, en dollars"), [_("Étape"), _("Montant")], rows)
    return Figure("path", title, finding, [waterfall(id="gain-path", title=title, steps=steps)], table)
