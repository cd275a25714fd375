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
    TRANSFER = "transfer", _("Virement")
    FREEZE = "freeze", _("Gel de crédits")
    LAPSE = "lapse", _("Crédit périmé")
    CARRY = "carry", _("Crédit reporté")
    REINVESTMENT = "reinvestment", _("Réinvestissement")


#: what opens or closes credit on an envelope × fiscal year: together, what may be reserved and committed
CREDIT_KINDS = (
    LedgerKind.AUTHORISATION,
    LedgerKind.TRANSFER,
    LedgerKind.FREEZE,
    LedgerKind.LAPSE,
    LedgerKind.CARRY,
    LedgerKind.REINVESTMENT,
)
#: credit that only an approved move writes
MOVED_KINDS = CREDIT_KINDS[1:]
#: what a cost of the Secretariat writes
COST_KINDS = (LedgerKind.COMMITMENT, LedgerKind.PAYMENT)


class CreditMoveKind(TextChoices):
    TRANSFER = "transfer", _("Virement")
    FREEZE = "freeze", _("Gel")
    THAW = "thaw", _("Dégel")
    REINVESTMENT = "reinvestment", _("Réinvestissement")
    YEAR_END = "year_end", _("Fin d’exercice")


class CreditMoveState(TextChoices):
    PROPOSED = "proposed", _("Proposé")
    APPROVED = "approved", _("Approuvé")
    REFUSED = "refused", _("Refusé")


CREDIT_MOVE_MOVES = {
    CreditMoveState.PROPOSED: {CreditMoveState.APPROVED, CreditMoveState.REFUSED},
    CreditMoveState.APPROVED: set(),
    CreditMoveState.REFUSED: set(),
}


class DrawAuthorityState(TextChoices):
    PROPOSED = "proposed", _("Proposée")
    ADOPTED = "adopted", _("Adoptée")
    IN_FORCE = "in_force", _("En vigueur")


DRAW_AUTHORITY_MOVES = {
    DrawAuthorityState.PROPOSED: {DrawAuthorityState.ADOPTED},
    DrawAuthorityState.ADOPTED: {DrawAuthorityState.IN_FORCE},
    DrawAuthorityState.IN_FORCE: set(),
}


class CashKind(TextChoices):
    DRAW_DOWN = "draw_down", _("Tirage")
    RECEIPT = "receipt", _("Autre rentrée")


class CashMode(TextChoices):
    WARN = "warn", _("Avertir")
    BLOCK = "block", _("Refuser")


class CostKind(TextChoices):
    SALARIES = "salaries", _("Salaires")
    CONTRACTS = "contracts", _("Contrats")
    OTHER = "other", _("Autres dépenses")


class CostMoveKind(TextChoices):
    COMMITMENT = "commitment", _("Engagement")
    PAYMENT = "payment", _("Paiement")
    CORRECTION = "correction", _("Contre-écriture")
    FORECAST = "forecast", _("Prévision")


class CostMoveState(TextChoices):
    PROPOSED = "proposed", _("Proposée")
    APPROVED = "approved", _("Approuvée")
    REFUSED = "refused", _("Refusée")


COST_MOVE_MOVES = {
    CostMoveState.PROPOSED: {CostMoveState.APPROVED, CostMoveState.REFUSED},
    CostMoveState.APPROVED: set(),
    CostMoveState.REFUSED: set(),
}


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
    DOCUMENTED_FAILURE = "documented_failure", _("Échec documenté")
    TERMINATED = "terminated", _("Résiliée")
    CANCELLED = "cancelled", _("Projet annulé")


AGREEMENT_MOVES = {
    AgreementState.DRAFT: {AgreementState.LEGAL_REVIEW, AgreementState.CANCELLED},
    AgreementState.LEGAL_REVIEW: {AgreementState.SIGNED_BENEFICIARY, AgreementState.DRAFT, AgreementState.CANCELLED},
    AgreementState.SIGNED_BENEFICIARY: {AgreementState.IN_FORCE},
    AgreementState.IN_FORCE: {
        AgreementState.SUSPENDED,
        AgreementState.COMPLETED,
        AgreementState.DOCUMENTED_FAILURE,
        AgreementState.TERMINATED,
    },
    AgreementState.SUSPENDED: {AgreementState.IN_FORCE, AgreementState.TERMINATED},
    AgreementState.COMPLETED: {AgreementState.CLOSED, AgreementState.DOCUMENTED_FAILURE},
    AgreementState.CLOSED: set(),
    AgreementState.DOCUMENTED_FAILURE: set(),
    AgreementState.TERMINATED: set(),
    AgreementState.CANCELLED: {AgreementState.DRAFT},
}


class SignatureFactor(TextChoices):
    """What proved, beside a password, that it was the person."""

    TOTP = "totp", _("Code d’une application")
    WEBAUTHN = "webauthn", _("Clef d’accès")
    RECOVERY = "recovery", _("Code de secours")
    IDENTITY = "identity", _("Authentification gouvernementale")


class SignedCopyState(TextChoices):
    """An agreement signed outside the portal and brought back."""

    RECORDED = "recorded", _("À vérifier")
    ACCEPTED = "accepted", _("Accepté")
    REFUSED = "refused", _("Refusé")


SIGNED_COPY_MOVES = {
    SignedCopyState.RECORDED: {SignedCopyState.ACCEPTED, SignedCopyState.REFUSED},
    SignedCopyState.ACCEPTED: set(),
    SignedCopyState.REFUSED: set(),
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
    FAILED = "failed", _("Échec documenté")


class RiskTier(TextChoices):
    """How closely an agreement is followed."""

    LOW = "low", _("Faible")
    MEDIUM = "medium", _("Moyen")
    HIGH = "high", _("Élevé")


class HoldLift(TextChoices):
    """When payments held by a late report go again."""

    SUBMITTED = "submitted", _("Dès que le rapport est soumis")
    VERIFIED = "verified", _("Quand le rapport est vérifié")


class FollowUpFactKind(TextChoices):
    """What is settled of the follow-up of an agreement."""

    CALENDAR = "calendar", _("Calendrier de suivi établi")
    FINAL_REPORT = "final_report", _("Rapport final vérifié")
    LESSONS = "lessons", _("Leçons publiées")


class TerminationCause(TextChoices):
    DEFAULT = "default", _("Défaut du bénéficiaire")
    MUTUAL = "mutual", _("Commun accord")
    WITHOUT_CAUSE = "without_cause", _("Sans motif")


class AmendmentState(TextChoices):
    PROPOSED = "proposed", _("Proposé")
    PARTLY_APPROVED = "partly_approved", _("En approbation")
    APPROVED = "approved", _("Approuvé")
    IN_FORCE = "in_force", _("En vigueur")
    REFUSED = "refused", _("Refusé")
    CANCELLED = "cancelled", _("Abandonné")


#: written again, an amendment is proposed anew: what was approved of it falls
AMENDMENT_MOVES = {
    AmendmentState.PROPOSED: {
        AmendmentState.PROPOSED,
        AmendmentState.PARTLY_APPROVED,
        AmendmentState.APPROVED,
        AmendmentState.REFUSED,
        AmendmentState.CANCELLED,
    },
    AmendmentState.PARTLY_APPROVED: {
        AmendmentState.APPROVED,
        AmendmentState.PROPOSED,
        AmendmentState.REFUSED,
        AmendmentState.CANCELLED,
    },
    AmendmentState.APPROVED: {AmendmentState.IN_FORCE, AmendmentState.PROPOSED, AmendmentState.CANCELLED},
    AmendmentState.IN_FORCE: set(),
    AmendmentState.REFUSED: set(),
    AmendmentState.CANCELLED: set(),
}


class AmendmentStepKind(TextChoices):
    """What a person did to an amendment."""

    PROPOSED = "proposed", _("Proposé")
    REVISED = "revised", _("Repris")
    CERTIFIED = "certified", _("Disponibilité budgétaire certifiée")
    APPROVED = "approved", _("Approuvé")
    IN_FORCE = "in_force", _("Mis en vigueur")
    REFUSED = "refused", _("Refusé")
    CANCELLED = "cancelled", _("Abandonné")


class AmendmentKind(TextChoices):
    """What an amendment changes."""

    AMOUNT = "amount", _("Montant")
    SCHEDULE = "schedule", _("Versements")
    DATES = "dates", _("Dates")
    SCOPE = "scope", _("Portée")
    FORECAST = "forecast", _("Prévision des gains")


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
    AMENDED = "amended", _("Modifié par avenant")
    CANCELLED = "cancelled", _("Annulé")


class InstalmentKind(TextChoices):
    ADVANCE = "advance", _("Avance")
    MILESTONE = "milestone", _("Jalon")
    HOLDBACK = "holdback", _("Retenue (rapport final)")
    PRIZE = "prize", _("Prix")


#: instalments that wait for no milestone
WITHOUT_MILESTONE = frozenset({InstalmentKind.ADVANCE, InstalmentKind.PRIZE})


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


class OutcomeState(TextChoices):
    """Of a quantity declared under a payment by results."""

    DECLARED = "declared", _("Déclarée")
    VERIFIED = "verified", _("Vérifiée")
    PARTLY_VERIFIED = "partly_verified", _("Vérifiée en partie")
    REFUSED = "refused", _("Refusée")


OUTCOME_MOVES = {
    OutcomeState.DECLARED: {OutcomeState.VERIFIED, OutcomeState.PARTLY_VERIFIED, OutcomeState.REFUSED},
    OutcomeState.VERIFIED: set(),
    OutcomeState.PARTLY_VERIFIED: set(),
    OutcomeState.REFUSED: set(),
}

#: declarations whose amount is due, and those that are decided
OUTCOME_VERIFIED = frozenset({OutcomeState.VERIFIED, OutcomeState.PARTLY_VERIFIED})
OUTCOME_DECIDED = OUTCOME_VERIFIED | {OutcomeState.REFUSED}


class ScheduleMethod(TextChoices):
    MILESTONES = "milestones", _("Un versement par jalon")
    EQUAL = "equal", _("Des versements égaux")
    RATES = "rates", _("Des pourcentages")


class PaymentState(TextChoices):
    REQUESTED = "requested", _("Demandé")
    CERTIFIED = "certified", _("Certifié")
    AUTHORISED = "authorised", _("Autorisé")
    TRANSMITTED = "transmitted", _("Transmis")
    CONFIRMED = "confirmed", _("Confirmé")
    REJECTED = "rejected", _("Rejeté")
    REVERSED = "reversed", _("Annulé par contre-écriture")


#: payments after which an instalment may be asked for again: nothing was paid, or it came back
DEAD_PAYMENTS = (PaymentState.REJECTED, PaymentState.REVERSED)

PAYMENT_MOVES = {
    PaymentState.REQUESTED: {PaymentState.CERTIFIED, PaymentState.REJECTED},
    PaymentState.CERTIFIED: {PaymentState.AUTHORISED, PaymentState.REJECTED},
    PaymentState.AUTHORISED: {PaymentState.TRANSMITTED, PaymentState.REJECTED},
    PaymentState.TRANSMITTED: {PaymentState.CONFIRMED, PaymentState.REJECTED},
    PaymentState.CONFIRMED: {PaymentState.REVERSED},
    PaymentState.REJECTED: set(),
    PaymentState.REVERSED: set(),
}


class BankState(TextChoices):
    ENTERED = "entered", _("À confirmer")
    CONFIRMED = "confirmed", _("Confirmées")
    REFUSED = "refused", _("Refusées")


BANK_MOVES = {
    BankState.ENTERED: {BankState.CONFIRMED, BankState.REFUSED},
    BankState.CONFIRMED: set(),
    BankState.REFUSED: set(),
}


class BatchState(TextChoices):
    PREPARED = "prepared", _("Préparé")
    TRANSMITTED = "transmitted", _("Transmis")
    CANCELLED = "cancelled", _("Annulé")


BATCH_MOVES = {
    BatchState.PREPARED: {BatchState.TRANSMITTED, BatchState.CANCELLED},
    BatchState.TRANSMITTED: set(),
    BatchState.CANCELLED: set(),
}


class ReturnStatus(TextChoices):
    CONFIRMED = "confirme", _("Confirmé")
    REJECTED = "rejete", _("Rejeté")


class Recredit(TextChoices):
    SAME_YEAR = "same_year", _("Dans le même exercice seulement")
    ALWAYS = "always", _("Toujours")
    NEVER = "never", _("Jamais")


class RecoveryBasis(TextChoices):
    """Why a sum that was paid is to be returned."""

    TERMINATION = "termination", _("Résiliation de la convention")
    DEFAULT = "default", _("Condition non respectée")
    INELIGIBLE = "ineligible", _("Coût non admissible")
    OVERPAYMENT = "overpayment", _("Trop-payé")
    UNUSED = "unused", _("Somme non utilisée")


class RecoveryState(TextChoices):
    ESTABLISHED = "established", _("Constaté")
    CLAIMED = "claimed", _("Réclamé")
    SCHEDULED = "scheduled", _("Échelonné")
    RECEIVED = "received", _("Reçu")
    WRITTEN_OFF = "written_off", _("Radié")
    CANCELLED = "cancelled", _("Annulé")


#: a receipt that is corrected leaves something due again
RECOVERY_MOVES = {
    RecoveryState.ESTABLISHED: {RecoveryState.CLAIMED, RecoveryState.SCHEDULED, RecoveryState.CANCELLED},
    RecoveryState.CLAIMED: {RecoveryState.SCHEDULED, RecoveryState.RECEIVED, RecoveryState.WRITTEN_OFF},
    RecoveryState.SCHEDULED: {RecoveryState.RECEIVED, RecoveryState.WRITTEN_OFF},
    RecoveryState.RECEIVED: {RecoveryState.CLAIMED, RecoveryState.SCHEDULED},
    RecoveryState.WRITTEN_OFF: {RecoveryState.CLAIMED, RecoveryState.SCHEDULED},
    RecoveryState.CANCELLED: set(),
}

#: recoveries whose sum is expected, and those that their recipient knows of
RECOVERY_DUE = (RecoveryState.CLAIMED, RecoveryState.SCHEDULED)
RECOVERY_TOLD = (*RECOVERY_DUE, RecoveryState.RECEIVED, RecoveryState.WRITTEN_OFF)
#: recoveries that keep an agreement from being closed
RECOVERY_OPEN = (RecoveryState.ESTABLISHED, *RECOVERY_DUE)


class WriteOffState(TextChoices):
    REQUESTED = "requested", _("Demandée")
    APPROVED = "approved", _("Approuvée")
    REFUSED = "refused", _("Refusée")


WRITE_OFF_MOVES = {
    WriteOffState.REQUESTED: {WriteOffState.APPROVED, WriteOffState.REFUSED},
    WriteOffState.APPROVED: set(),
    WriteOffState.REFUSED: set(),
}
