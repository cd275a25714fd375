"""The steps of a recovery as pages: who may take each, with which form, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict, first_no, possible
from funding.enums import RECOVERY_DUE, RecoveryState, WriteOffState
from funding.forms.payments import KeyForm, ReasonForm
from funding.forms.recoveries import CorrectionForm, ReceiptForm, ScheduleFields, WriteOffApproveForm, WriteOffForm
from funding.models import Recovery, RecoveryReceipt, WriteOff
from funding.policies import recoveries as policies
from funding.services import recoveries as acts
from funding.services import recovery_receipts as receipts
from funding.services import write_offs
from funding.views.applications import Step

Text = str | Promise


def receipts_to_correct(recovery: Recovery) -> list[RecoveryReceipt]:
    """The receipts that stand."""
    return list(recovery.receipts.filter(reverses=None, reversed_by=None).order_by("received_on", "pk"))


def _waiting(recovery: Recovery) -> WriteOff | None:
    found = recovery.write_offs.filter(state=WriteOffState.REQUESTED).select_related("requested_by").order_by("pk").first()
    if found:
        found.recovery = recovery
    return found


def _found(actor: Any, recovery: Recovery, now: datetime) -> Verdict:
    verdict = policies.decide_recovery(actor, recovery, now)
    return first_no(verdict, possible(recovery.state == RecoveryState.ESTABLISHED, _("Ce recouvrement est déjà réclamé.")))


def _due(actor: Any, recovery: Recovery, now: datetime) -> Verdict:
    verdict = policies.decide_recovery(actor, recovery, now)
    return first_no(verdict, possible(recovery.state in RECOVERY_DUE, _("Ce recouvrement n’est pas réclamé, ou il est réglé.")))


def _receives(actor: Any, recovery: Recovery, now: datetime) -> Verdict:
    verdict = policies.record_receipt(actor, recovery, now)
    return first_no(verdict, possible(recovery.state in RECOVERY_DUE, _("Ce recouvrement est réglé : il n’y a plus rien à encaisser.")))


def _corrects(actor: Any, recovery: Recovery, now: datetime) -> Verdict:
    standing = receipts_to_correct(recovery)
    one = RecoveryReceipt(recovery=recovery)
    return first_no(policies.correct_receipt(actor, one, now), possible(standing, _("Rien n’est encaissé : il n’y a rien à corriger.")))


def _asks(actor: Any, recovery: Recovery, now: datetime) -> Verdict:
    verdict = policies.request_write_off(actor, recovery, now)
    return first_no(verdict, possible(_waiting(recovery) is None, _("Une radiation attend déjà sa décision.")))


def _decides(actor: Any, recovery: Recovery, now: datetime) -> Verdict:
    nothing = WriteOff(recovery=recovery, state=WriteOffState.REFUSED, original_role="director")
    return policies.decide_write_off(actor, _waiting(recovery) or nothing, now)


def _claim(recovery: Recovery, form: Any, **given: Any) -> Any:
    return acts.claim_recovery(recovery_id=recovery.pk, **given)


def _cancel(recovery: Recovery, form: Any, **given: Any) -> Any:
    return acts.cancel_recovery(recovery_id=recovery.pk, reason=form.cleaned_data["reason"], **given)


def _schedule(recovery: Recovery, form: Any, **given: Any) -> Any:
    return acts.schedule_recovery(recovery_id=recovery.pk, schedule=form.schedule(), **given)


def _receive(recovery: Recovery, form: Any, **given: Any) -> Any:
    return receipts.record_receipt(recovery_id=recovery.pk, **{**form.cleaned_data, **given})


def _correct(recovery: Recovery, form: Any, **given: Any) -> Any:
    data = {**form.cleaned_data}
    return receipts.correct_receipt(receipt_id=int(data.pop("receipt")), **{**data, **given})


def _ask(recovery: Recovery, form: Any, **given: Any) -> Any:
    return write_offs.request_write_off(recovery_id=recovery.pk, **{**form.cleaned_data, **given})


def _approve(recovery: Recovery, form: Any, **given: Any) -> Any:
    return write_offs.approve_write_off(write_off_id=_decided(recovery), authority=form.cleaned_data["authority"], **given)


def _refuse(recovery: Recovery, form: Any, **given: Any) -> Any:
    return write_offs.refuse_write_off(write_off_id=_decided(recovery), reason=form.cleaned_data["reason"], **given)


def _decided(recovery: Recovery) -> int:
    """The write-off that waits, or the last one: the act says that it is decided, or knows a second click."""
    rows = recovery.write_offs.order_by("-pk").values_list("pk", "state")
    return next((pk for pk, state in rows if state == WriteOffState.REQUESTED), rows[0][0] if rows else 0)


@dataclass(frozen=True, slots=True)
class Move:
    """`label` is its button, `title` its page; `is_money`: who signed in must have done so recently."""

    label: Text
    title: Text
    explanation: Text
    success: Text
    form: Any
    policy: Callable[[Any, Recovery, datetime], Verdict]
    act: Callable[..., Any]
    is_money: bool = False

    def write_off(self, recovery: Recovery) -> WriteOff | None:
        """What a decision is about."""
        return _waiting(recovery) if self.policy is _decides else None


MOVES = {
    "reclamation": Move(
        gettext_lazy("Réclamer à l’organisme"), gettext_lazy("Réclamer la somme à l’organisme"),
        gettext_lazy("Les personnes de l’organisme reçoivent un message et voient le recouvrement, son motif et son échéancier."),
        gettext_lazy("Le recouvrement est réclamé; l’organisme en est averti."), KeyForm, _found, _claim,
    ),
    "annulation": Move(
        gettext_lazy("Annuler le constat"), gettext_lazy("Annuler le recouvrement"),
        gettext_lazy("Rien n’a été réclamé : le recouvrement reste au dossier avec votre motif."),
        gettext_lazy("Le recouvrement est annulé."), ReasonForm, _found, _cancel,
    ),
    "encaissement": Move(
        gettext_lazy("Inscrire un encaissement"), gettext_lazy("Inscrire un encaissement"),
        gettext_lazy("La somme s’inscrit au grand livre à sa date. La règle en vigueur ce jour-là dit ce qui retourne à l’enveloppe."),
        gettext_lazy("L’encaissement est inscrit."), ReceiptForm, _receives, _receive, True,
    ),
    "echeancier": Move(
        gettext_lazy("Changer l’échéancier"), gettext_lazy("Échelonner le recouvrement"),
        gettext_lazy("Le nouvel échéancier porte sur toute la somme; ce qui est déjà reçu couvre ses premières échéances."),
        gettext_lazy("Le recouvrement est échelonné."), ScheduleFields, _due, _schedule,
    ),
    "radiation": Move(
        gettext_lazy("Demander une radiation"), gettext_lazy("Demander une radiation"),
        gettext_lazy("La radiation est décidée par une autre personne, un niveau au-dessus de la décision d’origine."),
        gettext_lazy("La radiation est demandée."), WriteOffForm, _asks, _ask,
    ),
    "radiation-approuvee": Move(
        gettext_lazy("Approuver la radiation"), gettext_lazy("Approuver la radiation"),
        gettext_lazy("La somme ne sera plus réclamée à l’organisme. Rien ne retourne à l’enveloppe."),
        gettext_lazy("La radiation est approuvée."), WriteOffApproveForm, _decides, _approve, True,
    ),
    "radiation-refusee": Move(
        gettext_lazy("Refuser la radiation"), gettext_lazy("Refuser la radiation"),
        gettext_lazy("La somme reste à recouvrer."), gettext_lazy("La radiation est refusée."), ReasonForm, _decides, _refuse,
    ),
    "correction": Move(
        gettext_lazy("Corriger un encaissement"), gettext_lazy("Corriger un encaissement"),
        gettext_lazy("Une contre-écriture retire l’encaissement du grand livre et reprend à l’enveloppe ce qu’il y avait rendu."),
        gettext_lazy("L’encaissement est corrigé."), CorrectionForm, _corrects, _correct, True,
    ),
}  # fmt: skip
#: the steps of each state, the most expected first; a write-off that waits comes before them
_NEXT = {
    RecoveryState.ESTABLISHED: ("reclamation", "annulation"),
    RecoveryState.CLAIMED: ("encaissement", "echeancier", "radiation", "correction"),
    RecoveryState.SCHEDULED: ("encaissement", "echeancier", "radiation", "correction"),
    RecoveryState.RECEIVED: ("correction",),
    RecoveryState.WRITTEN_OFF: ("correction",),
    RecoveryState.CANCELLED: (),
}


def next_moves(recovery: Recovery, person: Any, now: datetime) -> list[Step]:
    """What this person may do next; when it is nothing, what is expected and why it is not theirs."""
    names = _NEXT[RecoveryState(recovery.state)]
    if _waiting(recovery):
        names = ("radiation-approuvee", "radiation-refusee", *(name for name in names if name != "radiation"))
    steps = [
        Step(MOVES[name].label, reverse("funding:recovery_step", args=[recovery.number, name]), MOVES[name].policy(person, recovery, now))
        for name in names
    ]
    if recovery.state in (RecoveryState.RECEIVED, RecoveryState.WRITTEN_OFF):
        return [step for step in steps if step.verdict]
    return [step for step in steps if step.verdict] or steps[:1]
