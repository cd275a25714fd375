"""Who reads the reports of the Fund, has them computed, and takes them out of the portal."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from fondsinnovation.kit.verdict import Verdict, check
from projects.enums import Role
from projects.models import User
from projects.policies.rights import STAFF_ROLES, rights_of

READERS = STAFF_ROLES | {Role.AUDITOR}


def read_reports(actor: User, now: datetime) -> Verdict:
    """The Secretariat, its controls and its auditors; an applicant reads the gains of its own projects elsewhere."""
    return check(rights_of(actor, now).has(*READERS), _("Les rapports du Fonds sont réservés au personnel du Secrétariat et à l’audit."))


def compute_report(actor: User, now: datetime) -> Verdict:
    """Whoever reads a report may ask for it at other dates: computing changes no fact."""
    return read_reports(actor, now)


def export_report(actor: User, now: datetime) -> Verdict:
    """Whoever reads a report may take it; the journal says who did."""
    return read_reports(actor, now)
