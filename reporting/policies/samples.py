"""Who draws a sample and examines its items. An auditor reads samples and sees what a seed would draw, and writes nothing (SD-9)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import YES, Verdict
from funding.policies.separation import free_to_judge
from projects.enums import Role
from projects.models import User
from projects.policies.rules import Subject, rule
from reporting.models import GainSampleItem


@rule(
    Role.GAIN_VERIFIER,
    says=gettext_lazy("La vérification des gains tire et conserve un échantillon de gains déclarés."),
    subject=Subject.GAINS,
)
def draw_sample(actor: User, now: datetime, call: int | None = None) -> Verdict:
    """A verifier; one whose role is limited to a call draws from that call."""
    return YES


@rule(
    Role.GAIN_VERIFIER,
    says=gettext_lazy("Une personne de la vérification des gains inscrit ce qu’elle a constaté sur un gain d’un échantillon."),
    subject=Subject.GAINS,
)
def examine_item(actor: User, item: GainSampleItem, now: datetime) -> Verdict:
    """A verifier who is neither recused of the file nor its adviser."""
    return free_to_judge(actor, item.gain.project.application_id or 0)
