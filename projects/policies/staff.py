"""Who reads the files of every organisation."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from fondsinnovation.kit.verdict import Verdict, check
from projects.enums import Role
from projects.models import User
from projects.policies.rights import STAFF_ROLES, rights_of

READERS = STAFF_ROLES | {Role.AUDITOR}


def read_files(actor: User, now: datetime) -> Verdict:
    """The Secretariat, its controls and its auditors; a recusal still hides a file from any of them."""
    return check(rights_of(actor, now).has(*READERS), _("Cette page est réservée au personnel du Secrétariat et à l’audit."))
