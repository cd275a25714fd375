"""Who reports, co-signs, verifies and captures a gain (SD-7, SD-8). The state of the report is not asked here: `transition` refuses it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from fondsinnovation.kit.verdict import Verdict, check, first_no
from projects.enums import Nature, Role
from projects.models import GainLine, Membership, Project, User
from projects.policies.interests import not_recused
from projects.policies.rights import holds_in, needs_role, needs_role_in
from projects.policies.scope import call_of
from reporting.models import GainReport

#: natures that move a budget: the only ones that can be captured
CAPTURABLE = frozenset({Nature.CASH, Nature.REV})


def report_gain(actor: User, project: Project, now: datetime) -> Verdict:
    """A writer or the finance respondent of the beneficiary reports and corrects its gains."""
    return first_no(
        needs_role_in(actor, project.organisation_id, now, Role.WRITER, Role.FINANCE_RESPONDENT, call=call_of(project)),
        not_recused(actor, project.application_id or 0),
    )


def cosign_gain(actor: User, report: GainReport, now: datetime) -> Verdict:
    """The finance respondent of the beneficiary, who is not the reporter."""
    return first_no(
        needs_role_in(actor, report.project.organisation_id, now, Role.FINANCE_RESPONDENT, call=call_of(report)),
        check(report.reported_by_id != actor.pk, _("Vous avez déclaré ce gain; une autre personne doit le cosigner.")),
        not_recused(actor, report.project.application_id or 0),
    )


def verify_gain(actor: User, report: GainReport, now: datetime) -> Verdict:
    """A verifier who never belonged to the beneficiary nor to the line's organisation, and did not sign the report."""
    return first_no(
        needs_role(actor, now, Role.GAIN_VERIFIER, call=call_of(report)),
        check(not _belonged(actor, report), _("Vous êtes ou avez été de l’organisme : une personne de l’extérieur doit vérifier ce gain.")),
        check(actor.pk not in _signed(report), _("Vous avez déclaré ou cosigné ce gain; une autre personne doit le vérifier.")),
        not_recused(actor, report.project.application_id or 0),
    )


def capture_gain(actor: User, report: GainReport, now: datetime) -> Verdict:
    """The bearer's finance respondent who did not sign the report, or the Secretariat's controller; never the verifier."""
    bearer = holds_in(actor, report.line.organisation_id, now, Role.FINANCE_RESPONDENT, call=call_of(report))
    return first_no(
        check(can_be_captured(report.line), _("Seuls une économie encaissable ou un revenu modifient un budget et peuvent être captés.")),
        check(report.verified_amount is None or report.verified_amount > 0, _("Il n’y a aucun montant vérifié à capter.")),
        check(
            bearer or needs_role(actor, now, Role.CONTROLLER, call=call_of(report)),
            _("La captation revient à la répondance financière de l’organisme porteur ou au contrôle financier du Secrétariat."),
        ),
        check(actor.pk not in _signed(report), _("Vous avez déclaré ou cosigné ce gain; une autre personne doit inscrire sa captation.")),
        check(actor.pk != report.verified_by_id, _("Vous avez vérifié ce gain; une autre personne doit inscrire sa captation.")),
        not_recused(actor, report.project.application_id or 0),
    )


def can_be_captured(line: GainLine) -> bool:
    return line.nature in CAPTURABLE


def _signed(report: GainReport) -> set[int | None]:
    return {report.reported_by_id, report.cosigned_by_id}


def _belonged(actor: User, report: GainReport) -> bool:
    """Ever: a membership that ended still binds."""
    concerned = Q(organisation=report.project.organisation_id) | Q(organisation=report.line.organisation_id)
    return Membership.objects.filter(concerned, person=actor).exists()
