"""Who reports, co-signs, verifies and captures a gain (SD-7, SD-8). The state of the report is not asked here: `transition` refuses it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.states import require_move
from fondsinnovation.kit.verdict import Verdict, check, first_no
from funding.policies.separation import free_to_judge
from projects.enums import Nature, Role, Stage
from projects.models import GainLine, JournalEntry, Membership, Project, User
from projects.policies.interests import not_recused
from projects.policies.rules import Subject, rule
from reporting.enums import EXAMINED, GainReportState
from reporting.models import Gain, GainReport, GainRestatement

#: natures that move a budget: the only ones that can be captured
CAPTURABLE = frozenset({Nature.CASH, Nature.REV})


@rule(
    inside=(Role.WRITER, Role.FINANCE_RESPONDENT),
    of=lambda project: project.organisation_id,
    says=gettext_lazy("La rédaction ou la répondance financière de l’organisme bénéficiaire déclare et corrige ses gains."),
    subject=Subject.GAINS,
    acts=("report_gain", "correct_gain", "report_shared_gain", "correct_shared_gain"),
)
def report_gain(actor: User, project: Project, now: datetime) -> Verdict:
    """A writer or the finance respondent of the beneficiary reports and corrects its gains."""
    return not_recused(actor, project.application_id or 0)


@rule(
    inside=(Role.FINANCE_RESPONDENT,),
    of=lambda report: report.project.organisation_id,
    says=gettext_lazy("La répondance financière de l’organisme bénéficiaire cosigne un gain qu’une autre personne a déclaré."),
    subject=Subject.GAINS,
)
def cosign_gain(actor: User, report: GainReport, now: datetime) -> Verdict:
    """The finance respondent of the beneficiary, who is not the reporter."""
    return first_no(
        check(report.reported_by_id != actor.pk, _("Vous avez déclaré ce gain; une autre personne doit le cosigner.")),
        not_recused(actor, report.project.application_id or 0),
    )


@rule(
    Role.GAIN_VERIFIER,
    says=gettext_lazy(
        "Une personne de la vérification des gains vérifie le gain, le rejette ou le retourne, sans avoir jamais été de l’organisme, "
        "ni signé la déclaration, ni accompagné le dossier."
    ),
    subject=Subject.GAINS,
    acts=("verify_gain", "reject_gain", "return_gain"),
)
def verify_gain(actor: User, report: GainReport, now: datetime) -> Verdict:
    """A verifier who never belonged to the beneficiary nor to the line's organisation, did not sign the report nor accompany the file."""
    return first_no(
        apart_from(report, actor, belonged=_belonged(actor, report), captured=captured(actor, report)),
        free_to_judge(actor, report.project.application_id or 0),
    )


def apart_from(report: GainReport, actor: User, *, belonged: bool, captured: bool) -> Verdict:
    """What the report itself says of a verifier: never of its organisations, nor a signer (SD-7), nor who captured it (SD-8)."""
    return first_no(
        check(not belonged, _("Vous êtes ou avez été de l’organisme : une personne de l’extérieur doit vérifier ce gain.")),
        check(actor.pk not in _signed(report), _("Vous avez déclaré ou cosigné ce gain; une autre personne doit le vérifier.")),
        check(not captured, _("Vous avez inscrit la captation de ce gain; une autre personne doit le vérifier.")),
    )


@rule(
    Role.CONTROLLER,
    inside=(Role.FINANCE_RESPONDENT,),
    of=lambda report: report.line.organisation_id,
    says=gettext_lazy(
        "La répondance financière de l’organisme porteur ou le contrôle financier inscrit la captation, sans avoir signé ni vérifié."
    ),
    subject=Subject.GAINS,
    refusal=gettext_lazy("La captation revient à la répondance financière de l’organisme porteur ou au contrôle financier du Secrétariat."),
    role_last=True,
)
def capture_gain(actor: User, report: GainReport, now: datetime) -> Verdict:
    """The bearer's finance respondent who did not sign the report, or the Secretariat's controller; never the verifier."""
    return first_no(
        check(can_be_captured(report.line), _("Seuls une économie encaissable ou un revenu modifient un budget et peuvent être captés.")),
        check(report.verified_amount is None or report.verified_amount > 0, _("Il n’y a aucun montant vérifié à capter.")),
        check(not took_signature(actor, report), _("Vous avez déclaré ou cosigné ce gain; une autre personne doit inscrire sa captation.")),
        check(not verified(actor, report), _("Vous avez vérifié ce gain; une autre personne doit inscrire sa captation.")),
        not_recused(actor, report.project.application_id or 0),
    )


def can_be_captured(line: GainLine) -> bool:
    return line.nature in CAPTURABLE


def require_capturable(report: GainReport) -> None:
    """Raises WrongState unless the gain is verified and nothing of it is captured yet."""
    if report.state not in EXAMINED:
        require_move({}, report.state, GainReportState.CAPTURED)


def took_signature(actor: User, report: GainReport) -> bool:
    """Whether the person reported, restated or co-signed any version of a gain."""
    restated = GainRestatement.objects.filter(Q(restated_by=actor) | Q(cosigned_by=actor), report=report)
    return actor.pk in _signed(report) or (report.version > 1 and (restated.exists() or _signed_first(actor, report)))


def verified(actor: User, report: GainReport) -> bool:
    """Whether the person verified any version of a gain."""
    return actor.pk == report.verified_by_id or (report.version > 1 and _recorded(actor, report, Stage.VERIFIED))


def captured(actor: User, report: GainReport) -> bool:
    """Whether the person recorded or corrected the capture of any version of a gain."""
    return actor.pk == report.captured_by_id or (report.version > 1 and _recorded(actor, report, Stage.CAPTURED))


def _recorded(actor: User, report: GainReport, stage: Stage) -> bool:
    return Gain.objects.filter(report=report, stage=stage, recorded_by=actor).exists()


def _signed_first(actor: User, report: GainReport) -> bool:
    """Of the version that was reported the journal alone still says who signed it."""
    acts = ("report_gain", "correct_gain", "cosign_gain")
    return JournalEntry.objects.filter(object_type=report._meta.label_lower, object_id=report.pk, act__in=acts, actor=actor).exists()


def _signed(report: GainReport) -> set[int | None]:
    return {report.reported_by_id, report.cosigned_by_id}


def _belonged(actor: User, report: GainReport) -> bool:
    """Ever: a membership that ended still binds."""
    concerned = Q(organisation=report.project.organisation_id) | Q(organisation=report.line.organisation_id)
    return Membership.objects.filter(concerned, person=actor).exists()
