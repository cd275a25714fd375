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
    SIGNED_BENEFICIARY = "signed_beneficiary", _("Signée par le bénéficiaire")
    IN_FORCE = "in_force", _("En vigueur")
    COMPLETED = "completed", _("Achevée")


AGREEMENT_MOVES = {
    AgreementState.DRAFT: {AgreementState.SIGNED_BENEFICIARY},
    AgreementState.SIGNED_BENEFICIARY: {AgreementState.IN_FORCE},
    AgreementState.IN_FORCE: {AgreementState.COMPLETED},
    AgreementState.COMPLETED: set(),
}


class Party(TextChoices):
    BENEFICIARY = "beneficiary", _("Bénéficiaire")
    MINISTER = "minister", _("Ministre")


class MilestoneState(TextChoices):
    PLANNED = "planned", _("Prévu")
    REPORTED = "reported", _("Déclaré atteint")
    VERIFIED = "verified", _("Vérifié")
    PARTIAL = "partial", _("Accepté en partie")
    REFUSED = "refused", _("Refusé")
    CANCELLED = "cancelled", _("Annulé")


MILESTONE_MOVES = {
    MilestoneState.PLANNED: {MilestoneState.REPORTED, MilestoneState.CANCELLED},
    MilestoneState.REPORTED: {MilestoneState.VERIFIED, MilestoneState.PARTIAL, MilestoneState.REFUSED},
    MilestoneState.REFUSED: {MilestoneState.REPORTED, MilestoneState.CANCELLED},
    MilestoneState.PARTIAL: {MilestoneState.REPORTED},
    MilestoneState.VERIFIED: set(),
    MilestoneState.CANCELLED: set(),
}

#: states in which nothing more is expected of a milestone
SETTLED = frozenset({MilestoneState.VERIFIED, MilestoneState.PARTIAL, MilestoneState.CANCELLED})


class MilestoneChangeKind(TextChoices):
    POSTPONED = "postponed", _("Reporté")
    CANCELLED = "cancelled", _("Annulé")


class InstalmentKind(TextChoices):
    ADVANCE = "advance", _("Avance")
    MILESTONE = "milestone", _("Jalon")
    HOLDBACK = "holdback", _("Retenue (rapport final)")


class ClaimState(TextChoices):
    DRAFT = "draft", _("Brouillon")
    SUBMITTED = "submitted", _("Soumise")
    IN_VERIFICATION = "in_verification", _("En vérification")
    ADMITTED = "admitted", _("Admise")
    PARTLY_ADMITTED = "partly_admitted", _("Admise en partie")
    REFUSED = "refused", _("Refusée")


CLAIM_MOVES = {
    ClaimState.DRAFT: {ClaimState.SUBMITTED},
    ClaimState.SUBMITTED: {ClaimState.IN_VERIFICATION},
    ClaimState.IN_VERIFICATION: {ClaimState.ADMITTED, ClaimState.PARTLY_ADMITTED, ClaimState.REFUSED},
    ClaimState.ADMITTED: set(),
    ClaimState.PARTLY_ADMITTED: set(),
    ClaimState.REFUSED: set(),
}

#: claims whose amount may be paid, and those that are decided
CLAIM_ADMITTED = frozenset({ClaimState.ADMITTED, ClaimState.PARTLY_ADMITTED})
CLAIM_DECIDED = CLAIM_ADMITTED | {ClaimState.REFUSED}


class ScheduleMethod(TextChoices):
    MILESTONES = "milestones", _("Un versement par jalon")
    EQUAL = "equal", _("Des versements égaux")
    RATES = "rates", _("Des pourcentages")


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
