"""Gains of a package, by column: the largest file. A row that is there is left; one known later is added, and both stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from projects.enums import Nature, Stage
from projects.models import ForecastGain
from reporting.importing.known import Known, LineKey
from reporting.importing.plan import Plan, check_knowledge, repeated, tally, unknown
from reporting.importing.tables import Problems, Table
from reporting.models import Gain, GainReport

#: what a budget is cut by, and the costs that it takes over: only that is captured, and the reports count the three
CAPTURABLE = (Nature.CASH, Nature.REV, Nature.COST)
NOTHING = Decimal("0.00")
#: an empty date: known by the time of this import
_LATEST = datetime.max.replace(tzinfo=UTC)
Identity = tuple[LineKey, str, date, date]
#: an amount, and when it was known (None: the moment of this import)
Version = tuple[datetime | None, Decimal]


def check_gains(table: Table, known: Known, plan: Plan, problems: Problems) -> None:
    """Each row on its own, then each identity with what is known of it, then captured against verified."""
    identities = list(_identities(table))
    sound = [index for index in range(len(table)) if _row_is_sound(table, index, known, problems)]
    held = _held(known, {identities[index][0] for index in sound})
    versions: dict[Identity, list[int]] = defaultdict(list)
    for index in sound:
        versions[identities[index]].append(index)
    fresh: list[int] = []
    superseding = 0
    for identity, places in versions.items():
        found = _fresh(table, places, held.get(identity, []), problems)
        superseding += len(found) if identity in held else max(len(found) - 1, 0)
        fresh += found
    fresh.sort()
    check_knowledge(known, table, fresh, problems)
    _check_followed(table, fresh, known, problems)
    _check_captured(table, versions, held, problems)
    plan.fresh["gains"] = fresh
    tally(plan, table, fresh, superseding=superseding)


def _identities(table: Table) -> Iterable[Identity]:
    columns = table.columns
    lines: dict[LineKey, LineKey] = {}  # one key for the rows of one line: they are many
    names = ("project", "line", "stage", "period_start", "period_end")
    for project, line, stage, start, end in zip(*(columns[name] for name in names), strict=True):
        key = (project, line)
        yield lines.setdefault(key, key), stage, start, end


def _row_is_sound(table: Table, index: int, known: Known, problems: Problems) -> bool:
    columns = table.columns
    before = len(problems.lines)
    for column, what in _faults(columns, index, known):
        problems.add(table.file, table.numbers[index], column, what)
    key = (columns["project"][index], columns["line"][index])
    return len(problems.lines) == before and key in known.lines


def _faults(columns: dict[str, list[Any]], index: int, known: Known) -> Iterable[tuple[str, str]]:
    project, line, stage = columns["project"][index], columns["line"][index], columns["stage"][index]
    if known.is_unknown("projects", project):
        yield "project", unknown(project)
    elif (project, line) not in known.lines:
        if ("projects", project) not in known.refused and ("gain_lines", project, line) not in known.refused:
            yield "line", unknown(line)
    elif known.lines[project, line].nature == Nature.COST and columns["amount"][index] > 0:
        yield "amount", _("« %(value)s » d’une hausse de coût; 0 ou moins attendu") % {"value": columns["amount"][index]}
    elif stage == Stage.CAPTURED and known.lines[project, line].nature not in CAPTURABLE:
        yield (
            "stage",
            _("« captured » d’un coût évité ou d’une productivité; autre stade attendu"),
        )
    if columns["period_end"][index] < columns["period_start"][index]:
        yield "period_end", _("avant le début de la période; fin au début ou après attendue")
    if stage == Stage.VERIFIED and not columns["evidence"][index]:
        yield "evidence", _("vide d’un gain vérifié; preuve attendue")


def _held(known: Known, lines: set[LineKey]) -> dict[Identity, list[Version]]:
    """What the database knows of the gains of some lines, each identity's amounts in the order in which they were known."""
    keys = {known.lines[key].pk: key for key in lines if known.lines[key].pk}
    found: dict[Identity, list[Version]] = defaultdict(list)
    if not keys:
        return found
    order = ("recorded_at", "pk")
    gains = Gain.objects.filter(project__reference__in={project for project, _line in keys.values()}).order_by(*order)
    names = ("line_id", "period_start", "period_end", "recorded_at", "amount")
    for stage, line, start, end, when, amount in gains.values_list("stage", *names).iterator():
        if line in keys:
            found[keys[line], stage, start, end].append((when, amount))
    forecasts = ForecastGain.objects.filter(line__in=list(keys)).order_by(*order)
    for line, start, end, when, amount in forecasts.values_list(*names).iterator():
        found[keys[line], Stage.FORECAST, start, end].append((when, amount))
    return found


def _fresh(table: Table, places: list[int], held: list[Version], problems: Problems) -> list[int]:
    """The rows of one identity that are not there yet."""
    said, amounts = table.columns["recorded_at"], table.columns["amount"]
    seen: dict[Version, int] = {}
    fresh = []
    present = set(held)
    undated = [index for index in places if said[index] is None]
    settled = bool(undated and held and held[-1][1] == amounts[undated[-1]])  # an empty date says what is known now
    for index in places:
        version = (said[index], amounts[index])
        if version in seen:
            what = repeated(str(version[1]), table.numbers[seen[version]])
            problems.add(table.file, table.numbers[index], "amount", what)
        elif not (version in present or (version[0] is None and settled)):
            fresh.append(index)
        seen.setdefault(version, index)
    return fresh


def _check_followed(table: Table, fresh: list[int], known: Known, problems: Problems) -> None:
    """Of a project of the portal, the plan keeps its forecasts, and what its reports cover changes by the acts of the portal alone."""
    columns = table.columns
    ours = [index for index in fresh if known.projects[columns["project"][index]].imported_at is None]
    covered: dict[int, list[tuple[date, date, str]]] = defaultdict(list)
    lines = {known.lines[columns["project"][index], columns["line"][index]].pk for index in ours}
    reports = GainReport.objects.filter(line__in=lines).order_by("period_start", "pk")
    for line, first, last, number in reports.values_list("line", "period_start", "period_end", "number"):
        covered[line].append((first, last, number))
    for index in ours:
        if columns["stage"][index] == Stage.FORECAST:
            what = _("« forecast » d’un plan de gains suivi dans le portail; autre stade attendu")
            problems.add(table.file, table.numbers[index], "stage", what)
            continue
        start, end = columns["period_start"][index], columns["period_end"][index]
        line = known.lines[columns["project"][index], columns["line"][index]].pk
        for number in [number for first, last, number in covered[line] if first <= end and start <= last][:1]:
            what = _("des jours de la période sont déclarés dans le portail (%(number)s); autre période attendue")
            problems.add(table.file, table.numbers[index], "period_start", what % {"number": number})


def _check_captured(table: Table, versions: dict[Identity, list[int]], held: dict[Identity, list[Version]], problems: Problems) -> None:
    """A captured amount is at most what was verified of the same line and period, as known by then; of no verified row of that very
    period, what was verified of the periods that it touches. Of a loss, or of a cost, nothing or a part of it is captured."""
    verified = _verified(table, versions, held)
    said, amounts = table.columns["recorded_at"], table.columns["amount"]
    for (line, stage, start, end), places in versions.items():
        if stage != Stage.CAPTURED:
            continue
        periods = verified.get(line, {})
        same = periods.get((start, end))
        found = [same] if same else [each for (first, last), each in periods.items() if first <= end and start <= last]
        for index in places:
            most = max(sum((_by_then(each, said[index] or _LATEST) for each in found), NOTHING), NOTHING)
            if amounts[index] > most:
                what = _("« %(value)s » capté; au plus le gain vérifié de la même période, %(most)s, attendu")
                problems.add(table.file, table.numbers[index], "amount", what % {"value": amounts[index], "most": most})


def _verified(
    table: Table, versions: dict[Identity, list[int]], held: dict[Identity, list[Version]]
) -> dict[LineKey, dict[tuple[date, date], list[tuple[datetime, Decimal]]]]:
    """What was verified of each line and period, in the order in which it was known."""
    said, amounts = table.columns["recorded_at"], table.columns["amount"]
    found: dict[LineKey, dict[tuple[date, date], list[tuple[datetime, Decimal]]]] = defaultdict(dict)
    for identity in versions.keys() | held.keys():
        line, stage, start, end = identity
        if stage == Stage.VERIFIED:
            known = [(when or _LATEST, amount) for when, amount in held.get(identity, [])]
            known += [(said[index] or _LATEST, amounts[index]) for index in versions.get(identity, [])]
            found[line][start, end] = sorted(known, key=lambda version: version[0])
    return found


def _by_then(known: list[tuple[datetime, Decimal]], when: datetime) -> Decimal:
    """The amount known at an instant, or the first one when it was known later."""
    return next((amount for at, amount in reversed(known) if at <= when), known[0][1])
