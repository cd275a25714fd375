"""Who reads the verifier's desk, and what it says of each row: the rule of `verify_gain` over a whole page, without a query a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import YES, Verdict, check, first_no
from projects.enums import Role
from projects.models import User
from projects.policies.rules import RULES, Subject, rule
from reporting.models import GainReport
from reporting.policies.gains import apart_from


@rule(
    Role.GAIN_VERIFIER,
    Role.AUDITOR,
    says=gettext_lazy("La vérification des gains et l’audit lisent ce qui attend une vérification, les échantillons et leur couverture."),
    subject=Subject.GAINS,
    acts=(),
    refusal=gettext_lazy("Cette page est réservée à la vérification des gains et à l’audit."),
    lists=True,
)
def read_desk(actor: User, now: datetime) -> Verdict:
    """The verifiers, on the files of their calls, and the auditors, who only read."""
    return YES


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a person: the organisations they ever belonged to, the files that they accompany or did, the reports of which
    they recorded a capture."""

    organisations: frozenset[int]
    advised: frozenset[int]
    captured: frozenset[int]


def may_verify(actor: User, report: GainReport, now: datetime, known: Known) -> Verdict:
    """What `verify_gain` answers, from what is already known; a file behind a recusal is on no page."""
    belonged = bool(known.organisations & {report.project.organisation_id, report.line.organisation_id})
    return first_no(
        RULES["verify_gain"].by_role(actor, now, None, report.project.call_id),
        apart_from(report, actor, belonged=belonged, captured=report.pk in known.captured),
        check(
            report.project.application_id not in known.advised,
            _("Vous accompagnez ou avez accompagné ce dossier; une autre personne doit agir."),
        ),
    )
