"""Roles that one person never holds on the same day, whatever the organisation or unit (domain: SD-3, SD-5, SD-6, SD-7, SD-9, SD-10).

What depends on the file (who recommended it, who reported the gain) is held by the acts of that file; this table is about the person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import YES, Verdict, possible
from projects.enums import APPLICANT_ROLES, Role
from projects.models import Membership

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Separation:
    """One role of each set is too much for one person: anywhere, or only within one organisation."""

    code: str
    ones: frozenset[Role]
    others: frozenset[Role]
    reason: Text
    same_organisation: bool = False

    def pairs(self) -> Iterator[tuple[Role, Role]]:
        """Each pair once, in a fixed order."""
        for one in Role:
            for other in Role:
                if one in self.ones and other in self.others and one != other:
                    yield one, other


def _roles(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


_EVERY = frozenset(Role)
#: roles that only read: an auditor may hold one of them
_READING = _roles(Role.STATISTICIAN, Role.ARCHIVIST)

SEPARATIONS: tuple[Separation, ...] = (
    Separation(
        "SD-3", _roles(Role.REVIEWER, Role.COMMITTEE_MEMBER, Role.COMMITTEE_SECRETARY), APPLICANT_ROLES,
        gettext_lazy("qui évalue les demandes n’en prépare pas pour un organisme"),
    ),
    Separation(
        "SD-5", _roles(Role.CONTROLLER), _roles(Role.COMMITTEE_SECRETARY, Role.DIRECTOR, Role.HEAD, Role.MINISTER_DELEGATE),
        gettext_lazy("qui certifie la disponibilité budgétaire ne recommande ni n’approuve"),
    ),
    Separation(
        "SD-6", _roles(Role.PAYMENT_REQUESTER), _roles(Role.CONTROLLER, Role.PAYMENT_AUTHORISER),
        gettext_lazy("un paiement demande trois personnes : qui le demande, qui le certifie, qui l’autorise"),
    ),
    Separation(
        "SD-6", _roles(Role.CONTROLLER), _roles(Role.PAYMENT_AUTHORISER),
        gettext_lazy("un paiement demande trois personnes : qui le demande, qui le certifie, qui l’autorise"),
    ),
    Separation(
        "SD-7", _roles(Role.GAIN_VERIFIER), APPLICANT_ROLES,
        gettext_lazy("qui vérifie les gains vient d’en dehors de l’organisme"), same_organisation=True,
    ),
    Separation(
        "SD-9", _roles(Role.AUDITOR), _EVERY - _READING - {Role.AUDITOR, Role.TECHNICAL_ADMIN},
        gettext_lazy("l’audit n’a aucun rôle qui agit"),
    ),
    Separation(
        "SD-10", _roles(Role.TECHNICAL_ADMIN), _EVERY - {Role.TECHNICAL_ADMIN},
        gettext_lazy("l’administration technique n’a aucun autre rôle"),
    ),
)  # fmt: skip


def separation_of(one: str, other: str, *, same_organisation: bool) -> Separation | None:
    """The separation that two roles of one person would break, if any."""
    for rule in SEPARATIONS:
        if rule.same_organisation and not same_organisation:
            continue
        if {(one, other), (other, one)} & {(str(a), str(b)) for a, b in rule.pairs()}:
            return rule
    return None


def holds_nothing_incompatible(
    person_id: int, role: str, organisation_id: int, starts_on: date, ends_on: date | None, *, besides: int | None = None
) -> Verdict:
    """A role is refused to a person who holds an incompatible one on a day of it; `besides`: the membership whose days change."""
    held = Membership.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on), person=person_id, revoked_at=None)
    if besides is not None:
        held = held.exclude(pk=besides)
    if ends_on is not None:
        held = held.filter(starts_on__lte=ends_on)
    for other, where in held.order_by("pk").values_list("role", "organisation_id"):
        rule = separation_of(role, other, same_organisation=where == organisation_id)
        if rule is not None:
            words = {"role": Role(role).label, "other": Role(other).label, "reason": rule.reason, "code": rule.code}
            said = _("Les rôles « %(role)s » et « %(other)s » ne se cumulent pas aux mêmes dates : %(reason)s (%(code)s).")
            return possible(False, said % words)
    return YES
