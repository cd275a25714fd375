"""Who reports and verifies milestones, and who requests, certifies, authorises and confirms payments (SD-6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import YES, Verdict, check, first_no, possible
from funding.enums import DEAD_PAYMENTS, MILESTONE_MOVES, AgreementState, MilestoneState, PaymentState
from funding.models import Instalment, Milestone, Payment
from funding.policies.bank import apart_from_bank_details
from funding.policies.separation import free_to_judge
from funding.release import Checklist
from projects.enums import Role
from projects.models import Project
from projects.policies.interests import not_recused
from projects.policies.rules import Subject, rule

PAYMENT_ROLES = (Role.PAYMENT_REQUESTER, Role.PAYMENT_AUTHORISER, Role.CONTROLLER)
READERS = (*PAYMENT_ROLES, Role.OFFICER, Role.DIRECTOR, Role.HEAD, Role.MINISTER_DELEGATE, Role.AUDITOR)


@rule(
    *READERS,
    says=gettext_lazy("Les paiements sont lus par qui les fait, par les agents de programme, par l’audit et par qui répond du Fonds."),
    subject=Subject.PAYMENTS,
    acts=(),
)
def read_payments(actor: Any, now: datetime) -> Verdict:
    """Payments are read by the people who make them, the officers who prepare them, and those who answer for the Fund."""
    return YES


@rule(
    *READERS,
    says=gettext_lazy("Les mêmes lisent les paiements d’un appel; qui a un rôle limité à un appel lit ceux de cet appel."),
    subject=Subject.PAYMENTS,
    acts=(),
    lists=True,
)
def list_payments(actor: Any, now: datetime, call: int | None = None) -> Verdict:
    """The same people for the files of a call; without one, for some files at least: the list holds those alone."""
    return YES


@rule(
    inside=(Role.WRITER, Role.FINANCE_RESPONDENT, Role.SIGNATORY),
    of=lambda milestone: milestone.agreement.project.organisation_id,
    says=gettext_lazy(
        "Un membre de l’organisme bénéficiaire déclare un jalon atteint, ou sa quantité, tant que la convention est en vigueur."
    ),
    subject=Subject.PAYMENTS,
    acts=("report_milestone", "declare_outcome"),
)
def report_milestone(actor: Any, milestone: Milestone, now: datetime) -> Verdict:
    """A member of the beneficiary reports a milestone while the agreement is in force."""
    agreement = milestone.agreement
    return first_no(
        _not_recused(actor, agreement.project),
        possible(agreement.state == AgreementState.IN_FORCE, _("La convention n’est pas en vigueur.")),
        possible(
            MilestoneState.REPORTED in MILESTONE_MOVES[MilestoneState(milestone.state)],
            _("Ce jalon est déjà déclaré : il attend sa vérification.")
            if milestone.state == MilestoneState.REPORTED
            else _("Ce jalon ne se déclare plus : il est %(state)s.") % {"state": milestone.get_state_display().lower()},
        ),
    )


@rule(
    Role.OFFICER,
    says=gettext_lazy(
        "Un agent de programme qui n’a ni déclaré le jalon ni accompagné le dossier le vérifie, en tout ou en partie, ou le refuse."
    ),
    subject=Subject.PAYMENTS,
    acts=("verify_milestone", "accept_milestone_partly", "refuse_milestone", "verify_outcome", "refuse_outcome"),
)
def verify_milestone(actor: Any, milestone: Milestone, now: datetime) -> Verdict:
    """An officer who neither reported it nor accompanies the file (SD-2) verifies a milestone or refuses it."""
    return first_no(
        free_to_judge(actor, milestone.agreement.project.application_id or 0),
        possible(milestone.agreement.state != AgreementState.TERMINATED, _("La convention est résiliée : ce jalon ne se vérifie plus.")),
        possible(milestone.state == MilestoneState.REPORTED, _("Ce jalon n’attend pas de vérification.")),
        check(milestone.reported_by_id != actor.pk, _("Vous avez déclaré ce jalon; une autre personne doit le vérifier.")),
    )


@rule(
    Role.PAYMENT_REQUESTER,
    says=gettext_lazy("La demande de paiement revient à son rôle, une fois remplie chaque condition du versement."),
    subject=Subject.PAYMENTS,
)
def request_payment(actor: Any, instalment: Instalment, now: datetime, release: Checklist | None = None) -> Verdict:
    """The requester asks for an instalment of an agreement in force, once each condition of its checklist is met."""
    return first_no(
        _not_recused(actor, instalment.agreement.project),
        possible(instalment.agreement.state == AgreementState.IN_FORCE, _("La convention n’est pas en vigueur.")),
        possible(instalment.replaced_by_id is None, _("Un avenant a remplacé ce versement.")),
        apart_from_bank_details(actor, instalment.agreement.project.organisation_id, now),
        release.verdict if release else YES,
    )


@rule(
    Role.CONTROLLER,
    says=gettext_lazy("Le contrôle financier certifie un paiement demandé par une autre personne."),
    subject=Subject.PAYMENTS,
)
def certify_payment(actor: Any, payment: Payment, now: datetime) -> Verdict:
    """The controller certifies what another person requested."""
    return first_no(
        _not_recused(actor, payment.instalment.agreement.project),
        possible(payment.state == PaymentState.REQUESTED, _("Ce paiement n’attend pas de certification.")),
        check(payment.requested_by_id != actor.pk, _("Vous avez demandé ce paiement; une autre personne doit le certifier.")),
        apart_from_bank_details(actor, payment.instalment.agreement.project.organisation_id, now),
    )


@rule(
    Role.PAYMENT_AUTHORISER,
    says=gettext_lazy("L’autorisation de paiement revient à une troisième personne, qui n’a ni demandé ni certifié."),
    subject=Subject.PAYMENTS,
)
def authorise_payment(actor: Any, payment: Payment, now: datetime) -> Verdict:
    """The authoriser is a third person."""
    return first_no(
        _not_recused(actor, payment.instalment.agreement.project),
        possible(payment.state == PaymentState.CERTIFIED, _("Ce paiement n’attend pas d’autorisation.")),
        check(
            actor.pk not in (payment.requested_by_id, payment.certified_by_id),
            _("Vous avez demandé ou certifié ce paiement; une autre personne doit l’autoriser."),
        ),
        apart_from_bank_details(actor, payment.instalment.agreement.project.organisation_id, now),
    )


@rule(
    Role.PAYMENT_REQUESTER,
    says=gettext_lazy("Qui demande les paiements inscrit qu’un paiement transmis est fait, avec sa référence."),
    subject=Subject.PAYMENTS,
)
def confirm_payment(actor: Any, payment: Payment, now: datetime) -> Verdict:
    """The requester's unit records that the payment was made, with its reference; again with the same one is harmless."""
    return first_no(
        _not_recused(actor, payment.instalment.agreement.project),
        possible(
            payment.state in (PaymentState.TRANSMITTED, PaymentState.CONFIRMED), _("Ce paiement n’est pas transmis : il part dans un lot.")
        ),
    )


@rule(
    *PAYMENT_ROLES,
    says=gettext_lazy("Qui prend part aux paiements peut en arrêter un qui n’est pas transmis, avec un motif."),
    subject=Subject.PAYMENTS,
)
def reject_payment(actor: Any, payment: Payment, now: datetime) -> Verdict:
    """Whoever acts on payments may stop one that has not left, with a reason."""
    return first_no(
        _not_recused(actor, payment.instalment.agreement.project),
        possible(payment.state != PaymentState.CONFIRMED, _("Ce paiement est confirmé : il ne peut plus être rejeté.")),
        possible(payment.state not in DEAD_PAYMENTS, _("Ce paiement est déjà rejeté.")),
        possible(
            payment.state != PaymentState.TRANSMITTED, _("Cet ordre est au système comptable : seul son fichier de retour peut le rejeter.")
        ),
    )


@rule(
    Role.OFFICER,
    says=gettext_lazy("Un agent de programme inscrit ce qu’une autre source a réellement versé au projet."),
    subject=Subject.PAYMENTS,
)
def record_cofunding(actor: Any, project: Project, now: datetime) -> Verdict:
    """An officer records what another source really put in."""
    return _not_recused(actor, project)


def _not_recused(actor: Any, project: Project) -> Verdict:
    return not_recused(actor, project.application_id or 0)
