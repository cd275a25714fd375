"""Who reads the reports of the Fund, has them computed, and takes them out of the portal."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.verdict import YES, Verdict
from projects.enums import Role
from projects.models import User
from projects.policies.rights import STAFF_ROLES
from projects.policies.rules import Subject, rule

READERS = STAFF_ROLES | {Role.AUDITOR}
_NOT_YOURS = _("Les rapports du Fonds sont réservés au personnel du Secrétariat et à l’audit.")


@rule(
    *sorted(READERS),
    says=_("Le personnel du Secrétariat, ses contrôles et l’audit lisent les rapports du Fonds."),
    subject=Subject.REPORTS,
    acts=(),
    refusal=_NOT_YOURS,
)
def read_reports(actor: User, now: datetime) -> Verdict:
    """The Secretariat, its controls and its auditors; an applicant reads the gains of its own projects elsewhere."""
    return YES


@rule(
    *sorted(READERS),
    says=_("Qui lit un rapport peut en demander le calcul à d’autres dates : un calcul ne change aucun fait."),
    subject=Subject.REPORTS,
    acts=("ask_recompute",),
    refusal=_NOT_YOURS,
)
def compute_report(actor: User, now: datetime) -> Verdict:
    """Whoever reads a report may ask for it at other dates: computing changes no fact."""
    return YES


@rule(
    *sorted(READERS),
    says=_("Qui lit un rapport peut l’exporter; le journal dit qui l’a pris."),
    subject=Subject.REPORTS,
    acts=("keep_export",),
    refusal=_NOT_YOURS,
)
def export_report(actor: User, now: datetime) -> Verdict:
    """Whoever reads a report may take it; the journal says who did."""
    return YES
