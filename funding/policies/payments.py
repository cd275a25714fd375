"""Who reports and verifies milestones, and who requests, certifies, authorises and confirms payments (SD-6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.verdict import Verdict, check, first_no, possible
from funding.enums import AgreementState, MilestoneState, PaymentState
from funding.models import Instalment, Milestone, Payment
from projects.enums import Role
from projects.models import Project
from projects.policies.interests import not_recused
from projects.policies.rights import needs_role, needs_role_in, needs_role_somewhere
from projects.policies.scope import call_of

PAYMENT_ROLES = (Role.PAYMENT_REQUESTER, Role.PAYMENT_AUTHORISER, Role.CONTROLLER)
READERS = (*PAYMENT_ROLES, Role.OFFICER, Role.DIRECTOR, Role.HEAD, Role.MINISTER_DELEGATE, Role.AUDITOR)


def read_payments(actor: Any, now: datetime) -> Verdict:
    """Payments are read by the people who make them, the officers who prepare them, and those who answer for the Fund."""
    return needs_role(actor, now, *READERS)


def list_payments(actor: Any, now: datetime, call: int | None = None) -> Verdict:
    """The same people for the files of a call; without one, for some files at least: the list holds those alone."""
    return needs_role_somewhere(actor, now, *READERS) if call is None else needs_role(actor, now, *READERS, call=call)


def report_milestone(actor: Any, milestone: Milestone, now: datetime) -> Verdict:
    """A member of the beneficiary reports a milestone while the agreement is in force."""
    agreement = milestone.agreement
    return first_no(
        needs_role_in(
            actor, agreement.project.organisation_id, now, Role.WRITER, Role.FINANCE_RESPONDENT, Role.SIGNATORY, call=call_of(milestone)
        ),
        _not_recused(actor, agreement.project),
        possible(agreement.state == AgreementState.IN_FORCE, _("La convention n’est pas en vigueur.")),
        possible(
            milestone.state in (MilestoneState.PLANNED, MilestoneState.REFUSED), _("Ce jalon est déjà déclaré : il attend sa vérification.")
        ),
    )


def verify_milestone(actor: Any, milestone: Milestone, now: datetime) -> Verdict:
    """An officer who did not report it verifies a milestone or refuses it."""
    return first_no(
        needs_role(actor, now, Role.OFFICER, call=call_of(milestone)),
        _not_recused(actor, milestone.agreement.project),
        possible(milestone.state == MilestoneState.REPORTED, _("Ce jalon n’attend pas de vérification.")),
        check(milestone.reported_by_id != actor.pk, _("Vous avez déclaré ce jalon; une autre personne doit le vérifier.")),
    )


def request_payment(actor: Any, instalment: Instalment, now: datetime) -> Verdict:
    """The requester asks for an instalment of an agreement in force, once what unlocks it is verified."""
    return first_no(
        needs_role(actor, now, Role.PAYMENT_REQUESTER, call=call_of(instalment)),
        _not_recused(actor, instalment.agreement.project),
        possible(instalment.agreement.state == AgreementState.IN_FORCE, _("La convention n’est pas en vigueur.")),
    )


def certify_payment(actor: Any, payment: Payment, now: datetime) -> Verdict:
    """The controller certifies what another person requested."""
    return first_no(
        needs_role(actor, now, Role.CONTROLLER, call=call_of(payment)),
        _not_recused(actor, payment.instalment.agreement.project),
        possible(payment.state == PaymentState.REQUESTED, _("Ce paiement n’attend pas de certification.")),
        check(payment.requested_by_id != actor.pk, _("Vous avez demandé ce paiement; une autre personne doit le certifier.")),
    )


def authorise_payment(actor: Any, payment: Payment, now: datetime) -> Verdict:
    """The authoriser is a third person."""
    return first_no(
        needs_role(actor, now, Role.PAYMENT_AUTHORISER, call=call_of(payment)),
        _not_recused(actor, payment.instalment.agreement.project),
        possible(payment.state == PaymentState.CERTIFIED, _("Ce paiement n’attend pas d’autorisation.")),
        check(
            actor.pk not in (payment.requested_by_id, payment.certified_by_id),
            _("Vous avez demandé ou certifié ce paiement; une autre personne doit l’autoriser."),
        ),
    )


def confirm_payment(actor: Any, payment: Payment, now: datetime) -> Verdict:
    """The requester's unit records that the payment was made, with its reference; again with the same one is harmless."""
    return first_no(
        needs_role(actor, now, Role.PAYMENT_REQUESTER, call=call_of(payment)),
        _not_recused(actor, payment.instalment.agreement.project),
        possible(payment.state in (PaymentState.AUTHORISED, PaymentState.CONFIRMED), _("Ce paiement n’est pas encore autorisé.")),
    )


def reject_payment(actor: Any, payment: Payment, now: datetime) -> Verdict:
    """Whoever acts on payments may stop one that is not confirmed, with a reason."""
    return first_no(
        needs_role(actor, now, *PAYMENT_ROLES, call=call_of(payment)),
        _not_recused(actor, payment.instalment.agreement.project),
        possible(payment.state != PaymentState.CONFIRMED, _("Ce paiement est confirmé : il ne peut plus être rejeté.")),
        possible(payment.state != PaymentState.REJECTED, _("Ce paiement est déjà rejeté.")),
    )


def record_cofunding(actor: Any, project: Project, now: datetime) -> Verdict:
    """An officer records what another source really put in."""
    return first_no(needs_role(actor, now, Role.OFFICER, call=call_of(project)), _not_recused(actor, project))


def _not_recused(actor: Any, project: Project) -> Verdict:
    return not_recused(actor, project.application_id or 0)
