"""Who keeps the register of organisations, and what one that has ended may no longer do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import YES, Verdict, check, possible
from fondsinnovation.templatetags.typography import long_date
from projects.enums import Role
from projects.models import Organisation
from projects.policies.rules import Subject, rule

#: who keeps the register
KEEPERS = (Role.OFFICER, Role.DIRECTOR)


@rule(*KEEPERS, says=gettext_lazy("La direction ou un agent de programme inscrit un organisme au registre."), subject=Subject.ACCESS)
def create_organisation(actor: Any, now: datetime) -> Verdict:
    """The director or an officer adds an organisation to the register."""
    return YES


@rule(
    *KEEPERS,
    says=gettext_lazy("La direction ou un agent de programme inscrit le nouveau nom d’un organisme en vigueur."),
    subject=Subject.ACCESS,
)
def rename_organisation(actor: Any, organisation: Organisation, now: datetime) -> Verdict:
    """The director or an officer records the new name of an organisation whose end is not recorded."""
    return _has_no_end(organisation)


@rule(
    *KEEPERS, says=gettext_lazy("La direction ou un agent de programme corrige les renseignements d’un organisme."), subject=Subject.ACCESS
)
def correct_organisation(actor: Any, organisation: Organisation, now: datetime) -> Verdict:
    """The director or an officer corrects the facts of an organisation, even of one that has ended."""
    return YES


@rule(Role.DIRECTOR, says=gettext_lazy("La direction seule inscrit la fusion d’un organisme avec un autre."), subject=Subject.ACCESS)
def merge_organisations(actor: Any, organisation: Organisation, now: datetime) -> Verdict:
    """Only the director merges an organisation into another, and only one whose end is not recorded."""
    return _has_no_end(organisation)


@rule(Role.DIRECTOR, says=gettext_lazy("La direction seule inscrit l’abolition d’un organisme."), subject=Subject.ACCESS)
def abolish_organisation(actor: Any, organisation: Organisation, now: datetime) -> Verdict:
    """Only the director records that an organisation is abolished, and only one whose end is not recorded."""
    return _has_no_end(organisation)


def begin_anything(organisation: Organisation, now: datetime) -> Verdict:
    """An application is begun and a role given while the organisation exists, neither before nor after."""
    day = timezone.localdate(now)
    if organisation.has_ended(day):
        return possible(False, _ended(organisation))
    reason = _("Cet organisme n’existe pas encore : il sera en vigueur le %(day)s.")
    return possible(organisation.is_in_force(day), reason % {"day": long_date(organisation.valid_from or day)})


@rule(
    says=gettext_lazy("Toute personne qui a un compte prend la liste des organismes : elle ne contient que des faits publics."),
    subject=Subject.ACCESS,
)
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
