"""`manage.py draw_personal_information`: draw docs/rules/personal-information.md from the registry. A test fails when they differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation

from fondsinnovation.commands import PortalCommand
from projects.policies.personal import NOT_PERSONAL, NOTHING_PERSONAL, REGISTRY

PAGE = Path(settings.BASE_DIR) / "docs" / "rules" / "personal-information.md"
INTRODUCTION = """# Renseignements personnels

Dessiné par `manage.py draw_personal_information` à partir de `projects/policies/personal.py`; un essai échoue quand la page et le
registre diffèrent, ou quand un modèle ou un champ d’apparence personnelle n’y est pas. `check_invariants` compare le registre aux
colonnes de la base de données (INV-28). Qui a fait quel acte est inscrit avec chaque acte, sous la règle des actes, et n’est pas répété
ici champ par champ.
"""
RULES = """
## Ce qu’une personne peut faire

- **Lire et emporter** : `/compte/mes-renseignements/` dit ce que le portail garde; le bouton remet le tout en JSON. Le journal dit que la
  personne l’a pris. Un dossier caché par une récusation n’y est nommé nulle part, et aucun secret (mot de passe, empreinte de jeton) n’y
  est.
- **Corriger son nom** : les actes passés montrent le nom corrigé; l’historique garde l’ancien.
- **Changer son courriel** : un lien signé, valable 24 heures et une seule fois, part à la nouvelle adresse. Son ouverture montre un
  bouton; seul le bouton change quelque chose. L’ancienne adresse est prévenue. La réponse est la même que l’adresse soit libre ou non.

## Comptes inactifs

Le délai est une ligne datée de `projects_inactivityrule`, en ajout seulement : 730 jours sans connexion, avis 30 jours avant. Une tâche
quotidienne avise, puis ferme : plus d’entrée, plus de session ni de jeton; le nom reste sur les actes passés. Le dernier compte de la
direction ou de la tête du Secrétariat ne se ferme jamais.

| dernière connexion | avis | fermeture |
|---|---|---|
| 2024-11-24 | 2026-10-25 | 2026-11-24 |
| 2020-01-01 (jamais avisée) | 2026-11-24 | 2026-12-24 |

## Incidents de confidentialité

Le registre se tient par la personne responsable de la protection des renseignements personnels; la tête du Secrétariat et l’audit le
lisent. Un incident se clôt une fois le risque évalué, les personnes comptées et les mesures inscrites; un risque sérieux oblige à aviser
d’abord la Commission d’accès à l’information et les personnes concernées. La base de données garde chaque version, et un incident clos ne
change plus.

## Journaux techniques, adresses, navigateur

Une ligne de journal technique porte le numéro de la requête et celui de la personne : ni courriel, ni adresse IP, ni navigateur, ni ce
qui suit « ? » dans une adresse, ni le secret d’un lien. Aucun renseignement personnel n’est dans l’adresse d’une page, et le navigateur
ne garde que le témoin de session.
"""


def draw() -> str:
    """The whole page, in Markdown."""
    with translation.override("fr-ca"):
        classes = {line.retention.code: line.retention for line in REGISTRY}
        lines = [INTRODUCTION, "## Registre\n", "| champ | pourquoi | conservation | qui le lit |", "|---|---|---|---|"]
        lines += [f"| `{line.path}` | {line.purpose} | {line.retention.label} | {line.access} |" for line in REGISTRY]
        lines += ["", "## Conservation\n", "| classe | durée |", "|---|---|"]
        lines += [f"| {one.label} | {one.rule} |" for one in classes.values()]
        lines += ["", "## Décidé : rien de personnel\n", "| champ ou modèle | ce que c’est |", "|---|---|"]
        lines += [f"| `{path}` | {what} |" for path, what in (*NOT_PERSONAL.items(), *NOTHING_PERSONAL.items())]
    return "\n".join(lines) + "\n" + RULES


class Command(PortalCommand):
    help = "Dessine docs/rules/personal-information.md à partir du registre des renseignements personnels."

    def run(self, **options: Any) -> int:
        PAGE.write_text(draw(), encoding="utf-8")
        self.stdout.write(str(PAGE.relative_to(settings.BASE_DIR)))
        return 0
