"""An application as a person types it: the posted fields of each section, all valid, for tests that fill and submit."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from projects.enums import DocumentKind, Role
from projects.models import Application, User
from projects.services.applications import start_application
from projects.services.attachments import attach_document
from projects.services.sections import fill_sections
from tests.factories import NOW, CallFactory, OrganisationFactory, person_with

PDF = b"%PDF-1.7\nresolution\n"

ORGANISATION = {
    "presentation": "La Ville offre ses services à 5 000 personnes.",
    "contact_name": "Océane Pelchat",
    "contact_title": "Directrice des services",
    "contact_email": "redaction@exemple.quebec",
    "contact_phone": "",
}
NEED = {
    "title": "Permis de construction en ligne",
    "need": "Les permis prennent six semaines.",
    "solution": "Un guichet en ligne, avec les pièces vérifiées au dépôt.",
    "public": "Les personnes qui construisent ou rénovent.",
}
PLAN = {
    "approach": "Analyse, conception, mise à l’essai, déploiement.",
    "risks": "Adhésion du personnel : formation dès l’analyse.",
    "milestones-0-title": "Analyse terminée",
    "milestones-0-evidence": "Rapport d’analyse",
    "milestones-0-due_on": "2026-12-15",
    "milestones-1-title": "Mise en service",
    "milestones-1-evidence": "Adresse du guichet",
    "milestones-1-due_on": "2027-03-15",
}
BUDGET = {
    "cost_2026_fees": "100 000",
    "cost_2026_salaries": "25 000,00 $",
    "funding_2026_fund": "100 000",
    "funding_2026_applicant": "25 000",
    "justification": "Trois soumissions obtenues.",
}
GAINS = {
    "method": "Relevé mensuel du coût par permis.",
    "gains-0-title": "Moins d’impression",
    "gains-0-nature": "CASH",
    "gains-0-recurrence": "recurrent",
    "gains-0-cost": "200 000",
    "gains-0-volume": "1 000",
    "gains-0-unit": "permis",
    "gains-0-period_start": "2025-01-01",
    "gains-0-period_end": "2025-12-31",
    "gains-0-source": "États financiers 2025",
    "gains-0-indicator_1_name": "Délai moyen de délivrance",
    "gains-0-indicator_1_unit": "jours",
    "gains-0-indicator_1_reference": "12",
    "gains-0-indicator_1_tolerance": "2",
    "gains-0-indicator_1_worse": "higher",
    "gains-0-forecast_2027": "60 000",
    "gains-0-forecast_2028": "60 000",
    "gains-1-title": "Frais d’infonuagique",
    "gains-1-nature": "COST",
    "gains-1-recurrence": "recurrent",
    "gains-1-cost": "0",
    "gains-1-volume": "12",
    "gains-1-unit": "mois",
    "gains-1-period_start": "2025-01-01",
    "gains-1-period_end": "2025-12-31",
    "gains-1-source": "Contrat en vigueur",
    "gains-1-forecast_2027": "8 000,50",
}
DOCUMENTS = {"nothing_else": "on"}
DECLARATION = {"exact": "on", "aid": "on", "gains": "on"}


def typed_sections(**changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every section, valid: 125 000 $ of costs, 100 000 $ asked in 2026-2027. `changes` are merged by section."""
    whole = {
        "organisation": ORGANISATION,
        "need": NEED,
        "plan": PLAN,
        "budget": BUDGET,
        "gains": GAINS,
        "documents": DOCUMENTS,
        "declaration": DECLARATION,
    }
    return {kind: {**typed, **changes.get(kind, {})} for kind, typed in whole.items()}


def uploaded(data: bytes = PDF, name: str = "resolution.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def filled_draft(*, signatory: User | None = None, now: Any = NOW, **changes: dict[str, Any]) -> tuple[Application, User]:
    """A draft with every section filled and its resolution attached, and the signatory who may submit it."""
    organisation = OrganisationFactory()
    signatory = signatory or person_with(Role.SIGNATORY, organisation=organisation)
    organisation = signatory.memberships.get().organisation
    application = start_application(call_id=CallFactory().pk, organisation_id=organisation.pk, actor=signatory, now=now)
    attach_document(application_id=application.pk, kind=DocumentKind.RESOLUTION, file=uploaded(), actor=signatory, now=now)
    fill_sections(application_id=application.pk, sections=typed_sections(**changes), actor=signatory, now=now)
    return application, signatory
