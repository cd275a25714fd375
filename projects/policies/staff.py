"""Who reads the files of every organisation."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from fondsinnovation.kit.verdict import Verdict, check
from projects.enums import Role
from projects.models import User
from projects.policies.rights import STAFF_ROLES, rights_of

READERS = STAFF_ROLES | {Role.AUDITOR}


def read_files(actor: User, now: datetime, call: int | None = None) -> Verdict:
    """The Secretariat, its controls and its auditors; a recusal still hides a file from any of them.

    With `call`, the files of that call; without it some files at least: which ones, the queries say (`read_as_staff`).
    """
    rights = rights_of(actor, now)
    reads = rights.has_somewhere(*READERS) if call is None else rights.has(*READERS, call=call)
    return check(reads, _("Cette page est réservée au personnel du Secrétariat et à l’audit."))
