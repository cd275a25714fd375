"""Codes of review, decision, agreement and payment, their French labels, and the moves of their state machines."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class LedgerKind(TextChoices):
    AUTHORISATION = "authorisation", _("Crédit autorisé")
    RESERVATION = "reservation", _("Réservation")
    COMMITMENT = "commitment", _("Engagement")
    PAYMENT = "payment", _("Versement")
    RECOVERY = "recovery", _("Recouvrement")


class EligibilityPoint(TextChoices):
    ORGANISATION = "organisation", _("L’organisme est d’un type admissible")
    IN_TIME = "in_time", _("La demande a été reçue dans les délais")
    COMPLETE = "complete", _("La demande et ses documents sont complets")
    AMOUNTS = "amounts", _("Les montants respectent les modalités")
    NOT_STARTED = "not_started", _("Le projet n’a pas commencé")
    PUBLIC_AID = "public_aid", _("Le cumul des aides publiques respecte la limite")


class ReviewState(TextChoices):
    ASSIGNED = "assigned", _("À déclarer")
    RECUSED = "recused", _("Récusée")
    IN_PROGRESS = "in_progress", _("En cours")
    SUBMITTED = "submitted", _("Remise")


REVIEW_MOVES = {
    ReviewState.ASSIGNED: {ReviewState.RECUSED, ReviewState.IN_PROGRESS},
    ReviewState.IN_PROGRESS: {ReviewState.SUBMITTED, ReviewState.RECUSED},
    ReviewState.SUBMITTED: {ReviewState.RECUSED},
    ReviewState.RECUSED: set(),
}


class AwardState(TextChoices):
    RECOMMENDED = "recommended", _("Recommandée")
    CERTIFIED = "certified", _("Disponibilité certifiée")
    PARTLY_APPROVED = "partly_approved", _("Approbation en cours")
    APPROVED = "approved", _("Approuvée")
    REFUSED = "refused", _("Refusée")
    RETURNED = "returned", _("Retournée")


AWARD_MOVES = {
    AwardState.RECOMMENDED: {AwardState.CERTIFIED, AwardState.RETURNED, AwardState.REFUSED},
    AwardState.CERTIFIED: {AwardState.PARTLY_APPROVED, AwardState.APPROVED, AwardState.REFUSED, AwardState.RETURNED},
    AwardState.PARTLY_APPROVED: {AwardState.APPROVED, AwardState.REFUSED, AwardState.RETURNED},
    AwardState.RETURNED: {AwardState.RECOMMENDED},
    AwardState.APPROVED: set(),
    AwardState.REFUSED: set(),
}


class AgreementKind(TextChoices):
    GRANT = "grant", _("Convention d’aide financière")
    ADMINISTRATIVE = "administrative", _("Entente administrative")


class AgreementState(TextChoices):
    DRAFT = "draft", _("Projet de convention")
    LEGAL_REVIEW = "legal_review", _("En revue juridique")
    SIGNED_BENEFICIARY = "signed_beneficiary", _("Signée par le bénéficiaire")
    IN_FORCE = "in_force", _("En vigueur")
    SUSPENDED = "suspended", _("Suspendue")
    COMPLETED = "completed", _("Achevée")
    CLOSED = "closed", _("Fermée")
    TERMINATED = "terminated", _("Résiliée")
    CANCELLED = "cancelled", _("Projet annulé")


AGREEMENT_MOVES = {
    AgreementState.DRAFT: {AgreementState.LEGAL_REVIEW, AgreementState.CANCELLED},
    AgreementState.LEGAL_REVIEW: {AgreementState.SIGNED_BENEFICIARY, AgreementState.DRAFT, AgreementState.CANCELLED},
    AgreementState.SIGNED_BENEFICIARY: {AgreementState.IN_FORCE},
    AgreementState.IN_FORCE: {AgreementState.SUSPENDED, AgreementState.COMPLETED, AgreementState.TERMINATED},
    AgreementState.SUSPENDED: {AgreementState.IN_FORCE, AgreementState.TERMINATED},
    AgreementState.COMPLETED: {AgreementState.CLOSED},
    AgreementState.CLOSED: set(),
    AgreementState.TERMINATED: set(),
    AgreementState.CANCELLED: {AgreementState.DRAFT},
}


class AgreementStepKind(TextChoices):
    """What happened to an agreement, beside its signatures."""

    DRAFTED = "drafted", _("Projet refait")
    SUBMITTED = "submitted", _("Soumise à la revue juridique")
    REVIEWED = "reviewed", _("Avis juridique favorable")
    RETURNED = "returned", _("Retournée")
    CANCELLED = "cancelled", _("Projet annulé")
    SUSPENDED = "suspended", _("Suspendue")
    RESUMED = "resumed", _("Reprise")
    TERMINATED = "terminated", _("Résiliée")
    COMPLETED = "completed", _("Achevée")
    CLOSED = "closed", _("Fermée")


class TerminationCause(TextChoices):
    DEFAULT = "default", _("Défaut du bénéficiaire")
    MUTUAL = "mutual", _("Commun accord")
    WITHOUT_CAUSE = "without_cause", _("Sans motif")


class Party(TextChoices):
    BENEFICIARY = "beneficiary", _("Bénéficiaire")
    MINISTER = "minister", _("Ministre")


class MilestoneState(TextChoices):
    PLANNED = "planned", _("Prévu")
    REPORTED = "reported", _("Déclaré atteint")
    VERIFIED = "verified", _("Vérifié")
    REFUSED = "refused", _("Refusé")


MILESTONE_MOVES = {
    MilestoneState.PLANNED: {MilestoneState.REPORTED},
    MilestoneState.REPORTED: {MilestoneState.VERIFIED, MilestoneState.REFUSED},
    MilestoneState.REFUSED: {MilestoneState.REPORTED},
    MilestoneState.VERIFIED: set(),
}


class InstalmentKind(TextChoices):
    ADVANCE = "advance", _("Avance")
    MILESTONE = "milestone", _("Jalon")
    HOLDBACK = "holdback", _("Retenue (rapport final)")


class PaymentState(TextChoices):
    REQUESTED = "requested", _("Demandé")
    CERTIFIED = "certified", _("Certifié")
    AUTHORISED = "authorised", _("Autorisé")
    CONFIRMED = "confirmed", _("Confirmé")
    REJECTED = "rejected", _("Rejeté")


PAYMENT_MOVES = {
    PaymentState.REQUESTED: {PaymentState.CERTIFIED, PaymentState.REJECTED},
    PaymentState.CERTIFIED: {PaymentState.AUTHORISED, PaymentState.REJECTED},
    PaymentState.AUTHORISED: {PaymentState.CONFIRMED, PaymentState.REJECTED},
    PaymentState.CONFIRMED: set(),
    PaymentState.REJECTED: set(),
}
