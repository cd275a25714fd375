"""Reads of the journal: `journal_for` is the only way an entry reaches a page or a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.models import Call, JournalEntry, JournalLink, Recusal
from projects.policies.journal import read_journal
from projects.policies.rights import rights_of
from projects.queries import activity
from projects.services.journal import sha256
from reporting.queries import gains, renewals

#: act → what it does, in words; a test holds the list complete
ACTS: Mapping[str, str | Promise] = {
    **activity.STORY,
    **gains.STORY,
    **renewals.STORY,
    "draw_sample": _("Échantillon de gains tiré"),
    "examine_item": _("Gain d’un échantillon examiné"),
    "abolish_organisation": _("Organisme aboli"),
    "ask_baseline": _("Nouvelle situation de départ demandée"),
    "decide_baseline": _("Situation de départ décidée"),
    "accept_invitation": _("Invitation acceptée"),
    "accept_milestone_partly": _("Jalon accepté en partie"),
    "add_second_factor": _("Second facteur ajouté"),
    "adopt_authority": _("Autorisation de tirage adoptée"),
    "approve_write_off": _("Radiation approuvée"),
    "approve_parameter": _("Paramètre de calcul approuvé"),
    "explain_variance": _("Écart expliqué"),
    "propose_parameter": _("Paramètre de calcul proposé"),
    "refuse_parameter": _("Paramètre de calcul refusé"),
    "bring_authority_into_force": _("Autorisation de tirage en vigueur"),
    "cancel_recovery": _("Recouvrement annulé"),
    "claim_recovery": _("Recouvrement réclamé"),
    "correct_receipt": _("Encaissement corrigé"),
    "open_recovery": _("Recouvrement constaté"),
    "record_authority": _("Autorisation de tirage inscrite"),
    "record_cash": _("Tirage ou rentrée inscrit"),
    "record_receipt": _("Encaissement inscrit"),
    "refuse_write_off": _("Radiation refusée"),
    "request_write_off": _("Radiation demandée"),
    "report_shared_gain": _("Gain partagé déclaré"),
    "correct_shared_gain": _("Gain partagé corrigé en entier"),
    "share_gain": _("Clés d’un gain partagé inscrites"),
    "resolve_overlap": _("Chevauchement de gains tranché"),
    "reverse_cash": _("Tirage ou rentrée corrigé"),
    "schedule_recovery": _("Recouvrement échelonné"),
    "set_cash_rule": _("Règle de l’encaisse fixée"),
    "approve_cost_move": _("Dépense du Secrétariat approuvée"),
    "propose_cost": _("Dépense du Secrétariat inscrite"),
    "propose_cost_entry": _("Écriture d’une dépense du Secrétariat inscrite"),
    "propose_cost_forecast": _("Prévision des dépenses du Secrétariat inscrite"),
    "refuse_cost_move": _("Dépense du Secrétariat refusée"),
    "approve_credit_move": _("Mouvement de crédits approuvé"),
    "prepare_year_end": _("Fin d’exercice préparée"),
    "propose_credit_move": _("Mouvement de crédits proposé"),
    "refuse_credit_move": _("Mouvement de crédits refusé"),
    "approve_amendment": _("Avenant approuvé"),
    "cancel_amendment": _("Avenant abandonné"),
    "certify_amendment": _("Avenant : disponibilité certifiée"),
    "propose_amendment": _("Avenant proposé"),
    "put_amendment_in_force": _("Avenant en vigueur"),
    "refuse_amendment": _("Avenant refusé"),
    "revise_amendment": _("Avenant repris"),
    "approve_call": _("Appel approuvé"),
    "approve_delegation": _("Délégation approuvée"),
    "ask_recompute": _("Calcul des rapports demandé"),
    "attach_document": _("Document joint"),
    "authorise_payment": _("Paiement autorisé"),
    "cancel_batch": _("Lot de paiement annulé"),
    "change_membership": _("Dates d’un rôle modifiées"),
    "close_inactive_account": _("Compte inactif fermé"),
    "close_incident": _("Incident clos"),
    "confirm_bank_details": _("Coordonnées bancaires confirmées"),
    "confirm_email_change": _("Courriel changé"),
    "correct_name": _("Nom corrigé"),
    "edit_incident": _("Incident complété"),
    "end_exceptional_access": _("Accès exceptionnel terminé"),
    "export_incidents": _("Registre des incidents exporté"),
    "export_own_data": _("Renseignements personnels emportés"),
    "grant_exceptional_access": _("Accès exceptionnel accordé"),
    "record_exceptional_reading": _("Page lue par accès exceptionnel"),
    "record_incident": _("Incident inscrit"),
    "refuse_exceptional_access": _("Accès exceptionnel refusé"),
    "request_email_change": _("Changement de courriel demandé"),
    "request_exceptional_access": _("Accès exceptionnel demandé"),
    "warn_inactive": _("Compte inactif : personne avisée"),
    "cancel_milestone": _("Jalon annulé"),
    "certify_payment": _("Paiement certifié"),
    "change_password": _("Mot de passe changé"),
    "confirm_payment": _("Paiement confirmé"),
    "correct_organisation": _("Organisme corrigé"),
    "create_call": _("Appel rédigé"),
    "create_demo_accounts": _("Comptes de démonstration créés"),
    "create_organisation": _("Organisme inscrit"),
    "create_token": _("Jeton d’accès créé"),
    "download_batch": _("Fichier d’un lot pris"),
    "declare_outcome": _("Quantité déclarée"),
    "verify_outcome": _("Quantité vérifiée"),
    "refuse_outcome": _("Quantité refusée"),
    "decide_claim": _("Réclamation décidée"),
    "edit_call": _("Appel modifié"),
    "enter_bank_details": _("Coordonnées bancaires inscrites"),
    "publish_clause": _("Version d’une clause publiée"),
    "record_signed_copy": _("Exemplaire signé inscrit"),
    "refuse_signed_copy": _("Exemplaire signé refusé"),
    "seal_agreement": _("Convention scellée"),
    "cancel_agreement": _("Projet de convention annulé"),
    "close_agreement": _("Convention fermée"),
    "complete_agreement": _("Convention achevée"),
    "redraft_agreement": _("Projet de convention refait"),
    "resume_agreement": _("Convention remise en vigueur"),
    "return_agreement": _("Projet de convention retourné"),
    "review_agreement": _("Avis juridique favorable"),
    "submit_agreement": _("Convention soumise à la revue juridique"),
    "suspend_agreement": _("Convention suspendue"),
    "terminate_agreement": _("Convention résiliée"),
    "document_failure": _("Convention fermée comme échec documenté"),
    "set_risk_tier": _("Palier de risque changé"),
    "attach_to_follow_up": _("Fichier joint à un rapport de suivi"),
    "detach_from_follow_up": _("Fichier retiré d’un rapport de suivi"),
    "save_follow_up_section": _("Section d’un rapport de suivi enregistrée"),
    "schedule_follow_ups": _("Calendrier de suivi écrit"),
    "tick_follow_up": _("Rapport de suivi : rappel ou retard constaté"),
    "submit_follow_up": _("Rapport de suivi signé"),
    "take_back_follow_up": _("Rapport de suivi repris"),
    "cosign_follow_up": _("Rapport de suivi cosigné et soumis"),
    "return_follow_up": _("Rapport de suivi retourné"),
    "verify_follow_up": _("Rapport de suivi vérifié"),
    "end_delegation": _("Délégation retirée"),
    "end_membership": _("Rôle terminé"),
    "end_sessions": _("Sessions fermées"),
    "examine_claim": _("Vérification d’une réclamation commencée"),
    "export_applications": _("Liste de demandes exportée"),
    "export_journal": _("Journal exporté"),
    "export_organisations": _("Liste d’organismes exportée"),
    "fill_sections": _("Sections de la demande remplies"),
    "grant_membership": _("Rôle accordé"),
    "import_bodies": _("Ministères et organismes importés"),
    "import_municipalities": _("Municipalités importées"),
    "import_returns": _("Fichier de retour importé"),
    "invite_member": _("Invitation envoyée"),
    "import_portfolio": _("Portefeuille importé"),
    "upload_portfolio": _("Portefeuille téléversé"),
    "examine_again": _("Nouvel examen d’un portefeuille demandé"),
    "confirm_portfolio": _("Importation d’un portefeuille confirmée"),
    "cancel_portfolio": _("Importation d’un portefeuille annulée"),
    "import_portfolio_file": _("Fichier d’un portefeuille importé"),
    "keep_export": _("Rapport exporté"),
    "merge_organisations": _("Organismes fusionnés"),
    "lift_hold": _("Retenue des paiements levée"),
    "link_identity": _("Identité gouvernementale liée"),
    "move_call": _("État de l’appel constaté"),
    "prepare_batch": _("Lot de paiement préparé"),
    "place_hold": _("Paiements retenus"),
    "postpone_milestone": _("Jalon reporté"),
    "propose_delegation": _("Délégation proposée"),
    "record_access": _("Fichier consulté"),
    "record_cofunding": _("Cofinancement inscrit"),
    "record_results": _("Résultats des objectifs inscrits"),
    "refuse_bank_details": _("Coordonnées bancaires refusées"),
    "refuse_delegation": _("Délégation refusée"),
    "refuse_invitation_link": _("Lien d’invitation refusé"),
    "refuse_milestone": _("Jalon refusé"),
    "refuse_sign_in": _("Connexion refusée"),
    "reject_payment": _("Paiement rejeté"),
    "remove_document": _("Document retiré"),
    "rename_organisation": _("Organisme renommé"),
    "remove_second_factor": _("Second facteur retiré"),
    "renew_recovery_codes": _("Codes de secours renouvelés"),
    "report_milestone": _("Jalon déclaré atteint"),
    "request_payment": _("Paiement demandé"),
    "resend_invitation": _("Invitation renvoyée"),
    "return_call": _("Appel retourné"),
    "reverse_payment": _("Paiement annulé par contre-écriture"),
    "revoke_invitation": _("Invitation retirée"),
    "revoke_token": _("Jeton d’accès révoqué"),
    "save_claim": _("Réclamation enregistrée"),
    "save_review": _("Évaluation enregistrée"),
    "save_section": _("Section de la demande enregistrée"),
    "seed_file": _("Fonds de démonstration écrit"),
    "seed_ledger": _("Grand livre de démonstration écrit"),
    "sign_in": _("Connexion"),
    "sign_out": _("Fin de session"),
    "start_application": _("Demande commencée"),
    "submit_claim": _("Réclamation soumise"),
    "submit_call": _("Appel soumis pour approbation"),
    "transmit_batch": _("Lot de paiement transmis"),
    "transfer_application": _("Demande confiée à une autre personne"),
    "unlink_identity": _("Identité gouvernementale retirée"),
    "verify_milestone": _("Jalon vérifié"),
}

#: kind of object → what it is, and the path from it to the applications that a recusal hides (none: nothing to hide)
OBJECTS: Mapping[str, tuple[str | Promise, tuple[str, ...]]] = {
    "projects.apitoken": (_("Jeton d’accès"), ()),
    "projects.application": (_("Demande"), ("pk",)),
    "projects.applicationsection": (_("Section de demande"), ("application",)),
    "projects.applicationversion": (_("Version de demande"), ("application",)),
    "projects.call": (_("Appel à projets"), ()),
    "projects.delegation": (_("Délégation"), ()),
    "projects.document": (_("Document"), ("application", "project__application")),
    "projects.emailchange": (_("Changement de courriel"), ()),
    "projects.exceptionalaccess": (_("Accès exceptionnel"), ("application",)),
    "projects.inactivitynotice": (_("Avis d’inactivité"), ()),
    "projects.incident": (_("Incident"), ()),
    "projects.user": (_("Compte"), ()),
    "projects.baselineversion": (_("Situation de départ"), ("line__plan__application", "line__plan__project__application")),
    "projects.gainplan": (_("Plan de gains"), ("application", "project__application")),
    "projects.interestdeclaration": (_("Déclaration d’intérêts"), ("application",)),
    "projects.invitation": (_("Invitation"), ()),
    "projects.membership": (_("Rôle"), ()),
    "projects.message": (_("Message"), ("application",)),
    "projects.organisation": (_("Organisme"), ()),
    "projects.project": (_("Projet"), ("application",)),
    "projects.recusal": (_("Récusation"), ("application",)),
    "funding.adviser": (_("Accompagnement"), ("application",)),
    "funding.agreement": (_("Convention"), ("project__application",)),
    "funding.agreementstep": (_("Étape d’une convention"), ("agreement__project__application",)),
    "funding.agreementseal": (_("Sceau d’une convention"), ("agreement__project__application",)),
    "funding.agreementtext": (_("Texte d’une convention"), ("agreement__project__application",)),
    "funding.amendment": (_("Avenant"), ("agreement__project__application",)),
    "funding.award": (_("Décision"), ("application",)),
    "funding.clausetemplate": (_("Clause type"), ()),
    "funding.signedcopy": (_("Exemplaire signé"), ("agreement__project__application",)),
    "funding.bankdetail": (_("Coordonnées bancaires"), ()),
    "funding.paymentbatch": (_("Lot de paiement"), ("orders__payment__instalment__agreement__project__application",)),
    "funding.returnfile": (_("Fichier de retour"), ("lines__payment__instalment__agreement__project__application",)),
    "funding.claim": (_("Réclamation"), ("instalment__agreement__project__application",)),
    "funding.cofunding": (_("Cofinancement"), ("project__application",)),
    "funding.eligibility": (_("Recevabilité"), ("application",)),
    "funding.milestone": (_("Jalon"), ("agreement__project__application",)),
    "funding.milestonechange": (_("Changement d’un jalon"), ("milestone__agreement__project__application",)),
    "funding.agreementrisk": (_("Palier de risque"), ("agreement__project__application",)),
    "funding.followupfact": (_("Fait du suivi"), ("agreement__project__application",)),
    "funding.paymenthold": (_("Retenue des paiements"), ("agreement__project__application",)),
    "funding.outcomedeclaration": (_("Quantité déclarée"), ("milestone__agreement__project__application",)),
    "funding.outcomeschedule": (_("Barème de résultats"), ("agreement__project__application",)),
    "funding.payment": (_("Paiement"), ("instalment__agreement__project__application",)),
    "funding.recovery": (_("Recouvrement"), ("agreement__project__application",)),
    "funding.review": (_("Évaluation"), ("application",)),
    "funding.writeoff": (_("Radiation"), ("recovery__agreement__project__application",)),
    "funding.signature": (_("Signature"), ("agreement__project__application",)),
    "reporting.export": (_("Exportation"), ()),
    "reporting.gain": (_("Gain"), ("project__application",)),
    "reporting.followupreport": (_("Rapport de suivi"), ("project__application",)),
    "reporting.followupsection": (_("Section d’un rapport de suivi"), ("report__project__application",)),
    "reporting.followupversion": (_("Version d’un rapport de suivi"), ("report__project__application",)),
    "reporting.gainreport": (_("Déclaration de gain"), ("project__application",)),
    "reporting.objectiveresult": (_("Résultat d’un objectif"), ("project__application",)),
    "reporting.gainrestatement": (_("Redressement d’un gain"), ("report__project__application",)),
    "reporting.gainsample": (_("Échantillon de gains"), ()),
    "reporting.gainsamplecheck": (_("Constat sur un gain"), ()),
    "reporting.gainverification": (_("Vérification d’un gain"), ("report__project__application",)),
    "reporting.parametermove": (_("Paramètre de calcul"), ()),
    "reporting.discountrate": (_("Taux d’actualisation"), ()),
    "reporting.priceindex": (_("Indice des prix"), ()),
    "reporting.renewalweights": (_("Paramètres de reconduction"), ()),
    "reporting.renewal": (_("Reconduction"), ("project__application",)),
    "reporting.varianceexplanation": (_("Explication d’un écart"), ("project__application",)),
    "reporting.portfolioimport": (_("Importation"), ()),
    "reporting.portfoliofile": (_("Fichier d’une importation"), ()),
    "reporting.run": (_("Calcul"), ()),
}

#: what the first link of the chain follows
GENESIS = "0" * 64


def journal_for(person: Any, now: datetime) -> QuerySet[JournalEntry]:
    """The entries that this person may see: none for whoever does not read the journal.

    A recusal hides those of its file, whatever object of the file they name first. Calls that are not open yet are sealed for auditors.
    """
    if not read_journal(person, now):
        return JournalEntry.objects.none()
    rows = JournalEntry.objects.all()
    hidden = list(Recusal.objects.filter(person=person).order_by("pk").values_list("application_id", flat=True))
    if hidden:
        rows = rows.exclude(Q(application__in=hidden) | _of_applications(hidden))
    if not rights_of(person, now).is_staff:
        rows = rows.exclude(object_type="projects.call", object_id__in=Call.objects.filter(opens_at__gt=now).values("pk"))
    return rows.select_related("actor", "organisation", "application", "link")


def _of_applications(applications: list[int]) -> Q:
    """Entries whose object belongs to one of these applications."""
    found = Q()
    for label, (_name, paths) in OBJECTS.items():
        for path in paths:
            objects = apps.get_model(label)._base_manager.filter(**{f"{path}__in": applications}).order_by()
            found |= Q(object_type=label, object_id__in=objects.values("pk"))
    return found


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Entries, the latest first; `newer` and `older` are the keys from which to ask for the pages around, None at an end."""

    entries: list[JournalEntry]
    newer: int | None
    older: int | None


def journal_page(rows: QuerySet[JournalEntry], *, before: int | None = None, after: int | None = None, size: int = 25) -> JournalPage:
    """The entries just older than `before`, or just newer than `after`: one page costs the same wherever it is."""
    if after is not None:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
        kept, more = found[:size][::-1], len(found) > size
        return JournalPage(kept, kept[0].pk if more else None, kept[-1].pk if kept else None)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: size + 1])
    kept, more = found[:size], len(found) > size
    return JournalPage(kept, kept[0].pk if kept and before is not None else None, kept[-1].pk if more else None)


@dataclass(frozen=True, slots=True)
class LinkCheck:
    """One link of the chain, recomputed. `fault` is empty when it holds."""

    link: JournalLink | None
    recomputed: str
    fault: str | Promise


def check_link(entry: JournalEntry) -> LinkCheck:
    """Recompute the link of an entry, and hold it against the one before: one query."""
    link = getattr(entry, "link", None)
    if link is None:
        return LinkCheck(None, "", _("Cette écriture n’a pas de maillon."))
    recomputed = sha256(link.prev + entry.content)
    before = JournalLink.objects.filter(seq=link.seq - 1).values_list("hash", flat=True).order_by("seq")
    if recomputed != link.hash:
        return LinkCheck(link, recomputed, _("Le contenu ne correspond pas à l’empreinte du maillon."))
    if link.prev != next(iter(before), GENESIS):
        return LinkCheck(link, recomputed, _("Le maillon n’est pas lié à celui qui le précède."))
    return LinkCheck(link, recomputed, "")


def reason_of(content: str) -> str:
    return json.loads(content).get("reason", "")
