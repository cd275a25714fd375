"""What each ratio of the reports of returns divides, in words: shown where its figures are, so that a person can do it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

_PUBLIC_COST = _("Le coût public réunit le versé et le cofinancement; seuls les projets qui en ont un comptent.")
_CUM3 = _("Gain net vérifié des trois exercices après celui du premier paiement ÷ coût; inconnu avant la fin du troisième.")
_REC3 = _("Gain récurrent vérifié du troisième exercice après celui du premier paiement, en année entière ÷ coût; inconnu avant sa fin.")

#: column → its formula, and what to know to do it again
FORMULAS: Mapping[str, tuple[Any, ...]] = {
    "roi_fund": (_("(gain net vérifié − versé) ÷ versé"), _("Seuls les projets que le Fonds a payés comptent.")),
    "roi_public": (_("(gain net vérifié − coût public) ÷ coût public"), _PUBLIC_COST),
    "roi_after_admin": (_("(gain net vérifié − versé − coût du Secrétariat) ÷ (versé + coût du Secrétariat)"),),
    "multiple_fund": (_("gain net vérifié ÷ versé"), _("Seuls les projets que le Fonds a payés comptent.")),
    "multiple_public": (_("gain net vérifié ÷ coût public"), _PUBLIC_COST),
    **dict.fromkeys(("cum3_fund", "cum3_public"), (_CUM3,)),
    **dict.fromkeys(("rec3_fund", "rec3_public"), (_REC3,)),
    "npv": (
        _("Somme, par exercice, du gain net vérifié moins le coût public, actualisée à l’exercice de la décision."),
        _PUBLIC_COST,
    ),
    "bcr": (_("gain net vérifié actualisé ÷ coût public actualisé"), _PUBLIC_COST),
    "payback_years": (
        _("Années, de l’exercice de la décision, avant que le gain net vérifié cumulé couvre le coût public cumulé; sans actualisation."),
        _PUBLIC_COST,
    ),
    "realisation_reported": (_("gain net déclaré ÷ gain net prévu échu"),),
    "realisation_verified": (_("gain net vérifié ÷ gain net prévu échu"),),
    "variance": (_("(gain net vérifié − gain net prévu échu) ÷ gain net prévu échu, sans son signe"),),
    "verification_yield": (_("montant vérifié ÷ montant déclaré, des périodes examinées"),),
    "coverage": (
        _("montants déclarés examinés ÷ montants déclarés, chacun sans son signe"),
        _("Une hausse de coût s’ajoute donc à une économie, au lieu de s’en retrancher."),
    ),
    "capture_rate": (
        _("montant capté ÷ montant vérifié, des économies encaissables et des revenus"),
        _("Une hausse de coût ne se capte pas : elle réduit le gain net vérifié, mais n’entre pas dans ce taux."),
    ),
}  # fmt: skip
