"""Who reads the files of every organisation."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.verdict import YES, Verdict
from projects.enums import Role
from projects.models import User
from projects.policies.rights import STAFF_ROLES
from projects.policies.rules import Subject, rule

READERS = STAFF_ROLES | {Role.AUDITOR}


@rule(
    *sorted(READERS),
    says=_("Le personnel du Secrétariat, ses contrôles et l’audit lisent les demandes déposées et en exportent la liste, sauf récusation."),
    subject=Subject.APPLICATIONS,
    acts=("export_applications",),
    refusal=_("Cette page est réservée au personnel du Secrétariat et à l’audit."),
    lists=True,
)
def read_files(actor: User, now: datetime, call: int | None = None) -> Verdict:
    """The Secretariat, its controls and its auditors; a recusal still hides a file from any of them.

    With `call`, the files of that call; without it some files at least: which ones, the queries say (`read_as_staff`).
    """
    return YES
