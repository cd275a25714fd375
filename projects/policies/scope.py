"""Which call a row belongs to: a role limited to one call counts on the files of that call only."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from django.db.models import Model

#: kind of row → the way from it to the call of its file
WAYS = {
    "projects.application": "call_id",
    "projects.call": "pk",
    "projects.interestdeclaration": "application.call_id",
    "projects.project": "call_id",
    "funding.agreement": "project.call_id",
    "funding.amendment": "agreement.project.call_id",
    "funding.award": "application.call_id",
    "funding.claim": "instalment.agreement.project.call_id",
    "funding.eligibility": "application.call_id",
    "funding.instalment": "agreement.project.call_id",
    "funding.milestone": "agreement.project.call_id",
    "funding.paymenthold": "agreement.project.call_id",
    "funding.payment": "instalment.agreement.project.call_id",
    "funding.signedcopy": "agreement.project.call_id",
    "funding.recovery": "agreement.project.call_id",
    "funding.recoveryreceipt": "recovery.agreement.project.call_id",
    "funding.review": "application.call_id",
    "funding.writeoff": "recovery.agreement.project.call_id",
    "reporting.followupreport": "project.call_id",
    "reporting.gainreport": "project.call_id",
    "reporting.overlap": "first_project.call_id",
    "reporting.gainrestatement": "report.project.call_id",
    "reporting.renewal": "project.call_id",
    "reporting.gainsampleitem": "gain.project.call_id",
}


def call_of(row: Any) -> int:
    """The call of the file that a row belongs to. Raises KeyError for a row that belongs to no file."""
    found: int = attrgetter(WAYS[row._meta.label_lower])(row)
    return found


def scope_of(given: Iterable[Any]) -> int | None:
    """The call of the first row among these that belongs to a file, or None."""
    return next((call_of(one) for one in given if isinstance(one, Model) and one._meta.label_lower in WAYS), None)
