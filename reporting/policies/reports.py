"""Who reads the reports of the Fund, has them computed, and takes them out of the portal."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from fondsinnovation.kit.verdict import Verdict, check
from projects.enums import Role
from projects.models import User
from projects.policies.rights import STAFF_ROLES, needs_role, rights_of
from reporting.catalogue import REPORTS, Report

READERS = STAFF_ROLES | {Role.AUDITOR}


def read_reports(actor: User, now: datetime) -> Verdict:
    """The Secretariat, its controls and its auditors; an applicant reads the gains of its own projects elsewhere."""
    return check(rights_of(actor, now).has(*READERS), _("Les rapports du Fonds sont réservés au personnel du Secrétariat et à l’audit."))


def read_catalogue(actor: User, now: datetime) -> Verdict:
    """Whoever reads one report at least opens the list of them, and follows a computation."""
    readers = READERS.union(*(report.readers or () for report in REPORTS.values()))
    return check(rights_of(actor, now).has(*readers), _("Les rapports du Fonds sont réservés au personnel du Secrétariat et à l’audit."))


def read_report(actor: User, report: Report, now: datetime) -> Verdict:
    """Readers of the reports read each of them, but a report about people: that one has its own readers."""
    if report.readers is None:
        return read_reports(actor, now)
    return needs_role(actor, now, *(role for role in Role if role in report.readers))


def compute_report(actor: User, now: datetime) -> Verdict:
    """Whoever reads a report may ask for it at other dates: computing changes no fact."""
    return read_catalogue(actor, now)


def export_report(actor: User, report: Report, now: datetime) -> Verdict:
    """Whoever reads a report may take it; the journal says who did."""
    return read_report(actor, report, now)
