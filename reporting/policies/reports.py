"""Who reads the reports of the Fund, has them computed, and takes them out of the portal."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.verdict import YES, Verdict
from projects.enums import Role
from projects.models import User
from projects.policies.rights import STAFF_ROLES, needs_role
from projects.policies.rules import Subject, rule
from reporting.catalogue import REPORTS
from reporting.columns import Report

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


def _catalogue_readers() -> frozenset[Role]:
    return READERS.union(*(report.readers or () for report in REPORTS.values()))


@rule(
    *sorted(_catalogue_readers()),
    says=_("Qui lit un rapport au moins en ouvre la liste et suit un calcul."),
    subject=Subject.REPORTS,
    acts=(),
    refusal=_NOT_YOURS,
)
def read_catalogue(actor: User, now: datetime) -> Verdict:
    """Whoever reads one report at least opens the list of them, and follows a computation."""
    return YES


def read_report(actor: User, report: Report, now: datetime) -> Verdict:
    """Readers of the reports read each of them, but a report about people: that one has its own readers."""
    if report.readers is None:
        return read_reports(actor, now)
    return needs_role(actor, now, *(role for role in Role if role in report.readers))


@rule(
    *sorted(_catalogue_readers()),
    says=_("Qui lit un rapport peut en demander le calcul à d’autres dates : un calcul ne change aucun fait."),
    subject=Subject.REPORTS,
    acts=("ask_recompute",),
    refusal=_NOT_YOURS,
)
def compute_report(actor: User, now: datetime) -> Verdict:
    """Whoever reads a report may ask for it at other dates: computing changes no fact."""
    return YES


@rule(
    *sorted(_catalogue_readers()),
    says=_("Qui lit un rapport peut l’exporter; le journal dit qui l’a pris. Un rapport sur les personnes a ses propres lecteurs."),
    subject=Subject.REPORTS,
    acts=("keep_export",),
    refusal=_NOT_YOURS,
)
def export_report(actor: User, report: Report, now: datetime) -> Verdict:
    """Whoever reads a report may take it; the journal says who did."""
    return read_report(actor, report, now)
