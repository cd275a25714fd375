"""Organisations, calls, projects and gain lines of a package: new ones, those that are there, and what contradicts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from projects.enums import PROJECT_MOVES, CallState, ProjectState
from projects.models import Call, GainLine, Organisation, Project
from projects.models.organisations import sort_key
from reporting.importing.known import Known
from reporting.importing.plan import Plan, different, repeated, tally, unknown
from reporting.importing.tables import NAMED, Problems, Table

#: what a later package may say anew of a project that was imported: it goes on, and ends
MOVING = ("signed_on", "starts_on", "ends_on", "status")


def _contradictions(row: Mapping[str, Any], held: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where a row says something else than what is held under its identity, by column."""
    return [(name, different(row[name], value)) for name, value in held.items() if row[name] != value]


class _Rows:
    """The rows of one table, each identity once."""

    def __init__(self, table: Table, known: Known, problems: Problems) -> None:
        self.table, self.known, self.problems = table, known, problems
        self.identity = NAMED[table.noun]

    def __iter__(self):
        seen: dict[Any, int] = {}
        for number, row in self.table.rows():
            key = tuple(row[name] for name in self.identity)
            if key in seen:
                self.refuse(number, self.identity[-1], repeated(" / ".join(key), seen[key]))
                continue
            seen[key] = number
            yield number, row

    def refuse(self, number: int, column: str, what: str) -> None:
        self.problems.add(self.table.file, number, column, what)

    def refer(self, number: int, row: Mapping[str, Any], column: str, noun: str) -> bool:
        """Whether what a column names exists; a column left empty names nothing."""
        if row[column] is None or self.known.has(noun, row[column]):
            return True
        if self.known.is_unknown(noun, row[column]):
            self.refuse(number, column, unknown(row[column]))
        return False


def check_organisations(table: Table, known: Known, plan: Plan, problems: Problems) -> None:
    rows = _Rows(table, known, problems)
    for number, row in rows:
        rows.refer(number, row, "region", "regions")
        if held := known.organisations.get(row["code"]):
            said = {"name": held.name, "kind": held.kind, "fiscal_calendar": held.fiscal_calendar, "region": held.region_id}
            if row["region"] is None:
                said.pop("region")
            for column, what in _contradictions(row, said):
                rows.refuse(number, column, what)
            continue
        made = Organisation(
            code=row["code"],
            name=row["name"],
            sort_key=sort_key(row["name"]),
            kind=row["kind"],
            fiscal_calendar=row["fiscal_calendar"],
            region_id=row["region"],
        )
        known.organisations[made.code] = made
        plan.organisations.append(made)
    tally(plan, table, plan.organisations)


def check_calls(table: Table, known: Known, plan: Plan, problems: Problems) -> None:
    rows = _Rows(table, known, problems)
    for number, row in rows:
        if row["closes_at"] <= row["opens_at"]:
            rows.refuse(number, "closes_at", _("avant l’ouverture ou au même instant; fermeture après l’ouverture attendue"))
        if held := known.calls.get(row["reference"]):
            said = {"title": held.title, "envelope": held.envelope, "opens_at": held.opens_at, "closes_at": held.closes_at}
            for column, what in _contradictions(row, said):
                rows.refuse(number, column, what)
            continue
        made = Call(
            reference=row["reference"],
            title=row["title"],
            purpose=_("Appel repris de l’historique du Fonds."),
            envelope=row["envelope"],
            state=CallState.ENDED,
            opens_at=row["opens_at"],
            closes_at=row["closes_at"],
            created_at=known.now,
            imported_at=known.now,
        )
        known.calls[made.reference] = made
        plan.calls.append(made)
    tally(plan, table, plan.calls)


def check_projects(table: Table, known: Known, plan: Plan, problems: Problems) -> None:
    rows = _Rows(table, known, problems)
    for number, row in rows:
        exists = [rows.refer(number, row, "call", "calls"), rows.refer(number, row, "organisation", "organisations")]
        exists.append(rows.refer(number, row, "region", "regions"))
        if row["starts_on"] and row["ends_on"] and row["ends_on"] < row["starts_on"]:
            rows.refuse(number, "ends_on", _("avant le début; fin après le début attendue"))
        if row["reference"] in known.hidden:
            rows.refuse(
                number, "reference", _("« %(value)s » n’est pas à reprendre ici; autre référence attendue") % {"value": row["reference"]}
            )
        elif not all(exists):
            known.refused.add(("projects", row["reference"]))
        elif held := known.projects.get(row["reference"]):
            _bring_up_to_date(held, row, plan, rows, number)
        else:
            made = _project(row, known)
            known.projects[made.reference] = made
            plan.projects.append(made)
    tally(plan, table, plan.projects, plan.changed_projects)


def _project(row: Mapping[str, Any], known: Known) -> Project:
    made = Project(
        reference=row["reference"],
        region_id=row["region"],
        title=row["title"],
        modality=row["modality"],
        state=row["status"],
        decided_on=row["decided_on"],
        signed_on=row["signed_on"],
        starts_on=row["starts_on"],
        ends_on=row["ends_on"],
        imported_at=known.now,
    )
    made.call, made.organisation = known.calls[row["call"]], known.organisations[row["organisation"]]
    return made


def _bring_up_to_date(held: Project, row: Mapping[str, Any], plan: Plan, rows: _Rows, number: int) -> None:
    """A project that is there keeps what it is; an imported one may be signed, begin and end."""
    fixed = {
        "call": held.call.reference,
        "organisation": held.organisation.code,
        "title": held.title,
        "modality": held.modality,
        "region": held.region_id,
        "decided_on": held.decided_on,
    }
    moving = {"signed_on": held.signed_on, "starts_on": held.starts_on, "ends_on": held.ends_on, "status": held.state}
    for name in ("signed_on", "starts_on"):
        if held.imported_at is None or moving[name] is not None:
            fixed[name] = moving.pop(name)
    if held.imported_at is None or row["status"] not in {held.state, *PROJECT_MOVES[ProjectState(held.state)]}:
        fixed["status"] = moving.pop("status")
    if held.imported_at is None:
        fixed |= moving
    wrong = _contradictions(row, fixed)
    for column, what in wrong:
        rows.refuse(number, column, what)
    if not wrong and any(row[name] != value for name, value in moving.items()):
        held.signed_on, held.starts_on, held.ends_on, held.state = (row[name] for name in MOVING)
        plan.changed_projects.append(held)


def check_lines(table: Table, known: Known, plan: Plan, problems: Problems) -> None:
    rows = _Rows(table, known, problems)
    for number, row in rows:
        exists = [rows.refer(number, row, "project", "projects"), rows.refer(number, row, "organisation", "organisations")]
        key = (row["project"], row["line"])
        if not all(exists):
            known.refused.add(("gain_lines", *key))
        elif held := known.lines.get(key):
            said = {"nature": held.nature, "recurrence": held.recurrence, "organisation": held.organisation.code, "title": held.title}
            for column, what in _contradictions(row, said):
                rows.refuse(number, column, what)
        elif known.projects[row["project"]].imported_at is None:
            known.refused.add(("gain_lines", *key))
            rows.refuse(
                number, "line", _("« %(value)s » n’est pas au plan de gains du projet; ligne du plan attendue") % {"value": row["line"]}
            )
        else:
            made = GainLine(code=row["line"], title=row["title"], nature=row["nature"], recurrence=row["recurrence"])
            made.organisation = known.organisations[row["organisation"]]
            known.lines[key] = made
            plan.lines.append((row["project"], made))
    tally(plan, table, plan.lines)
