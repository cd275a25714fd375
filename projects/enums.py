"""Codes of the ground floor, their French labels, and the moves of their state machines (`docs/states.md` is drawn from here)."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    WRITER = "writer", _("Rédaction")
    FINANCE_RESPONDENT = "finance_respondent", _("Répondance financière")
    SIGNATORY = "signatory", _("Signataire")
    OFFICER = "officer", _("Agent de programme")
    ADVISER = "adviser", _("Conseil en accompagnement")
    REVIEWER = "reviewer", _("Évaluation")
    COMMITTEE_MEMBER = "committee_member", _("Membre du comité")
    COMMITTEE_SECRETARY = "committee_secretary", _("Secrétariat du comité")
    DIRECTOR = "director", _("Direction du financement")
    HEAD = "head", _("Tête du Secrétariat")
    MINISTER_DELEGATE = "minister_delegate", _("Délégation ministérielle")
    CONTROLLER = "controller", _("Contrôle financier")
    PAYMENT_REQUESTER = "payment_requester", _("Demande de paiement")
    PAYMENT_AUTHORISER = "payment_authoriser", _("Autorisation de paiement")
    GAIN_VERIFIER = "gain_verifier", _("Vérification des gains")
    AUDITOR = "auditor", _("Audit")
    STATISTICIAN = "statistician", _("Statistique")
    PRIVACY_OFFICER = "privacy_officer", _("Protection des renseignements personnels")
    ARCHIVIST = "archivist", _("Archives")
    TECHNICAL_ADMIN = "technical_admin", _("Administration technique")


#: Roles held in an applicant organisation; every other role is held in a unit of the Secretariat or beside it.
APPLICANT_ROLES = frozenset({Role.WRITER, Role.FINANCE_RESPONDENT, Role.SIGNATORY})


class DelegationState(TextChoices):
    PROPOSED = "proposed", _("Proposée")
    APPROVED = "approved", _("Approuvée")
    REFUSED = "refused", _("Refusée")
    WITHDRAWN = "withdrawn", _("Retirée")
    REVOKED = "revoked", _("Révoquée")


DELEGATION_MOVES = {
    DelegationState.PROPOSED: {DelegationState.APPROVED, DelegationState.REFUSED, DelegationState.WITHDRAWN},
    DelegationState.APPROVED: {DelegationState.REVOKED},
    DelegationState.REFUSED: set(),
    DelegationState.WITHDRAWN: set(),
    DelegationState.REVOKED: set(),
}


class OrganisationKind(TextChoices):
    MINISTRY = "ministry", _("Ministère")
    AGENCY = "agency", _("Organisme")
    MUNICIPALITY = "municipality", _("Municipalité")
    MRC = "mrc", _("MRC")
    UNIT = "unit", _("Unité du Secrétariat")
    PARTNER = "partner", _("Partenaire")
    OTHER = "other", _("Autre")


class ChangeKind(TextChoices):
    """What happened to an organisation."""

    CREATED = "created", _("Inscription au registre")
    RENAMED = "renamed", _("Changement de nom")
    CORRECTED = "corrected", _("Correction")
    MERGED = "merged", _("Fusion")
    ABOLISHED = "abolished", _("Abolition")


#: Kinds whose people hold the roles of the Fund; those of any other kind hold the roles of an applicant.
UNIT_KINDS = frozenset({OrganisationKind.UNIT, OrganisationKind.PARTNER})


class FiscalCalendar(TextChoices):
    STATE = "state", _("Du 1er avril au 31 mars")
    CALENDAR = "calendar", _("Année civile")


class EnvelopeCode(TextChoices):
    PROJECTS = "PROJECTS", _("Projets d’innovation")
    SECRETARIAT = "SECRETARIAT", _("Fonctionnement du Secrétariat")


class Modality(TextChoices):
    MILESTONES = "milestones", _("Subvention par jalons")
    PRIZE = "prize", _("Prix et défi")
    OUTCOME = "outcome", _("Paiement aux résultats")
    MICRO = "micro", _("Microfinancement")


class CallState(TextChoices):
    DRAFT = "draft", _("Brouillon")
    SUBMITTED = "submitted", _("À approuver")
    APPROVED = "approved", _("Approuvé")
    PUBLISHED = "published", _("À venir")
    OPEN = "open", _("Ouvert")
    CLOSED = "closed", _("Fermé")
    REVIEW = "review", _("En évaluation")
    DECIDED = "decided", _("Décisions rendues")
    ENDED = "ended", _("Clos")
    CANCELLED = "cancelled", _("Annulé")


CALL_MOVES = {
    CallState.DRAFT: {CallState.SUBMITTED, CallState.CANCELLED},
    CallState.SUBMITTED: {CallState.DRAFT, CallState.APPROVED, CallState.CANCELLED},
    CallState.APPROVED: {CallState.PUBLISHED, CallState.CANCELLED},
    CallState.PUBLISHED: {CallState.OPEN, CallState.CANCELLED},
    CallState.OPEN: {CallState.CLOSED, CallState.CANCELLED},
    CallState.CLOSED: {CallState.REVIEW, CallState.CANCELLED},
    CallState.REVIEW: {CallState.DECIDED},
    CallState.DECIDED: {CallState.ENDED},
    CallState.ENDED: set(),
    CallState.CANCELLED: set(),
}

#: States of a published call in which its dates and the clock say what it is, and beat only records it.
CALL_STATES_BY_CLOCK = frozenset({CallState.PUBLISHED, CallState.OPEN})

#: States in which anyone may read a call.
PUBLIC_CALL_STATES = frozenset(
    {CallState.PUBLISHED, CallState.OPEN, CallState.CLOSED, CallState.REVIEW, CallState.DECIDED, CallState.ENDED}
)


class ApplicationState(TextChoices):
    DRAFT = "draft", _("Brouillon")
    SUBMITTED = "submitted", _("Déposée")
    ELIGIBLE = "eligible", _("Recevable")
    INELIGIBLE = "ineligible", _("Non recevable")
    IN_REVIEW = "in_review", _("En évaluation")
    REVIEWED = "reviewed", _("Évaluée")
    RECOMMENDED = "recommended", _("Recommandée")
    NOT_RECOMMENDED = "not_recommended", _("Non recommandée")
    ACCEPTED = "accepted", _("Acceptée")
    REFUSED = "refused", _("Refusée")
    CONVERTED = "converted", _("Convertie en projet")
    WITHDRAWN = "withdrawn", _("Retirée")


_S = ApplicationState
APPLICATION_MOVES = {
    _S.DRAFT: {_S.SUBMITTED},
    _S.SUBMITTED: {_S.ELIGIBLE, _S.INELIGIBLE, _S.WITHDRAWN},
    _S.ELIGIBLE: {_S.IN_REVIEW, _S.WITHDRAWN},
    _S.INELIGIBLE: set(),
    _S.IN_REVIEW: {_S.REVIEWED, _S.WITHDRAWN},
    # a reviewer's late conflict may leave too few reviews: the application goes back to review
    _S.REVIEWED: {_S.RECOMMENDED, _S.NOT_RECOMMENDED, _S.WITHDRAWN, _S.IN_REVIEW},
    _S.RECOMMENDED: {_S.ACCEPTED, _S.REFUSED, _S.REVIEWED},
    _S.NOT_RECOMMENDED: {_S.REFUSED, _S.REVIEWED},
    _S.ACCEPTED: {_S.CONVERTED},
    _S.REFUSED: set(),
    _S.CONVERTED: set(),
    _S.WITHDRAWN: set(),
}


#: states in which the applicant still waits for a decision
WAITING = frozenset({_S.SUBMITTED, _S.ELIGIBLE, _S.IN_REVIEW, _S.REVIEWED, _S.RECOMMENDED, _S.NOT_RECOMMENDED})


class SectionKind(TextChoices):
    ORGANISATION = "organisation", _("Présenter l’organisme")
    NEED = "need", _("Expliquer le besoin et la solution")
    PLAN = "plan", _("Planifier la réalisation")
    BUDGET = "budget", _("Établir le budget")
    GAINS = "gains", _("Estimer les gains")
    DOCUMENTS = "documents", _("Joindre les documents")
    DECLARATION = "declaration", _("Déclarer l’exactitude")


class CostCategory(TextChoices):
    SALARIES = "salaries", _("Salaires")
    FEES = "fees", _("Honoraires")
    LICENCES = "licences", _("Licences et infonuagique")
    EQUIPMENT = "equipment", _("Équipement")
    TRAINING = "training", _("Formation et gestion du changement")
    OTHER = "other", _("Autres coûts admissibles")


class FundingSource(TextChoices):
    FUND = "fund", _("Fonds pour l’innovation publique")
    APPLICANT = "applicant", _("Contribution de l’organisme")
    QUEBEC = "quebec", _("Gouvernement du Québec (autre programme)")
    CANADA = "canada", _("Gouvernement du Canada")
    MUNICIPAL = "municipal", _("Milieu municipal")
    PRIVATE = "private", _("Secteur privé ou OBNL")


#: Sources counted as public aid against the stacking limit (domain.md T20); the applicant's own share is not aid.
PUBLIC_AID = frozenset({FundingSource.FUND, FundingSource.QUEBEC, FundingSource.CANADA, FundingSource.MUNICIPAL})


class Nature(TextChoices):
    CASH = "CASH", _("Économie encaissable")
    REV = "REV", _("Revenu additionnel")
    COST = "COST", _("Hausse de coût récurrente")
    AVOID = "AVOID", _("Coût évité")
    PROD = "PROD", _("Productivité")


#: Natures of the net budgetary gain (domain.md 4.2); the others stand beside it, never inside.
BUDGETARY = frozenset({Nature.CASH, Nature.REV, Nature.COST})


class Recurrence(TextChoices):
    ONE_OFF = "one_off", _("Ponctuel")
    RECURRENT = "recurrent", _("Récurrent")


class Worse(TextChoices):
    """Which way a service indicator gets worse."""

    HIGHER = "higher", _("Quand la valeur monte")
    LOWER = "lower", _("Quand la valeur descend")


class Stage(TextChoices):
    FORECAST = "forecast", _("Prévu")
    REPORTED = "reported", _("Déclaré")
    VERIFIED = "verified", _("Vérifié")
    CAPTURED = "captured", _("Capté")


class ProjectState(TextChoices):
    ACTIVE = "active", _("En cours")
    COMPLETED = "completed", _("Terminé")
    TERMINATED = "terminated", _("Résilié")


PROJECT_MOVES = {
    ProjectState.ACTIVE: {ProjectState.COMPLETED, ProjectState.TERMINATED},
    ProjectState.COMPLETED: set(),
    ProjectState.TERMINATED: set(),
}


class InterestAnswer(TextChoices):
    NONE = "none", _("Aucun intérêt à déclarer")
    POTENTIAL = "potential", _("Apparence ou risque de conflit")
    ACTUAL = "actual", _("Conflit d’intérêts")


class DocumentKind(TextChoices):
    RESOLUTION = "resolution", _("Résolution ou autorisation")
    QUOTE = "quote", _("Soumission ou devis")
    SUPPORT = "support", _("Document d’appui")
    EVIDENCE = "evidence", _("Pièce justificative")
    BUDGET = "budget", _("Document budgétaire")
    LETTER = "letter", _("Lettre de décision")
    AGREEMENT = "agreement", _("Convention")
    SIGNED = "signed", _("Convention signée")


class TokenScope(TextChoices):
    """What a token of the API may read; its person's own rights still decide which rows."""

    CALLS = "read:calls", _("Appels à projets")
    APPLICATIONS = "read:applications", _("Demandes")
    PROJECTS = "read:projects", _("Projets")
    AWARDS = "read:awards", _("Décisions")
    AGREEMENTS = "read:agreements", _("Conventions")
    PAYMENTS = "read:payments", _("Paiements")
    GAINS = "read:gains", _("Gains")
    REPORTS = "read:reports", _("Rapports")


class ExceptionalState(TextChoices):
    """Of a technical administrator's request to read one file or one call. That time is up is told by the clock, not by a state."""

    REQUESTED = "requested", _("À approuver")
    GRANTED = "granted", _("Accordé")
    REFUSED = "refused", _("Refusé")
    ENDED = "ended", _("Terminé avant l’heure")
    EXPIRED = "expired", _("Resté sans réponse")


EXCEPTIONAL_MOVES = {
    ExceptionalState.REQUESTED: {ExceptionalState.GRANTED, ExceptionalState.REFUSED, ExceptionalState.EXPIRED},
    ExceptionalState.GRANTED: {ExceptionalState.ENDED},
    ExceptionalState.REFUSED: set(),
    ExceptionalState.ENDED: set(),
    ExceptionalState.EXPIRED: set(),
}


class IncidentState(TextChoices):
    OPEN = "open", _("Ouvert")
    CLOSED = "closed", _("Clos")


INCIDENT_MOVES = {IncidentState.OPEN: {IncidentState.CLOSED}, IncidentState.CLOSED: set()}


class InformationKind(TextChoices):
    """Kinds of personal information that an incident may touch."""

    IDENTITY = "identity", _("Identité (nom, date de naissance)")
    CONTACT = "contact", _("Coordonnées")
    CREDENTIALS = "credentials", _("Accès (mots de passe, jetons)")
    EMPLOYMENT = "employment", _("Emploi et rôles")
    FINANCIAL = "financial", _("Renseignements financiers")
    HEALTH = "health", _("Santé")
    OTHER = "other", _("Autres renseignements")


class InjuryRisk(TextChoices):
    UNKNOWN = "unknown", _("À évaluer")
    LOW = "low", _("Pas de risque sérieux")
    SERIOUS = "serious", _("Risque sérieux de préjudice")
