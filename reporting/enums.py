"""Codes of gain reports, snapshots and runs, their French labels and moves."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class GainReportState(TextChoices):
    DRAFT = "draft", _("À cosigner")
    SUBMITTED = "submitted", _("À vérifier")
    RETURNED = "returned", _("Retournée")
    VERIFIED = "verified", _("Vérifiée")
    PARTLY_VERIFIED = "partly_verified", _("Vérifiée en partie")
    REJECTED = "rejected", _("Rejetée")
    CAPTURED = "captured", _("Captée")
    #: restated since it was verified: the last verified amount still counts
    TO_REVERIFY = "to_reverify", _("À revérifier")


_S = GainReportState
GAIN_REPORT_MOVES = {
    _S.DRAFT: {_S.DRAFT, _S.SUBMITTED},  # corrected before it is co-signed
    _S.SUBMITTED: {_S.RETURNED, _S.VERIFIED, _S.PARTLY_VERIFIED, _S.REJECTED},
    _S.RETURNED: {_S.DRAFT},
    _S.VERIFIED: {_S.CAPTURED, _S.TO_REVERIFY},
    _S.PARTLY_VERIFIED: {_S.CAPTURED, _S.TO_REVERIFY},
    _S.REJECTED: set(),
    _S.CAPTURED: {_S.TO_REVERIFY},
    _S.TO_REVERIFY: {_S.TO_REVERIFY, _S.VERIFIED, _S.PARTLY_VERIFIED, _S.REJECTED, _S.CAPTURED},
}
#: what may be restated; what may be captured
RESTATABLE = (_S.VERIFIED, _S.PARTLY_VERIFIED, _S.CAPTURED, _S.TO_REVERIFY)
EXAMINED = (_S.VERIFIED, _S.PARTLY_VERIFIED)


class RestatementState(TextChoices):
    """A restatement on its way to become the version of its gain that is known."""

    DRAFT = "draft", _("À cosigner")
    SUBMITTED = "submitted", _("À revérifier")
    RETURNED = "returned", _("Retournée")
    EXAMINED = "examined", _("Examinée")
    REPLACED = "replaced", _("Remplacée")


_R = RestatementState
RESTATEMENT_MOVES = {
    _R.DRAFT: {_R.SUBMITTED, _R.REPLACED},
    _R.SUBMITTED: {_R.RETURNED, _R.EXAMINED},
    _R.RETURNED: set(),
    _R.EXAMINED: set(),
    _R.REPLACED: set(),
}


class Maturity(TextChoices):
    """How settled a reported gain is, in the three classes of the United Kingdom's Treasury."""

    PRELIMINARY = "preliminary", _("Préliminaire : estimation, données partielles")
    INTERIM = "interim", _("Intermédiaire : données complètes, non contrôlées")
    FINAL = "final", _("Finale : données complètes et contrôlées")


class Rating(TextChoices):
    GREEN = "green", _("Vert : montant fidèle")
    AMBER = "amber", _("Ambre : incertitude")
    RED = "red", _("Rouge : non démontré ou surévalué")


class Assurance(TextChoices):
    """The opinion of the verifier on the method, the calculation and the evidence."""

    SUBSTANTIAL = "substantial", _("Assurance élevée")
    MODERATE = "moderate", _("Assurance modérée")
    LIMITED = "limited", _("Assurance limitée")
    UNSATISFACTORY = "unsatisfactory", _("Assurance insuffisante")


class Point(TextChoices):
    """What a verifier checks on each gain, and says in writing."""

    CAUSATION = "causation", _("Causalité")
    REALISATION = "realisation", _("Réalisation")
    VALUATION = "valuation", _("Valorisation")
    ATTRIBUTION = "attribution", _("Attribution")
    VALIDATION = "validation", _("Validation")


class ImportState(TextChoices):
    QUEUED = "queued", _("À examiner")
    EXAMINING = "examining", _("En examen")
    REFUSED = "refused", _("À corriger")
    READY = "ready", _("À confirmer")
    CONFIRMED = "confirmed", _("En importation")
    MOVED = "moved", _("À examiner de nouveau")
    FAILED = "failed", _("Interrompue")
    IMPORTED = "imported", _("Importée")
    NOTHING = "nothing", _("Rien de nouveau")
    CANCELLED = "cancelled", _("Annulée")


_I = ImportState
IMPORT_MOVES = {
    _I.QUEUED: {_I.EXAMINING, _I.CANCELLED},
    _I.EXAMINING: {_I.EXAMINING, _I.REFUSED, _I.READY, _I.NOTHING, _I.FAILED},  # left there by a worker that died, it starts again
    _I.REFUSED: {_I.QUEUED, _I.CANCELLED},
    _I.READY: {_I.CONFIRMED, _I.QUEUED, _I.CANCELLED},
    _I.CONFIRMED: {_I.IMPORTED, _I.MOVED, _I.FAILED},
    _I.MOVED: {_I.QUEUED, _I.CANCELLED},
    _I.FAILED: {_I.QUEUED, _I.CANCELLED},
    _I.IMPORTED: set(),
    _I.NOTHING: set(),
    _I.CANCELLED: set(),
}


class Population(TextChoices):
    """Which reported gains a sample is drawn from, as they were known at its knowledge date."""

    ALL = "all", _("Tous les gains déclarés")
    UNEXAMINED = "unexamined", _("Déclarés, pas encore examinés")
    EXAMINED = "examined", _("Déclarés et examinés")


class Picked(TextChoices):
    LARGEST = "largest", _("Plus grand montant")
    UNIT = "unit", _("Unité monétaire")


class SnapshotKind(TextChoices):
    WORKING = "working", _("Instantané de travail")
    EDITION = "edition", _("Édition conservée")
    ASKED = "asked", _("Instantané demandé")
    #: the working snapshot before this one: a page that began on it ends on it
    REPLACED = "replaced", _("Instantané remplacé")


class RunState(TextChoices):
    QUEUED = "queued", _("En attente")
    RUNNING = "running", _("En calcul")
    DONE = "done", _("Calculé")
    FAILED = "failed", _("Échoué")


RUN_MOVES = {
    RunState.QUEUED: {RunState.RUNNING},
    RunState.RUNNING: {RunState.DONE, RunState.FAILED},
    RunState.FAILED: {RunState.RUNNING},
    RunState.DONE: set(),
}


class ContestCause(TextChoices):
    """Why the gains of a line count in no total for now."""

    OVERLAP = "overlap", _("Chevauchement")
    QUALITY = "quality", _("Qualité du service")


class VarianceBand(TextChoices):
    """How far the verified gain is from the reference forecast, either way."""

    GREEN = "green", _("Vert : écart d’au plus 10 %")
    AMBER = "amber", _("Ambre : écart d’au plus 25 %")
    RED = "red", _("Rouge : écart de plus de 25 %")


class VarianceCause(TextChoices):
    DELAY = "delay", _("Retard")
    VOLUME = "volume", _("Volume")
    COST = "cost", _("Coût")
    SCOPE = "scope", _("Portée")
    METHOD = "method", _("Méthode de calcul")
    EXTERNAL = "external", _("Cause externe")
    OTHER = "other", _("Autre")


class RenewalAdvice(TextChoices):
    """What the computation recommends; the last two say why it recommends nothing."""

    NONE = "none", _("Aucune reconduction")
    PARTIAL = "partial", _("Reconduction en partie")
    FULL = "full", _("Reconduction intégrale")
    BONUS = "bonus", _("Bonification")
    UNVERIFIED = "unverified", _("Vérification insuffisante")
    UNMEASURED = "unmeasured", _("Objectifs non mesurés")


class RenewalState(TextChoices):
    OPENED = "opened", _("Ouvert")
    ANALYSED = "analysed", _("Analysé")
    RECOMMENDED = "recommended", _("Recommandé")
    DECIDED = "decided", _("Décidé")
    IMPLEMENTED = "implemented", _("Mis en œuvre")


RENEWAL_MOVES = {
    RenewalState.OPENED: {RenewalState.ANALYSED},
    RenewalState.ANALYSED: {RenewalState.RECOMMENDED},
    RenewalState.RECOMMENDED: {RenewalState.ANALYSED, RenewalState.DECIDED},  # returned to be analysed again
    RenewalState.DECIDED: {RenewalState.IMPLEMENTED},
    RenewalState.IMPLEMENTED: set(),
}


class RenewalDecision(TextChoices):
    NONE = "none", _("Aucune")
    PARTIAL = "partial", _("Partielle")
    FULL = "full", _("Intégrale")
    BONUS = "bonus", _("Bonifiée")


class ParameterKind(TextChoices):
    """A parameter of the figures that a person proposes and another one approves."""

    RATE = "rate", _("Taux d’actualisation")
    INDEX = "index", _("Indice des prix")
    RENEWAL = "renewal", _("Paramètres de reconduction")


class ParameterState(TextChoices):
    PROPOSED = "proposed", _("Proposé")
    APPROVED = "approved", _("Approuvé")
    REFUSED = "refused", _("Refusé")


PARAMETER_MOVES = {
    ParameterState.PROPOSED: {ParameterState.APPROVED, ParameterState.REFUSED},
    ParameterState.APPROVED: set(),
    ParameterState.REFUSED: set(),
}


class OverlapOutcome(TextChoices):
    """How two lines that claim the same budget were settled."""

    BOTH_REAL = "both_real", _("Deux dépenses différentes")
    WITHDRAWN = "withdrawn", _("Une ligne est retirée")


class FollowUpKind(TextChoices):
    """What a follow-up report of an agreement is for."""

    PERIODIC = "periodic", _("Rapport périodique")
    MID_TERM = "mid_term", _("Rapport de mi-parcours")
    CLOSING = "closing", _("Rapport final")
    POST_CLOSING = "post_closing", _("Suivi après la fin")


class FollowUpState(TextChoices):
    EXPECTED = "expected", _("À venir")
    DUE = "due", _("À remettre")
    LATE = "late", _("En retard")
    TO_COSIGN = "to_cosign", _("À cosigner")
    SUBMITTED = "submitted", _("À vérifier")
    RETURNED = "returned", _("Retourné")
    VERIFIED = "verified", _("Vérifié")
    WITHDRAWN = "withdrawn", _("Retiré du calendrier")


_F = FollowUpState
#: signed and taken back before its co-signature, a report is again what its clock says
FOLLOW_UP_MOVES = {
    _F.EXPECTED: {_F.DUE, _F.LATE, _F.TO_COSIGN, _F.WITHDRAWN},
    _F.DUE: {_F.LATE, _F.TO_COSIGN, _F.WITHDRAWN},
    _F.LATE: {_F.TO_COSIGN, _F.WITHDRAWN},
    _F.TO_COSIGN: {_F.SUBMITTED, _F.DUE, _F.LATE, _F.RETURNED},
    _F.SUBMITTED: {_F.RETURNED, _F.VERIFIED},
    _F.RETURNED: {_F.TO_COSIGN},
    _F.VERIFIED: set(),
    _F.WITHDRAWN: set(),
}
#: states in which an organisation writes its report, and those in which nobody has received it yet
FOLLOW_UP_WRITABLE = (_F.EXPECTED, _F.DUE, _F.LATE, _F.RETURNED)
FOLLOW_UP_OPEN = (_F.EXPECTED, _F.DUE, _F.LATE, _F.TO_COSIGN)


class FollowUpPart(TextChoices):
    """The sections of a follow-up report, in the order of its task list."""

    PROGRESS = "progress", _("Avancement")
    COSTS = "costs", _("Coûts")
    GAINS = "gains", _("Gains")
    OBJECTIVES = "objectives", _("Objectifs de l’appel")
    EQUITY = "equity", _("Analyse différenciée (ADS+)")
    LESSONS = "lessons", _("Leçons")
