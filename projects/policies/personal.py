"""The registry of personal information (Law 25, INV-28): each field that says something of a person, why, for how long, and who reads it.

`docs/rules/personal-information.md` is drawn from here. A test walks every model, those of the libraries too: a field that looks personal
is in REGISTRY or in NOT_PERSONAL, and a model that has none is in NOTHING_PERSONAL. Who did what (a foreign key to a person) is in every
act, under the rule of the journal, and is not listed field by field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Retention:
    """How long information of a class is kept."""

    code: str
    label: Text
    rule: Text


@dataclass(frozen=True, slots=True)
class Personal:
    """One field: `path` is app.Model.field."""

    path: str
    purpose: Text
    retention: Retention
    access: Text

    @property
    def model(self) -> str:
        return self.path.rpartition(".")[0]


ACCOUNT = Retention(
    "account",
    _("Compte"),
    _("Tant que le compte existe; le nom reste sur les actes passés. Un compte inactif est fermé, après un avis."),
)
ACTS = Retention(
    "acts", _("Actes"), _("Aussi longtemps que le dossier public dont l’acte fait partie, selon le calendrier de conservation.")
)
FILE = Retention("file", _("Dossier"), _("Avec le dossier de la demande, selon le calendrier de conservation."))
SESSION = Retention("session", _("Session"), _("La durée de la session : quelques heures."))
SHORT = Retention("short", _("Lien ou fichier"), _("24 heures pour un lien, 7 jours pour un fichier ou un calcul demandé."))
SIGN_IN = Retention("sign-in", _("Connexions"), _("Aussi longtemps que les actes : elles disent qui pouvait agir, et quand."))

_OWN = _("La personne; la direction et les membres de son organisme")
_SELF = _("La personne seulement")
_AUDIT = _("L’audit, la direction, la tête; les actes d’un dossier caché par une récusation ne se lisent pas")
_FILE = _("Qui lit le dossier; une récusation le cache")
_NOBODY = _("Personne : seul le portail s’en sert")

REGISTRY: tuple[Personal, ...] = (
    Personal("projects.User.name", _("Savoir qui agit et à qui répondre"), ACCOUNT, _OWN),
    Personal("projects.User.email", _("Se connecter et recevoir les messages du portail"), ACCOUNT, _OWN),
    Personal(
        "projects.User.password", _("Prouver que c’est bien la personne (empreinte Argon2, jamais le mot de passe)"), ACCOUNT, _NOBODY
    ),
    Personal("projects.User.last_login", _("Fermer les comptes inactifs"), ACCOUNT, _("La personne; le rapport des accès")),
    Personal("projects.UserEvent.name", _("Dire le nom d’alors dans un rapport à une date passée"), ACTS, _("Le rapport des accès")),
    Personal("projects.UserEvent.email", _("Prouver quel courriel un compte avait"), ACTS, _("L’audit, sur demande")),
    Personal("projects.Membership.role", _("Savoir ce que la personne peut faire, où, de quand à quand"), ACTS, _OWN),
    Personal("projects.MembershipEvent.role", _("Reconstituer les rôles à une date passée"), ACTS, _("Le rapport des accès")),
    Personal(
        "projects.SignIn.at",
        _("Dire dans le rapport des accès quand une personne s’est connectée"),
        SIGN_IN,
        _("La personne; le rapport des accès"),
    ),
    Personal("projects.EmailChange.email", _("Confirmer un nouveau courriel"), ACCOUNT, _SELF),
    Personal("projects.EmailChange.previous_email", _("Prévenir l’ancienne adresse"), ACCOUNT, _SELF),
    Personal("projects.InactivityNotice.closes_on", _("Prévenir avant de fermer un compte"), ACCOUNT, _SELF),
    Personal("projects.ApiToken.name", _("Reconnaître un jeton d’accès"), ACCOUNT, _SELF),
    Personal("projects.Message.subject", _("Informer la personne de ce qui arrive à un dossier"), FILE, _SELF),
    Personal("projects.Message.body", _("Informer la personne de ce qui arrive à un dossier"), FILE, _SELF),
    Personal(
        "projects.InterestDeclaration.explanation", _("Décider d’un conflit d’intérêts"), FILE, _("La personne; qui en décide; l’audit")
    ),
    Personal("projects.Recusal.reason", _("Justifier une récusation"), FILE, _("La personne; qui en décide; l’audit")),
    Personal("projects.ApplicationSection.data", _("Instruire la demande : on peut y nommer l’équipe du projet"), FILE, _FILE),
    Personal("reporting.FollowUpSection.content", _("Suivre le projet : on peut y nommer son équipe"), FILE, _FILE),
    Personal("reporting.FollowUpVersion.content", _("Garder ce qui a été signé"), FILE, _FILE),
    Personal("projects.ApplicationVersion.content", _("Garder ce qui a été déposé"), FILE, _FILE),
    Personal("projects.Document.path", _("Instruire la demande et prouver les jalons et les gains"), FILE, _FILE),
    Personal("projects.Document.name", _("Retrouver un document; son nom peut dire celui d’une personne"), FILE, _FILE),
    Personal("projects.JournalEntry.content", _("Prouver qui a fait quoi; des numéros de personnes, aucun nom ni courriel"), ACTS, _AUDIT),
    Personal("projects.OutboxMessage.error", _("Réparer un envoi qui échoue; les courriels y sont masqués"), SHORT, _NOBODY),
    Personal(
        "projects.ExceptionalAccess.reason",
        _("Justifier un accès exceptionnel"),
        ACTS,
        _("La personne; la direction, la tête, l’audit, la protection des renseignements"),
    ),
    Personal(
        "projects.Incident.description",
        _("Tenir le registre des incidents, sans nommer les personnes"),
        ACTS,
        _("La protection des renseignements, la tête, l’audit"),
    ),
    Personal(
        "projects.IncidentEvent.description",
        _("Garder chaque version du registre"),
        ACTS,
        _("La protection des renseignements, la tête, l’audit"),
    ),
    Personal(
        "funding.Review.comment", _("Motiver une évaluation : une opinion signée"), FILE, _("Le Secrétariat et l’audit; jamais l’organisme")
    ),
    Personal(
        "funding.SignedCopy.beneficiary_name", _("Savoir qui a signé un exemplaire hors du portail"), ACTS, _("Qui lit la convention")
    ),
    Personal("funding.SignedCopy.minister_name", _("Savoir qui a signé un exemplaire hors du portail"), ACTS, _("Qui lit la convention")),
    Personal(
        "funding.BankDetail.holder",
        _("Payer l’organisme au bon compte; un titulaire peut porter le nom d’une personne"),
        ACTS,
        _("Les membres de l’organisme et qui fait les paiements"),
    ),
    Personal(
        "funding.BankDetail.account",
        _("Payer l’organisme (numéro chiffré; les pages n’en montrent que les trois derniers chiffres)"),
        ACTS,
        _("Personne : seul le fichier remis au système comptable le contient"),
    ),
    Personal(
        "reporting.SnapshotRow.data",
        _("Garder le rapport des accès, où les personnes sont nommées"),
        SHORT,
        _("Les lecteurs de ce rapport"),
    ),
    Personal(
        "reporting.PortfolioFile.path",
        _("Prouver ce qui a été importé; un titre ou une preuve peut nommer une personne"),
        ACTS,
        _("Le contrôle financier, la direction, la tête, l’audit; 30 jours seulement si rien n’a été importé"),
    ),
    Personal("reporting.Export.path", _("Remettre un fichier à qui l’a demandé"), SHORT, _SELF),
    Personal("projects.Invitation.email", _("Envoyer une invitation à la personne choisie"), FILE, _OWN),
    Personal("mfa.Authenticator.data", _("Vérifier un second facteur : une clef publique, ou un secret chiffré"), ACCOUNT, _NOBODY),
    Personal("socialaccount.SocialAccount.uid", _("Reconnaître une identité gouvernementale liée au compte"), ACCOUNT, _SELF),
    Personal("socialaccount.SocialToken.token", _("Rien n’y est gardé (bibliothèque de connexion)"), ACCOUNT, _NOBODY),
    Personal("usersessions.UserSession.ip", _("Montrer à la personne d’où ses sessions sont ouvertes"), SESSION, _SELF),
    Personal(
        "usersessions.UserSession.user_agent", _("Montrer à la personne sur quel appareil ses sessions sont ouvertes"), SESSION, _SELF
    ),
    Personal("sessions.Session.session_data", _("Reconnaître une personne connectée"), SESSION, _NOBODY),
    Personal("account.EmailAddress.email", _("Se connecter (bibliothèque de comptes)"), ACCOUNT, _NOBODY),
    Personal("account.EmailConfirmation.key", _("Confirmer un courriel (bibliothèque de comptes)"), SHORT, _NOBODY),
)

#: names of fields that look personal wherever they are; e-mail and address fields do as well, by their type
NAMES = frozenset(
    {
        "name", "first_name", "last_name", "full_name", "username", "email", "phone", "telephone", "address", "postal_code", "birth_date",
        "sex", "gender", "sin", "ip", "ip_address", "user_agent", "browser", "password", "session_data", "explanation",
    }
)  # fmt: skip

#: fields that look personal and are not: path → what it is
NOT_PERSONAL: Mapping[str, Text] = {
    "projects.TermsProfile.name": _("Nom d’un profil de modalités"),
    "projects.TermsProfileEvent.name": _("Nom d’un profil de modalités"),
    "projects.Region.name": _("Nom d’une région"),
    "projects.ServiceIndicator.name": _("Nom d’un indicateur de service"),
    "projects.Organisation.name": _("Nom d’un organisme"),
    "projects.OrganisationEvent.name": _("Nom d’un organisme"),
    "funding.Fund.name": _("Nom du Fonds"),
    "funding.Envelope.name": _("Nom d’une enveloppe"),
    "funding.ReturnFile.name": _("Nom d’un fichier du système comptable"),
    "reporting.PortfolioFile.name": _("Nom d’un fichier d’un paquet"),
    "reporting.PortfolioImport.name": _("Nom d’un paquet"),
    "reporting.Export.name": _("Nom d’un fichier de rapport"),
    "socialaccount.SocialApp.name": _("Nom d’un service d’identité"),
    "auth.Permission.name": _("Nom d’une permission technique, qui n’accorde rien ici"),
    "funding.Prize.name": _("Nom d’un prix d’un appel, qui ne nomme personne"),
    "reporting.VarianceExplanation.explanation": _("Explication de l’écart d’un projet, qui ne nomme personne"),
    "auth.Group.name": _("Nom d’un groupe technique, qui n’accorde rien ici"),
}

_FIGURES = _("Des chiffres et des codes")
_ACTED = _("Un acte : seuls les numéros des personnes qui l’ont fait")
_TECHNICAL = _("De la technique")
_REFERENCE = _("Une donnée de référence")
#: models that hold no personal field beside who did what: label → why
NOTHING_PERSONAL: Mapping[str, Text] = {
    **dict.fromkeys(
        (
            "projects.BudgetLine", "projects.FundingLine", "projects.PlannedMilestone", "projects.CallBudget", "projects.Objective",
            "projects.Criterion", "projects.GainLine", "projects.Baseline", "projects.ForecastGain", "projects.GainPlan",
            "projects.ServiceIndicator", "projects.Counter",
            "projects.KnowledgeFloor", "funding.AgreementPart", "funding.Instalment", "funding.AwardPart", "funding.EnvelopeYear",
            "funding.EnvelopeTotal", "funding.CallYear", "funding.AwardYear", "funding.AgreementBalance", "funding.InstalmentBalance",
            "funding.AmendmentPart", "funding.AmendmentInstalment", "funding.AmendmentMilestone", "funding.AmendmentForecast",
            "funding.CreditLine", "funding.CostLine", "funding.CostYear", "funding.CashBalance", "funding.DrawAuthorityBalance",
            "funding.OutcomeSchedule", "funding.OutcomeBalance", "funding.Prize", "funding.PrizeAward",
            "funding.Score", "funding.ClaimLine", "reporting.Snapshot",
            "reporting.GainSheet", "reporting.GainPart", "reporting.ProjectFacts", "reporting.FactBase",
            "funding.RecoveryBalance", "funding.RecoveryCredit",
        ),
        _FIGURES,
    ),
    **dict.fromkeys(
        (
            "projects.Application", "projects.Call", "projects.CallEvent", "projects.Project", "projects.ActKey", "funding.Agreement",
            "funding.Signature", "funding.Milestone", "funding.Award", "funding.Approval", "funding.Allotment", "funding.LedgerEntry",
            "funding.Amendment", "funding.AmendmentStep",
            "funding.OutcomeDeclaration",
            "funding.MilestoneChange", "funding.MilestoneEvent", "funding.PaymentHold", "funding.Claim",
            "projects.Delegation", "projects.DelegationEvent", "projects.OrganisationChange", "funding.Adviser", "funding.CreditMove",
            "funding.PaymentBatch", "funding.BatchOrder", "funding.ReturnFile", "funding.ReturnLine",
            "funding.SecretariatCost", "funding.CostMove",
            "funding.DrawAuthority", "funding.CashEntry", "funding.CashRule", "funding.AgreementStep",
            "funding.AgreementText", "funding.AgreementSeal",
            "funding.Recovery", "funding.RecoveryPart", "funding.RecoveryReceipt", "funding.WriteOff",
            "funding.Payment", "funding.Cofunding", "funding.Eligibility", "reporting.GainReport", "reporting.Gain", "reporting.Run",
            "reporting.ImportedCost", "reporting.LineContest", "reporting.ObjectiveResult", "reporting.VarianceExplanation",
            "reporting.ParameterMove", "reporting.Renewal", "reporting.RenewalStep", "reporting.GainClaim", "reporting.Overlap",
            "reporting.OverlapResolution",
            "reporting.GainSharing", "reporting.GainShare", "reporting.SharedGain", "reporting.SharedGainPart",
            "reporting.SharedGainCorrection", "reporting.SharedCorrectionPart",
            "reporting.GainRestatement", "reporting.GainVerification", "funding.AgreementRisk",
            "funding.FollowUpFact", "reporting.FollowUpReport", "reporting.FollowUpAttachment", "reporting.FollowUpReminder",
            "projects.BaselineVersion", "projects.BaselineDecision", "reporting.GainMeasure", "reporting.IndicatorMeasure",
            "reporting.PortfolioImport", "reporting.GainSample", "reporting.GainSampleItem", "reporting.GainSampleCheck",
            "reporting.ProjectPast",
        ),
        _ACTED,
    ),
    **dict.fromkeys(
        (
            "projects.JournalLink", "projects.JournalHead", "auth.Permission", "auth.Group", "auth.Group_permissions",
            "socialaccount.SocialApp", "contenttypes.ContentType", "pghistory.Context", "pghistory.Events", "pghistory.MiddlewareEvents",
        ),
        _TECHNICAL,
    ),
    **dict.fromkeys(
        (
            "projects.TermsProfile", "projects.TermsProfileEvent", "projects.Region", "projects.Organisation", "projects.OrganisationEvent",
            "projects.InactivityRule", "funding.Fund", "funding.Envelope", "funding.DelegationRule", "funding.DelegationRuleEvent",
            "funding.ClauseTemplate",
            "funding.AmendmentRule",
            "funding.PaymentRule", "reporting.DiscountRate", "funding.PaymentTerms", "funding.PaymentTermsEvent",
            "reporting.PriceIndex", "reporting.RenewalWeights",
            "funding.FollowUpTerms", "funding.FollowUpTermsEvent",
        ),
        _REFERENCE,
    ),
}  # fmt: skip


def looks_personal(field: models.Field[Any, Any]) -> bool:
    """Whether a field must be decided on by name: an e-mail or an address by its type, or one of NAMES."""
    return isinstance(field, models.EmailField | models.GenericIPAddressField) or field.name in NAMES


def undecided() -> Iterator[str]:
    """What the registry forgets: fields that look personal and models that nobody decided on, and lines about what no longer exists."""
    registered = {line.path for line in REGISTRY}
    decided = {line.model for line in REGISTRY} | set(NOTHING_PERSONAL)
    existing = set()
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.label
        existing.add(label)
        if label not in decided:
            yield label
        for field in model._meta.concrete_fields:
            existing.add(f"{label}.{field.name}")
            if looks_personal(field) and f"{label}.{field.name}" not in registered | set(NOT_PERSONAL):
                yield f"{label}.{field.name}"
    yield from sorted((registered | set(NOT_PERSONAL) | set(NOTHING_PERSONAL)) - existing)


def columns() -> list[tuple[str, str]]:
    """(table, column) of each field decided on: what the database's own columns are compared with (INV-28)."""
    found = []
    for path in (*(line.path for line in REGISTRY), *NOT_PERSONAL):
        label, _dot, name = path.rpartition(".")
        model = apps.get_model(label)
        found.append((model._meta.db_table, str(model._meta.get_field(name).column)))
    return found


def purposes() -> list[Personal]:
    """The lines about what the portal keeps of whoever has an account, for the page of one's own data."""
    own = (
        "projects.User.",
        "projects.Membership.",
        "projects.SignIn.",
        "projects.Message.body",
        "projects.ApiToken.",
        "projects.JournalEntry.",
    )
    return [line for line in REGISTRY if line.path.startswith(own)]
