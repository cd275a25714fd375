"""Who reads what a call or an organisation gave back. A project's own page follows the project: who sees it reads its gains."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.verdict import YES, Verdict
from projects.enums import APPLICANT_ROLES
from projects.models import Call, Organisation, User
from projects.policies.rules import Subject, rule
from reporting.policies.reports import READERS


@rule(
    *sorted(READERS),
    says=_("Le personnel du Secrétariat, ses contrôles et l’audit lisent le rendement d’un appel dans la portée de leur rôle."),
    subject=Subject.REPORTS,
    acts=(),
    refusal=_("Le rendement d’un appel est réservé au personnel du Secrétariat et à l’audit."),
)
def read_call_returns(actor: User, asked: Call, now: datetime) -> Verdict:
    """Readers of the reports; one whose role is limited to a call reads that call's page and no other."""
    return YES


@rule(
    *sorted(READERS),
    inside=APPLICANT_ROLES,
    of=lambda organisation: organisation.pk,
    says=_("Le personnel du Secrétariat, ses contrôles et l’audit lisent le rendement d’un organisme; un organisme lit le sien."),
    subject=Subject.REPORTS,
    acts=(),
    refusal=_("Le rendement d’un organisme est réservé à ses membres, au personnel du Secrétariat et à l’audit."),
)
def read_organisation_returns(actor: User, organisation: Organisation, now: datetime) -> Verdict:
    """Readers of the reports, and those whose role in the organisation is not limited to one call: the figures add all its projects."""
    return YES
