"""The reports: their code, title, columns and filters. One table serves pages, snapshots, files, commands and API alike."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from projects.enums import Role
from reporting.columns import Column, Kind, Report, View, money_columns, ratio_columns

#: of the computation as a whole; it changes when the same rows would give other bytes
VERSION = 4

_PROJECT = Column("project", _("Projet"))
_YEAR = Column("fiscal_year", _("Exercice"), Kind.WHOLE)
_NATURE = Column("nature", _("Nature"))
_SELECTORS = {"project": "reference", "call": "call__reference", "organisation": "organisation__code"}

ENVELOPES = Report(
    "envelopes", "R01", _("État des enveloppes"),
    _("Où en sont les deux enveloppes du Fonds, exercice par exercice. Chaque montant est une somme d’écritures du grand livre."),
    (
        Column("envelope", _("Enveloppe")), _YEAR,
        *money_columns(
            ("ceiling", _("Plafond")), ("authorised", _("Autorisé")), ("transfers", _("Virements")), ("frozen", _("Gelé")),
            ("lapsed", _("Périmé")), ("carried", _("Reporté")), ("reinvested", _("Réinvesti")), ("open", _("Crédit ouvert")),
            ("reserved", _("Réservé")), ("committed", _("Engagé net")),
            ("paid", _("Payé")), ("recovered", _("Recouvré")), ("unpaid", _("Restes à payer")), ("available", _("Disponible")),
        ),
        *ratio_columns(("commitment_rate", _("Taux d’engagement")), ("payment_rate", _("Taux de paiement")), ("share", _("Part"))),
    ),
    ("envelope", "fiscal_year"), matches=("envelope", "fiscal_year"),
    views=(
        View("montants", _("Montants"), ("envelope", "fiscal_year", "open", "reserved", "committed", "unpaid", "available")),
        View(
            "credits", _("Crédits"),
            ("envelope", "fiscal_year", "authorised", "transfers", "frozen", "lapsed", "carried", "reinvested", "open"),
        ),
        View("paiements", _("Paiements"), ("envelope", "fiscal_year", "committed", "paid", "recovered", "unpaid")),
        View("taux", _("Plafonds et taux"), ("envelope", "fiscal_year", "ceiling", "share", "commitment_rate", "payment_rate")),
    ),
)  # fmt: skip

DRAWDOWNS = Report(
    "drawdowns", "R02", _("Position des tirages"),
    _("Ce que la loi permet de tirer du Fonds des générations, ce qui a été tiré, et l’encaisse."),
    (
        Column("authority", _("Autorisation")), Column("law", _("Loi")), Column("article", _("Article")),
        Column("authority_status", _("Statut")),
        *money_columns(("ceiling", _("Plafond")), ("drawn", _("Tirages cumulés")), ("undrawn", _("Solde à tirer"))),
        Column("last_drawn_on", _("Dernier tirage"), Kind.DAY),
        *money_columns(
            ("received", _("Autres rentrées")), ("reinvested", _("Réinvesti")), ("net_paid", _("Payé net")), ("cash", _("Encaisse")),
        ),
    ),
    ("authority",), matches=("authority_status",),
    views=(
        View("tirages", _("Tirages"), ("authority", "law", "article", "authority_status", "ceiling", "drawn", "undrawn", "last_drawn_on")),
        View("encaisse", _("Encaisse"), ("authority", "drawn", "received", "reinvested", "net_paid", "cash")),
    ),
)  # fmt: skip

COMMITMENTS = Report(
    "commitments", "R03", _("Registre des engagements"),
    _("Ce que chaque convention engage dans chaque exercice, ce qui en est payé, et la décision dont l’engagement vient."),
    (
        _PROJECT, Column("call", _("Appel")), Column("organisation", _("Organisme")), Column("region", _("Région")),
        Column("agreement", _("Convention")), Column("agreement_kind", _("Type")), Column("envelope", _("Enveloppe")), _YEAR,
        *money_columns(
            ("initial", _("Engagement initial")), ("changes", _("Modifications")), ("released", _("Désengagements")),
            ("committed", _("Engagé net")), ("paid", _("Payé")), ("unpaid", _("Restes à payer")),
        ),
        Column("conditional", _("Conditionnel"), Kind.FLAG), Column("committed_on", _("Engagé le"), Kind.DAY),
        Column("decided_on", _("Décidé le"), Kind.DAY), Column("level", _("Niveau de décision"), Kind.WHOLE),
        Column("instrument", _("Instrument")), Column("certified_by", _("Disponibilité certifiée par")),
        Column("certified_on", _("Disponibilité certifiée le"), Kind.DAY),
        Column("margin_after", _("Solde après la décision"), Kind.MONEY),
    ),
    ("project",), selectors={**_SELECTORS, "region": "region_id"}, matches=("agreement", "agreement_kind", "envelope", "fiscal_year"),
    identity=("agreement", "envelope", "fiscal_year"),
    views=(
        View(
            "montants", _("Montants"),
            ("project", "fiscal_year", "initial", "changes", "released", "committed", "paid", "unpaid"),
        ),
        View("decision", _("Décision"), ("project", "fiscal_year", "committed", "conditional", "decided_on", "level", "instrument")),
        View(
            "certificat", _("Certificat"),
            ("project", "fiscal_year", "committed", "committed_on", "certified_by", "certified_on", "margin_after"),
        ),
        View(
            "conventions", _("Conventions"),
            ("project", "call", "organisation", "region", "agreement", "agreement_kind", "envelope", "fiscal_year"),
        ),
    ),
)  # fmt: skip

PAYMENTS = Report(
    "payments", "R04", _("Registre des versements"),
    _("Ce que chaque paiement paie, ses trois attestations, qui a fait chaque étape et quand, et ce que le grand livre en dit."),
    (
        _PROJECT, Column("call", _("Appel")), Column("organisation", _("Organisme")), Column("payment", _("Versement")),
        Column("order_number", _("Ordre")), Column("agreement", _("Convention")), Column("instalment_kind", _("Type")), _YEAR,
        *money_columns(("amount", _("Montant")), ("paid", _("Payé"))),
        Column("requested_at", _("Demandé le"), Kind.INSTANT), Column("certified_at", _("Certifié le"), Kind.INSTANT),
        Column("authorised_at", _("Autorisé le"), Kind.INSTANT), Column("transmitted_at", _("Transmis le"), Kind.INSTANT),
        Column("confirmed_at", _("Confirmé le"), Kind.INSTANT), Column("paid_on", _("Payé le"), Kind.DAY),
        Column("attests_legal_basis", _("Autorisé par la loi"), Kind.FLAG), Column("attests_credit", _("Imputé sur un crédit"), Kind.FLAG),
        Column("attests_due", _("Somme due"), Kind.FLAG), Column("requested_by", _("Demandé par")),
        Column("certified_by", _("Certifié par")), Column("authorised_by", _("Autorisé par")),
        Column("reference", _("Référence comptable")), Column("rejected", _("Rejeté"), Kind.FLAG),
        Column("reversed", _("Annulé"), Kind.FLAG), Column("reversed_on", _("Annulé le"), Kind.DAY),
    ),
    ("project",), selectors=_SELECTORS, matches=("agreement", "instalment_kind", "fiscal_year"),
    identity=("payment", "reference", "agreement"),
    views=(
        View(
            "montants", _("Montants"),
            ("project", "payment", "instalment_kind", "fiscal_year", "amount", "paid", "paid_on", "reversed"),
        ),
        View(
            "etapes", _("Étapes"),
            ("project", "payment", "requested_at", "certified_at", "authorised_at", "transmitted_at", "confirmed_at", "rejected"),
        ),
        View(
            "personnes", _("Personnes et attestations"),
            (
                "project", "payment", "requested_by", "certified_by", "authorised_by", "attests_legal_basis", "attests_credit",
                "attests_due",
            ),
        ),
        View("ordres", _("Ordres"), ("project", "agreement", "payment", "order_number", "reference", "reversed_on")),
    ),
    readers=frozenset(
        {
            Role.PAYMENT_REQUESTER, Role.PAYMENT_AUTHORISER, Role.CONTROLLER, Role.OFFICER, Role.DIRECTOR, Role.HEAD,
            Role.MINISTER_DELEGATE, Role.AUDITOR,
        }
    ),
)  # fmt: skip

RECOVERIES = Report(
    "recoveries", "R05", _("Registre des recouvrements"),
    _("Ce qui est à recouvrer, ce qui est reçu ou radié, ce qui est en retard, et ce qui est retourné à l’enveloppe."),
    (
        _PROJECT, Column("call", _("Appel")), Column("organisation", _("Organisme")), Column("agreement", _("Convention")),
        Column("recovery", _("Recouvrement")), Column("basis", _("Motif")), Column("recovery_state", _("État")),
        *money_columns(
            ("due", _("À recouvrer")), ("received", _("Reçu")), ("written_off", _("Radié")), ("left", _("Reste")),
            ("late", _("En retard")), ("recredited", _("Retourné à l’enveloppe")),
        ),
        Column("established_on", _("Constaté le"), Kind.DAY), Column("claimed_on", _("Réclamé le"), Kind.DAY),
        Column("due_on", _("Prochaine échéance"), Kind.DAY), Column("age_days", _("Âge (jours)"), Kind.WHOLE),
        Column("write_off_level", _("Niveau de la radiation")), Column("instrument", _("Instrument")),
    ),
    ("project",), selectors=_SELECTORS, matches=("agreement", "basis", "recovery_state"),
    views=(
        View("montants", _("Montants"), ("project", "recovery", "basis", "recovery_state", "due", "received", "written_off", "left")),
        View("echeances", _("Échéances"), ("project", "recovery", "recovery_state", "claimed_on", "due_on", "age_days", "late", "left")),
        View(
            "radiations", _("Radiations et enveloppe"),
            ("project", "agreement", "recovery", "received", "recredited", "written_off", "write_off_level", "instrument"),
        ),
    ),
)  # fmt: skip

GAINS = Report(
    "gains", "R06", _("Registre des gains"),
    _("Chaque gain prévu, déclaré, vérifié ou capté, réparti par exercice comme le rendement le compte."),
    (
        _PROJECT, Column("line", _("Ligne")), _NATURE, Column("recurrence", _("Récurrence")), Column("stage", _("Stade")),
        Column("period_start", _("Début de la période"), Kind.DAY), Column("period_end", _("Fin de la période"), Kind.DAY),
        _YEAR, Column("days", _("Jours"), Kind.WHOLE), Column("amount", _("Montant"), Kind.MONEY),
        Column("ended", _("Période terminée"), Kind.FLAG), Column("windfall", _("Effet d’aubaine"), Kind.FLAG),
        Column("recorded_at", _("Connu le"), Kind.INSTANT), Column("contested", _("Contesté"), Kind.FLAG),
    ),
    ("project",), selectors=_SELECTORS, matches=("nature", "stage", "fiscal_year"), by_key=True,
    views=(
        View(
            "montants", _("Montants"),
            ("project", "line", "nature", "stage", "period_start", "period_end", "fiscal_year", "amount", "windfall", "contested"),
        ),
        View("connaissance", _("Dates"), ("project", "line", "stage", "period_start", "period_end", "days", "ended", "recorded_at")),
    ),
)  # fmt: skip

GAINS_BY_YEAR = Report(
    "gains-by-year", "R08", _("Gains par exercice"),
    _("Les gains par exercice et par nature. Le gain budgétaire net (NET) additionne économies, revenus et hausses de coût."),
    (
        _YEAR, _NATURE,
        *money_columns(
            ("forecast", _("Prévu")), ("reported", _("Déclaré")), ("verified", _("Vérifié")), ("captured", _("Capté")),
            ("contested", _("Contesté")),
        ),
    ),
    ("fiscal_year", "nature"), matches=("fiscal_year", "nature"),
    views=(View("montants", _("Montants"), ("fiscal_year", "nature", "forecast", "reported", "verified", "captured", "contested")),),
)  # fmt: skip

#: the figures of `reporting.rules.INDICATORS`, in that order
_INDICATORS = (
    *money_columns(
        ("fund_paid", _("Versé")), ("cofunding", _("Cofinancement")), ("net_gain_forecast", _("Gain net prévu")),
        ("net_gain_reported", _("Gain net déclaré")), ("net_gain_verified", _("Gain net vérifié")),
        ("net_gain_captured", _("Gain net capté")), ("avoided_verified", _("Coût évité vérifié")),
        ("productivity_verified", _("Productivité vérifiée")),
    ),
    *ratio_columns(
        ("roi_public", _("Rendement, secteur public")), ("roi_fund", _("Rendement, Fonds")),
        ("multiple_public", _("Multiple, secteur public")), ("multiple_fund", _("Multiple, Fonds")),
        ("rec3_fund", _("Récurrent après 3 ans, Fonds")), ("rec3_public", _("Récurrent après 3 ans, secteur public")),
        ("cum3_fund", _("Cumulé sur 3 ans, Fonds")), ("cum3_public", _("Cumulé sur 3 ans, secteur public")),
    ),
    Column("npv", _("Valeur actuelle nette"), Kind.MONEY),
    *ratio_columns(
        ("bcr", _("Ratio avantages-coûts")), ("payback_years", _("Délai de récupération (années)")),
        ("realisation_reported", _("Réalisation déclarée")), ("realisation_verified", _("Réalisation vérifiée")),
        ("verification_yield", _("Rendement de la vérification")), ("coverage", _("Couverture de vérification")),
        ("capture_rate", _("Taux de captation")), ("variance", _("Écart au prévu")),
    ),
)  # fmt: skip
#: those of `reporting.rules.RECONCILING`, at the end of the same reports
_RECONCILING = money_columns(
    ("net_gain_contested", _("Gain net contesté")), ("net_gain_expected", _("Gain net prévu échu")),
    ("net_gain_examined", _("Gain net déclaré examiné")),
)  # fmt: skip
#: of a group: those that its ratios leave out
_POPULATION = (
    Column("projects_immature", _("Projets sans prévision échue"), Kind.WHOLE),
    *money_columns(("excluded_gain", _("Gain net des projets sans coût")), ("immature_cost", _("Investi sans prévision échue"))),
)

ROI_PROJECTS = Report(
    "roi-projects", "R07", _("Rendement par projet"),
    _("Ce que chaque projet a coûté et ce qu’il rapporte, pour le Fonds et pour l’ensemble du secteur public."),
    (
        _PROJECT, Column("call", _("Appel")), Column("organisation", _("Organisme")), Column("region", _("Région")),
        Column("status", _("État")),
        *_INDICATORS, *_RECONCILING,
    ),
    ("project",), selectors={**_SELECTORS, "region": "region_id", "status": "state"},
    views=(
        View(
            "montants", _("Montants"),
            (
                "project", "status", "fund_paid", "cofunding", "net_gain_forecast", "net_gain_reported", "net_gain_verified",
                "net_gain_captured", "net_gain_contested",
            ),
        ),
        View(
            "rendement", _("Rendement"),
            ("project", "roi_public", "roi_fund", "multiple_public", "multiple_fund", "npv", "bcr", "payback_years"),
        ),
        View(
            "trois-ans", _("Après trois ans"),
            ("project", "rec3_fund", "rec3_public", "cum3_fund", "cum3_public", "avoided_verified", "productivity_verified"),
        ),
        View(
            "suivi", _("Suivi"),
            (
                "project", "realisation_reported", "realisation_verified", "variance", "verification_yield", "coverage", "capture_rate",
            ),
        ),
        View(
            "etapes", _("De la prévision au capté"),
            (
                "project", "net_gain_expected", "net_gain_reported", "net_gain_examined", "net_gain_verified", "net_gain_captured",
                "net_gain_contested",
            ),
        ),
        View("projets", _("Projets"), ("project", "call", "organisation", "region", "status")),
    ),
)  # fmt: skip


def _grouped(code: str, by: Column, title: Any, lead: Any, *, path: str, names_files: bool = False) -> Report:
    """A report of the return by group of projects: `path` leads from a project to its group. See `analysis.roi_grouped`."""
    views = tuple(
        View(view.code, view.label, (by.code, *(name for name in view.columns if name not in ("project", "status"))))
        for view in ROI_PROJECTS.views
        if view.code != "projets"
    )
    groups = View(
        "groupes", _("Projets comptés"),
        (by.code, "projects", "projects_excluded", "excluded_gain", "projects_immature", "immature_cost", "roi_fund", "roi_after_admin"),
    )  # fmt: skip
    counts = (Column("projects", _("Projets"), Kind.WHOLE), Column("projects_excluded", _("Projets sans coût"), Kind.WHOLE))
    after = ratio_columns(("roi_after_admin", _("Rendement après administration")))
    columns = (by, *counts, *_INDICATORS, *after, *_RECONCILING, *_POPULATION)
    return Report(
        code, "R07", title, lead, columns, (by.code,), matches=(by.code,), views=(*views, groups), path=path, names_files=names_files
    )


ROI_GROUPS = (
    _grouped(
        "roi-calls", Column("call", _("Appel")), _("Rendement par appel"),
        _("Ce que les projets de chaque appel ont coûté et ce qu’ils rapportent. Un ratio est celui des sommes, jamais une moyenne."),
        path="call__reference",
    ),
    _grouped(
        "roi-organisations", Column("organisation", _("Organisme")), _("Rendement par organisme"),
        _("Ce que les projets de chaque organisme ont coûté et ce qu’ils rapportent."),
        path="organisation__code", names_files=True,
    ),
    _grouped(
        "roi-regions", Column("region", _("Région")), _("Rendement par région"),
        _("Ce que les projets de chaque région administrative ont coûté et ce qu’ils rapportent."),
        path="region_id",
    ),
    _grouped(
        "roi-cohorts", Column("cohort", _("Cohorte")), _("Rendement par cohorte"),
        _("Les projets réunis par l’exercice de leur décision : une cohorte n’est jamais mêlée à une période."),
        path="cohort",
    ),
)  # fmt: skip

MILESTONES = Report(
    "milestones", "R11", _("Jalons et retenues"),
    _("Ce qui est attendu de chaque projet, ce qui est déclaré et vérifié, le retard, et l’argent qui en dépend."),
    (
        _PROJECT, Column("call", _("Appel")), Column("organisation", _("Organisme")), Column("agreement", _("Convention")),
        Column("position", _("Nº"), Kind.WHOLE), Column("title", _("Jalon")), Column("due_on", _("Échéance"), Kind.DAY),
        Column("state", _("État")), Column("reported_on", _("Déclaré le"), Kind.DAY), Column("verified_on", _("Vérifié le"), Kind.DAY),
        Column("late_days", _("Jours de retard"), Kind.WHOLE), Column("accepted_share", _("Part acceptée"), Kind.RATIO),
        *money_columns(("amount", _("Montant lié")), ("holdback", _("Retenue")), ("paid", _("Payé"))),
    ),
    ("project",), selectors=_SELECTORS, matches=("state",), identity=("agreement", "position"),
    views=(
        View("jalons", _("Jalons"), ("project", "position", "title", "due_on", "state", "reported_on", "verified_on", "late_days")),
        View("montants", _("Montants"), ("project", "position", "title", "state", "accepted_share", "amount", "holdback", "paid")),
    ),
)  # fmt: skip

BASELINES = Report(
    "baselines", "R25", _("Gains sous deux situations de départ"),
    _("Le gain net de chaque période mesurée, sous la situation de départ signée et sous celle en vigueur, et ce qui les sépare."),
    (
        _PROJECT, Column("line", _("Ligne")), _NATURE, Column("report", _("Déclaration")),
        Column("period_start", _("Début de la période"), Kind.DAY), Column("period_end", _("Fin de la période"), Kind.DAY),
        Column("version", _("Version en vigueur"), Kind.WHOLE), Column("known_at", _("Connu le"), Kind.INSTANT),
        *money_columns(
            ("actual_cost", _("Coût réel")), ("reported", _("Déclaré")), ("gain_original", _("Sous la version signée")),
            ("gain_current", _("Sous la version en vigueur")), ("difference", _("Écart")),
        ),
    ),
    ("project",), selectors=_SELECTORS, matches=("nature",), identity=("line", "period_start"),
    views=(
        View("resultats", _("Résultats"), ("project", "line", "period_end", "version", "gain_original", "gain_current", "difference")),
        View("mesures", _("Mesures"), ("project", "line", "report", "period_start", "period_end", "actual_cost", "reported", "known_at")),
    ),
)  # fmt: skip

VARIANCES = Report(
    "variances", "R09", _("Écarts prévu–réalisé"),
    _("Le gain vérifié de chaque projet et exercice devant sa prévision de référence, et ce que l’organisme en dit. Périodes terminées."),
    (
        _PROJECT, Column("call", _("Appel")), Column("organisation", _("Organisme")), _YEAR,
        *money_columns(("forecast", _("Prévu (référence)")), ("verified", _("Vérifié")), ("difference", _("Écart"))),
        *ratio_columns(("variance", _("Écart au prévu"))), Column("band", _("Bande")), Column("cause", _("Cause")),
        Column("explanation", _("Explication")), Column("action", _("Action")), Column("explained_at", _("Expliqué le"), Kind.INSTANT),
        Column("unexplained", _("Hors bande sans explication"), Kind.FLAG),
    ),
    ("project",), selectors=_SELECTORS, matches=("fiscal_year", "band", "cause", "unexplained"), identity=("fiscal_year",),
    views=(
        View(
            "montants", _("Montants"),
            ("project", "fiscal_year", "forecast", "verified", "difference", "variance", "band", "unexplained"),
        ),
        View("explications", _("Explications"), ("project", "fiscal_year", "band", "cause", "explanation", "action", "explained_at")),
        View("projets", _("Projets"), ("project", "call", "organisation", "fiscal_year", "difference", "band")),
    ),
)  # fmt: skip

RENEWAL = Report(
    "renewal", "R18", _("Reconduction et bonification"),
    _("Ce que le calcul recommande pour chaque projet, et ce qu’une personne en a décidé. Le calcul informe; il n’engage rien."),
    (
        _PROJECT, Column("call", _("Appel")), Column("organisation", _("Organisme")),
        Column("eligible_base", _("Base admissible"), Kind.MONEY),
        *ratio_columns(
            ("realisation_verified", _("Réalisation vérifiée")), ("objective_attainment", _("Atteinte des objectifs")),
            ("coverage", _("Couverture de vérification")), ("score", _("Pointage")), ("factor", _("Facteur")),
        ),
        Column("recommended_amount", _("Montant recommandé"), Kind.MONEY), Column("recommendation", _("Recommandation")),
        Column("renewal", _("Dossier")), Column("renewal_state", _("État")), Column("decision", _("Décision")),
        Column("decided_amount", _("Montant décidé"), Kind.MONEY), Column("reasons", _("Motifs")),
    ),
    ("project",), selectors=_SELECTORS, matches=("recommendation", "renewal_state", "decision"),
    views=(
        View(
            "recommandation", _("Recommandation"),
            (
                "project", "realisation_verified", "objective_attainment", "coverage", "score", "factor", "recommendation",
                "recommended_amount",
            ),
        ),
        View(
            "decision", _("Décision"),
            ("project", "renewal", "renewal_state", "eligible_base", "recommended_amount", "decision", "decided_amount", "reasons"),
        ),
        View("projets", _("Projets"), ("project", "call", "organisation", "eligible_base", "recommendation", "decision")),
    ),
)  # fmt: skip

ACCESS = Report(
    "access", "R23", _("Accès et rôles"),
    _("Qui peut entrer, à quel titre et jusqu’à quand, avec la dernière connexion. Les rôles incompatibles doivent être à zéro."),
    (
        Column("user", _("Compte")), Column("name", _("Personne")), Column("role", _("Rôle")), Column("organisation", _("Code")),
        Column("organisation_name", _("Organisme ou unité")), Column("scope", _("Portée")),
        Column("starts_on", _("Du"), Kind.DAY), Column("ends_on", _("Au"), Kind.DAY),
        Column("last_sign_in", _("Dernière connexion"), Kind.INSTANT),
        Column("incompatible", _("Rôles incompatibles"), Kind.WHOLE), Column("rules", _("Règles")),
        Column("exceptional", _("Accès exceptionnels"), Kind.WHOLE),
    ),
    ("user", "role", "organisation", "scope"), matches=("role", "organisation"),
    views=(
        View("roles", _("Rôles"), ("name", "role", "organisation_name", "scope", "starts_on", "ends_on", "last_sign_in")),
        View("separation", _("Séparation des tâches"), ("name", "role", "organisation_name", "incompatible", "rules", "exceptional")),
    ),
    readers=frozenset({Role.DIRECTOR, Role.HEAD, Role.AUDITOR, Role.PRIVACY_OFFICER}),
)  # fmt: skip

REPORTS = {
    report.code: report
    for report in (
        ENVELOPES, DRAWDOWNS, COMMITMENTS, PAYMENTS, RECOVERIES, GAINS, ROI_PROJECTS, *ROI_GROUPS, GAINS_BY_YEAR, VARIANCES,
        BASELINES,
        MILESTONES, RENEWAL, ACCESS,
    )
}  # fmt: skip
