"""Who prepares an agreement again, reviews it, suspends it, and ends it."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict, check, first_no
from funding.enums import AgreementStepKind
from funding.models import Agreement, AgreementStep
from funding.policies.imported import is_made_here
from projects.enums import Role
from projects.models import JournalEntry, User
from projects.policies.interests import not_recused
from projects.policies.rules import Subject, rule


def _file_of(agreement: Agreement) -> int:
    return agreement.project.application_id or 0


@rule(
    Role.OFFICER,
    says=gettext_lazy(
        "Un agent de programme, que rien n’écarte du dossier, refait un projet de convention, le soumet à la revue juridique ou l’annule."
    ),
    subject=Subject.AGREEMENTS,
    acts=("redraft_agreement", "submit_agreement", "cancel_agreement"),
)
def prepare_agreement(actor: User, agreement: Agreement, now: datetime) -> Verdict:
    """An officer whom no recusal keeps away from the file."""
    return not_recused(actor, _file_of(agreement))


@rule(
    Role.OFFICER,
    Role.DIRECTOR,
    says=gettext_lazy(
        "Un agent de programme ou la direction, sans avoir préparé la convention, en donne l’avis juridique ou la retourne avec un motif."
    ),
    subject=Subject.AGREEMENTS,
    acts=("review_agreement", "return_agreement"),
)
def review_agreement(actor: User, agreement: Agreement, now: datetime) -> Verdict:
    """An officer or the director who wrote no version of it, whom no recusal keeps away from the file."""
    return first_no(
        not_recused(actor, _file_of(agreement)),
        check(
            not wrote(actor, agreement),
            _("Vous avez préparé cette convention; une autre personne doit en donner l’avis juridique."),
        ),
    )


def wrote(person: User, agreement: Agreement) -> bool:
    """Whether this person wrote any version of the draft."""
    return (
        agreement.drafted_by_id == person.pk
        or AgreementStep.objects.filter(agreement=agreement, person=person, kind=AgreementStepKind.DRAFTED).exists()
        or JournalEntry.objects.filter(application=agreement.project.application_id, act="draft_agreement", actor=person).exists()
    )


@rule(
    Role.DIRECTOR,
    Role.HEAD,
    says=gettext_lazy("La direction ou la tête suspend une convention avec un motif, et la remet en vigueur."),
    subject=Subject.AGREEMENTS,
    acts=("suspend_agreement", "resume_agreement"),
)
def suspend_agreement(actor: User, agreement: Agreement, now: datetime) -> Verdict:
    """The director or the head, whom no recusal keeps away from the file."""
    return first_no(not_recused(actor, _file_of(agreement)), is_made_here(agreement))


@rule(
    Role.HEAD,
    Role.MINISTER_DELEGATE,
    says=gettext_lazy("La tête ou la délégation ministérielle résilie une convention, avec sa cause et son motif."),
    subject=Subject.AGREEMENTS,
)
def terminate_agreement(actor: User, agreement: Agreement, now: datetime) -> Verdict:
    """The head or the minister's delegate, whom no recusal keeps away from the file."""
    return first_no(not_recused(actor, _file_of(agreement)), is_made_here(agreement))


@rule(
    Role.OFFICER,
    Role.DIRECTOR,
    says=gettext_lazy("Un agent de programme ou la direction constate qu’une convention est achevée, puis la ferme."),
    subject=Subject.AGREEMENTS,
    acts=("complete_agreement", "close_agreement"),
)
def close_agreement(actor: User, agreement: Agreement, now: datetime) -> Verdict:
    """An officer or the director, whom no recusal keeps away from the file."""
    return first_no(not_recused(actor, _file_of(agreement)), is_made_here(agreement))
