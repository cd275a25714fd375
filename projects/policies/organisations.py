"""Who keeps the register of organisations, and what one that has ended may no longer do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.verdict import Verdict, check, first_no, possible
from fondsinnovation.templatetags.typography import long_date
from projects.enums import Role
from projects.models import Organisation
from projects.policies.rights import needs_role


def create_organisation(actor: Any, now: datetime) -> Verdict:
    """The director or an officer adds an organisation to the register."""
    return needs_role(actor, now, Role.OFFICER, Role.DIRECTOR)


def rename_organisation(actor: Any, organisation: Organisation, now: datetime) -> Verdict:
    """The director or an officer records the new name of an organisation whose end is not recorded."""
    return first_no(needs_role(actor, now, Role.OFFICER, Role.DIRECTOR), _has_no_end(organisation))


def correct_organisation(actor: Any, organisation: Organisation, now: datetime) -> Verdict:
    """The director or an officer corrects the facts of an organisation, even of one that has ended."""
    return needs_role(actor, now, Role.OFFICER, Role.DIRECTOR)


def merge_organisations(actor: Any, organisation: Organisation, now: datetime) -> Verdict:
    """Only the director merges an organisation into another, and only one whose end is not recorded."""
    return first_no(needs_role(actor, now, Role.DIRECTOR), _has_no_end(organisation))


def abolish_organisation(actor: Any, organisation: Organisation, now: datetime) -> Verdict:
    """Only the director records that an organisation is abolished, and only one whose end is not recorded."""
    return first_no(needs_role(actor, now, Role.DIRECTOR), _has_no_end(organisation))


def begin_anything(organisation: Organisation, now: datetime) -> Verdict:
    """An application is begun and a role given while the organisation exists, neither before nor after."""
    day = timezone.localdate(now)
    if organisation.has_ended(day):
        return possible(False, _ended(organisation))
    reason = _("Cet organisme n’existe pas encore : il sera en vigueur le %(day)s.")
    return possible(organisation.is_in_force(day), reason % {"day": long_date(organisation.valid_from or day)})


def export_organisations(actor: Any, now: datetime) -> Verdict:
    """Anyone who is signed in takes the list of organisations: it holds public facts only."""
    return check(getattr(actor, "is_active", False), _("Cette liste est réservée aux personnes qui ont un compte actif."))


def _has_no_end(organisation: Organisation) -> Verdict:
    return possible(organisation.valid_to is None, _ended(organisation) if organisation.valid_to else "")


def _ended(organisation: Organisation) -> str:
    facts = {"day": long_date(organisation.valid_to), "successor": organisation.successor.name if organisation.successor else ""}
    if organisation.successor:
        return _("Cet organisme est en vigueur jusqu’au %(day)s; %(successor)s lui succède.") % facts
    return _("Cet organisme est en vigueur jusqu’au %(day)s.") % facts
