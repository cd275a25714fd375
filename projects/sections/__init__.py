"""The sections of an application, in their order. See `base` for what they share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from projects.enums import SectionKind
from projects.sections.base import Facts, Progress, Section, SectionForm, row_count, without_row
from projects.sections.budget import Balance, BudgetSection
from projects.sections.gains import GainsSection
from projects.sections.plan import PlanSection
from projects.sections.texts import ATTACHABLE, DeclarationSection, DocumentsSection, NeedSection, OrganisationSection

SECTIONS = (
    Section(SectionKind.ORGANISATION, "organisme", OrganisationSection, _("Mission et personne à joindre")),
    Section(SectionKind.NEED, "besoin", NeedSection, _("Environ 30 minutes")),
    Section(SectionKind.PLAN, "realisation", PlanSection, _("Démarche, risques et jalons")),
    Section(SectionKind.BUDGET, "budget", BudgetSection, _("Coûts et financement par exercice"), "projects/sections/budget_balance.html"),
    Section(SectionKind.GAINS, "gains", GainsSection, _("Situation de départ et gains prévus"), "projects/sections/gain_totals.html"),
    Section(SectionKind.DOCUMENTS, "documents", DocumentsSection, _("Résolution et documents d’appui")),
    Section(SectionKind.DECLARATION, "declaration", DeclarationSection, _("Possible quand les autres sections sont terminées")),
)
BY_KIND = {section.kind: section for section in SECTIONS}
BY_SLUG = {section.slug: section for section in SECTIONS}


def section_form(kind: str, typed: Mapping[str, Any], facts: Facts, *, quiet: bool = False) -> SectionForm:
    """The form of a section, bound to what was typed."""
    return BY_KIND[SectionKind(kind)].form_class(typed, facts=facts, quiet=quiet)


__all__ = [
    "ATTACHABLE",
    "BY_KIND",
    "BY_SLUG",
    "SECTIONS",
    "Balance",
    "BudgetSection",
    "Facts",
    "GainsSection",
    "PlanSection",
    "Progress",
    "Section",
    "SectionForm",
    "row_count",
    "section_form",
    "without_row",
]
