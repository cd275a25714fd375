"""A package against the database: everything that is wrong with it, or the plan of what it would write. Reads only."""

from __future__ import annotations

from datetime import datetime

from projects.models import User
from reporting.importing.allotments import check_allotments
from reporting.importing.gains import check_gains
from reporting.importing.identities import check_calls, check_lines, check_organisations, check_projects
from reporting.importing.known import known_of
from reporting.importing.money import check_movements, check_plain
from reporting.importing.plan import Plan
from reporting.importing.reading import Package
from reporting.importing.tables import Problems

#: nouns that are checked one by one, in the order in which they may refer to each other
_CHECKS = {
    "organisations": check_organisations,
    "allotments": check_allotments,
    "calls": check_calls,
    "projects": check_projects,
    "cofunding": check_plain,
    "gain_lines": check_lines,
    "gains": check_gains,
    "secretariat_costs": check_plain,
}


def examine(package: Package, *, now: datetime, person: User | None = None) -> Plan:
    """The plan of an import known from `now` on. `person`: who imports, for what a recusal hides from them.

    Raises Refused, one line a problem, all of them at once.
    """
    known = known_of(package, now, person)
    problems, plan = Problems([line for table in package.values() for line in table.problems.lines]), Plan(known)
    for noun, check in _CHECKS.items():
        if noun in package:
            check(package[noun], known, plan, problems)
    check_movements([package[noun] for noun in ("commitments", "payments") if noun in package], known, plan, problems)
    problems.refuse()
    order = list(package)
    plan.tallies.sort(key=lambda tally: order.index(tally.noun))
    return plan
