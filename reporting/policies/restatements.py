"""Who restates a gain, co-signs its restatement, and corrects a capture under it (SD-7, SD-8)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import WrongState
from fondsinnovation.kit.verdict import Verdict, check, first_no
from projects.enums import Role
from projects.models import User
from projects.policies.interests import not_recused
from projects.policies.rules import Subject, rule
from reporting.enums import GainReportState
from reporting.models import GainReport, GainRestatement
from reporting.policies.gains import took_signature, verified


@rule(
    inside=(Role.WRITER, Role.FINANCE_RESPONDENT),
    of=lambda report: report.project.organisation_id,
    says=gettext_lazy("La rédaction ou la répondance financière de l’organisme bénéficiaire redresse un gain vérifié ou capté."),
    subject=Subject.GAINS,
)
def restate_gain(actor: User, report: GainReport, now: datetime) -> Verdict:
    """A writer or the finance respondent of the beneficiary says that a verified gain is another amount."""
    return not_recused(actor, report.project.application_id or 0)


@rule(
    inside=(Role.FINANCE_RESPONDENT,),
    of=lambda restatement: restatement.report.project.organisation_id,
    says=gettext_lazy("La répondance financière de l’organisme bénéficiaire cosigne un redressement qu’une autre personne a inscrit."),
    subject=Subject.GAINS,
)
def cosign_restatement(actor: User, restatement: GainRestatement, now: datetime) -> Verdict:
    """The finance respondent of the beneficiary, who did not restate it."""
    return first_no(
        check(restatement.restated_by_id != actor.pk, _("Vous avez inscrit ce redressement; une autre personne doit le cosigner.")),
        not_recused(actor, restatement.report.project.application_id or 0),
    )


@rule(
    Role.CONTROLLER,
    inside=(Role.FINANCE_RESPONDENT,),
    of=lambda report: report.line.organisation_id,
    says=gettext_lazy(
        "La répondance financière de l’organisme porteur ou le contrôle financier corrige la captation d’un gain redressé, "
        "sans avoir signé ni vérifié."
    ),
    subject=Subject.GAINS,
    refusal=gettext_lazy("La captation revient à la répondance financière de l’organisme porteur ou au contrôle financier du Secrétariat."),
)
def correct_capture(actor: User, report: GainReport, now: datetime) -> Verdict:
    """Those who capture: the bearer's finance respondent or the controller, who signed no version of the gain and did not verify it."""
    return first_no(
        check(not took_signature(actor, report), _("Vous avez déclaré ou cosigné ce gain; une autre personne doit corriger sa captation.")),
        check(not verified(actor, report), _("Vous avez vérifié ce gain; une autre personne doit corriger sa captation.")),
        not_recused(actor, report.project.application_id or 0),
    )


def is_captured(report: GainReport) -> bool:
    """Whether a restated gain still has a capture that its next verification must stay above."""
    return report.state == GainReportState.TO_REVERIFY and report.captured_amount is not None


def require_captured(report: GainReport) -> None:
    if not is_captured(report):
        raise WrongState(_("Une captation se corrige quand son gain est redressé, avant qu’il soit vérifié de nouveau."))
