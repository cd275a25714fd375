"""Who finds, claims, receives, corrects and writes off what is to be returned (SD-12); what the database says when it refuses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import NotAllowed, WrongState
from fondsinnovation.kit.verdict import Verdict, check, first_no, possible
from funding.enums import RECOVERY_DUE, RECOVERY_TOLD, RecoveryState, WriteOffState
from funding.models import Agreement, Approval, Recovery, RecoveryReceipt, WriteOff
from funding.policies.awards import DELEGATES, approvals_of, delegation_of_amount
from funding.refusals import say
from projects.enums import Role
from projects.policies.interests import not_recused
from projects.policies.rights import needs_role
from projects.policies.rules import Subject, rule
from projects.policies.scope import call_of

#: constraint of a trigger → what it says to a person; `room` and `asked` are dollars
SAID: dict[str, str | Promise] = {
    "recovery_within_paid": gettext_lazy("Il reste %(room)s de payé qui ne fait pas déjà l’objet d’un recouvrement : %(asked)s demandés."),
    "recovery_keeps_its_payment": gettext_lazy(
        "Il reste %(room)s à recouvrer de cette convention : encaissez, radiez ou annulez le recouvrement d’abord."
    ),
    "recovery_within_due": gettext_lazy("Il reste %(room)s à recouvrer : %(asked)s demandés."),
    "agreement_above_what_is_paid": gettext_lazy(
        "La convention ne peut pas valoir %(asked)s : %(room)s sont payés et ne font pas l’objet d’un recouvrement."
    ),
    "recovery_is_never_rewritten": gettext_lazy("Un recouvrement ne se réécrit pas."),
    "recovery_moves_in_order": gettext_lazy("Ce recouvrement n’est plus à cette étape."),
    "recovery_state_says_what_is_left": gettext_lazy("L’état du recouvrement ne dit pas ce qui en reste."),
    "recovery_parts_sum_to_it": gettext_lazy("L’échéancier ne fait pas le montant à recouvrer."),
    "recovery_receipt_is_its_entry": gettext_lazy("L’encaissement n’est pas celui de son écriture au grand livre."),
    "recovery_receipt_corrects_a_whole_one": gettext_lazy("Une correction retire un encaissement en entier."),
    "recovery_credit_fits": gettext_lazy("Le retour à l’enveloppe dépasse ce qui est encaissé."),
    "write_off_is_final": gettext_lazy("Cette radiation est déjà décidée."),
    "write_off_begins_requested": gettext_lazy("Une radiation se demande avant de se décider."),
}
#: the same, of who may not
FORBIDDEN: dict[str, str | Promise] = {
    "recovery_receipt_corrected_by_another": gettext_lazy("Vous avez inscrit cet encaissement; une autre personne doit le corriger."),
    "write_off_one_level_above": gettext_lazy("Une radiation se décide un niveau au-dessus de la décision d’origine."),
    "write_off_decided_by_another": gettext_lazy("Vous avez approuvé l’aide à l’origine; une autre personne doit décider de la radiation."),
}


@rule(
    Role.OFFICER,
    Role.CONTROLLER,
    says=gettext_lazy("Un agent de programme ou le contrôle financier constate, avec son motif, une somme payée qui est à recouvrer."),
    subject=Subject.PAYMENTS,
)
def open_recovery(actor: Any, agreement: Agreement, now: datetime) -> Verdict:
    """An officer or the controller finds what is to be returned, whatever the agreement became since it was paid."""
    return first_no(
        not_recused(actor, agreement.project.application_id or 0),
        possible(agreement.in_force_at is not None, _("Rien n’est payé par cette convention : il n’y a rien à recouvrer.")),
    )


@rule(
    Role.DIRECTOR,
    Role.HEAD,
    says=gettext_lazy("La direction ou la tête réclame à l’organisme ce qu’une autre personne a constaté, l’échelonne, ou l’annule avant."),
    subject=Subject.PAYMENTS,
    acts=("claim_recovery", "cancel_recovery", "schedule_recovery"),
)
def decide_recovery(actor: Any, recovery: Recovery, now: datetime) -> Verdict:
    """The director or the head, who did not find it themselves."""
    return first_no(
        _not_recused(actor, recovery),
        possible(
            recovery.state in (RecoveryState.ESTABLISHED, *RECOVERY_DUE), _("Ce recouvrement est réglé : il n’y a plus rien à réclamer.")
        ),
        check(
            recovery.established_by_id != actor.pk,
            _("Vous avez constaté ce recouvrement; une autre personne doit le réclamer ou l’annuler."),
        ),
    )


@rule(
    Role.PAYMENT_REQUESTER,
    says=gettext_lazy("Qui demande les paiements inscrit ce qui est encaissé d’un recouvrement réclamé, sous la référence comptable."),
    subject=Subject.PAYMENTS,
)
def record_receipt(actor: Any, recovery: Recovery, now: datetime) -> Verdict:
    """The payments unit records what came in."""
    return first_no(
        _not_recused(actor, recovery),
        possible(recovery.state in RECOVERY_TOLD, _("Ce recouvrement n’est pas réclamé : rien ne peut en être encaissé.")),
    )


@rule(
    Role.CONTROLLER,
    says=gettext_lazy("Le contrôle financier corrige par contre-écriture un encaissement qu’une autre personne a inscrit."),
    subject=Subject.PAYMENTS,
)
def correct_receipt(actor: Any, receipt: RecoveryReceipt, now: datetime) -> Verdict:
    """The controller corrects what another person recorded."""
    return first_no(
        _not_recused(actor, receipt.recovery),
        check(receipt.recorded_by_id != actor.pk, _("Vous avez inscrit cet encaissement; une autre personne doit le corriger.")),
    )


@rule(
    Role.CONTROLLER,
    says=gettext_lazy("Le contrôle financier demande, avec son motif, la radiation de ce qui ne sera pas recouvré."),
    subject=Subject.PAYMENTS,
)
def request_write_off(actor: Any, recovery: Recovery, now: datetime) -> Verdict:
    """The controller asks for it; another person decides."""
    return first_no(
        _not_recused(actor, recovery),
        possible(recovery.state in RECOVERY_DUE, _("Rien n’est à radier : ce recouvrement n’est pas réclamé, ou il est réglé.")),
    )


@rule(
    Role.HEAD,
    Role.MINISTER_DELEGATE,
    says=gettext_lazy(
        "La radiation est décidée un niveau au-dessus de la décision d’origine, par une personne qui n’a ni approuvé l’aide ni demandé "
        "la radiation (SD-12)."
    ),
    subject=Subject.PAYMENTS,
    acts=("approve_write_off", "refuse_write_off"),
    role_last=True,
)
def decide_write_off(actor: Any, write_off: WriteOff, now: datetime) -> Verdict:
    """One level above the original decision, by a person who neither approved the aid nor asked (SD-12)."""
    recovery = write_off.recovery
    return first_no(
        _not_recused(actor, recovery),
        possible(write_off.state == WriteOffState.REQUESTED, _("Cette radiation est déjà décidée.")),
        check(write_off.requested_by_id != actor.pk, _("Vous avez demandé cette radiation; une autre personne doit la décider.")),
        check(
            not Approval.objects.filter(award=recovery.agreement.award_id, person=actor).exists(),
            FORBIDDEN["write_off_decided_by_another"],
        ),
        needs_role(actor, now, *levels_above(Role(write_off.original_role)), call=call_of(recovery)),
    )


def original_level(agreement: Agreement, now: datetime) -> Role:
    """The highest level that approved the aid; without a decision on file, the one that its amount needs today."""
    roles = [Role(one.role) for one in approvals_of(agreement.award)] if agreement.award else delegation_of_amount(agreement.amount, now)
    return max([role for role in roles if role in DELEGATES] or [Role.DIRECTOR], key=DELEGATES.index)


def levels_above(original: Role) -> tuple[Role, ...]:
    """Who may write off what this level gave. Nothing is above the minister's delegate, who then names an outside instrument."""
    return DELEGATES[DELEGATES.index(original) + 1 :] or DELEGATES[-1:]


def _not_recused(actor: Any, recovery: Recovery) -> Verdict:
    return not_recused(actor, recovery.agreement.project.application_id or 0)


say(SAID, WrongState)
say(FORBIDDEN, NotAllowed)
