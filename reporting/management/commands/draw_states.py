"""`manage.py draw_states`: draw docs/states.md from the tables of moves. A test fails when the page and the tables differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation

from fondsinnovation.commands import PortalCommand
from fondsinnovation.kit.states import Moves, terminal
from funding import enums as funding
from projects import enums as projects
from reporting import enums as reporting

PAGE = Path(settings.BASE_DIR) / "docs" / "states.md"
MACHINES: list[tuple[str, str, Moves]] = [
    ("Appel à projets", "projects.Call", projects.CALL_MOVES),
    ("Demande", "projects.Application", projects.APPLICATION_MOVES),
    ("Projet", "projects.Project", projects.PROJECT_MOVES),
    ("Délégation", "projects.Delegation", projects.DELEGATION_MOVES),
    ("Accès exceptionnel", "projects.ExceptionalAccess", projects.EXCEPTIONAL_MOVES),
    ("Incident de confidentialité", "projects.Incident", projects.INCIDENT_MOVES),
    ("Évaluation", "funding.Review", funding.REVIEW_MOVES),
    ("Décision", "funding.Award", funding.AWARD_MOVES),
    ("Convention", "funding.Agreement", funding.AGREEMENT_MOVES),
    ("Exemplaire signé", "funding.SignedCopy", funding.SIGNED_COPY_MOVES),
    ("Avenant", "funding.Amendment", funding.AMENDMENT_MOVES),
    ("Jalon", "funding.Milestone", funding.MILESTONE_MOVES),
    ("Réclamation", "funding.Claim", funding.CLAIM_MOVES),
    ("Quantité d’un résultat", "funding.OutcomeDeclaration", funding.OUTCOME_MOVES),
    ("Paiement", "funding.Payment", funding.PAYMENT_MOVES),
    ("Recouvrement", "funding.Recovery", funding.RECOVERY_MOVES),
    ("Radiation", "funding.WriteOff", funding.WRITE_OFF_MOVES),
    ("Coordonnées bancaires", "funding.BankDetail", funding.BANK_MOVES),
    ("Lot de paiement", "funding.PaymentBatch", funding.BATCH_MOVES),
    ("Mouvement de crédits", "funding.CreditMove", funding.CREDIT_MOVE_MOVES),
    ("Dépense du Secrétariat", "funding.CostMove", funding.COST_MOVE_MOVES),
    ("Autorisation de tirage", "funding.DrawAuthority", funding.DRAW_AUTHORITY_MOVES),
    ("Déclaration de gain", "reporting.GainReport", reporting.GAIN_REPORT_MOVES),
    ("Redressement d’un gain", "reporting.GainRestatement", reporting.RESTATEMENT_MOVES),
    ("Rapport de suivi", "reporting.FollowUpReport", reporting.FOLLOW_UP_MOVES),
    ("Reconduction", "reporting.Renewal", reporting.RENEWAL_MOVES),
    ("Paramètre de calcul", "reporting.ParameterMove", reporting.PARAMETER_MOVES),
    ("Calcul", "reporting.Run", reporting.RUN_MOVES),
    ("Importation", "reporting.PortfolioImport", reporting.IMPORT_MOVES),
]
INTRODUCTION = """# States

Drawn by `manage.py draw_states` from the tables of moves in each app's `enums.py`; a test fails when this page and the tables
differ. A move that is not in its table is refused by `transition()` with status 409.
"""


def draw() -> str:
    """The whole page, in Markdown: one table of moves and one diagram a machine."""
    with translation.override("fr-ca"):
        return INTRODUCTION + "".join(_machine(*machine) for machine in MACHINES)


def _machine(title: str, model: str, moves: Moves) -> str:
    ends = terminal(moves)
    lines = [f"\n## {title} (`{model}`)\n", "| état | code | mène à |", "|---|---|---|"]
    for state, targets in moves.items():
        ordered = [other.label for other in moves if other in targets]
        lines.append(f"| {state.label} | `{state.value}` | {', '.join(map(str, ordered)) or 'état final'} |")
    lines += ["", "```mermaid", "stateDiagram-v2"]
    lines.append(f"  [*] --> {next(iter(moves)).value}")
    lines += [f"  {state.value} --> {other.value}" for state, targets in moves.items() for other in moves if other in targets]
    lines += [f"  {state.value} --> [*]" for state in moves if state in ends]
    return "\n".join([*lines, "```", ""])


class Command(PortalCommand):
    help = "Dessine docs/states.md à partir des tables d’états."

    def run(self, **options: Any) -> int:
        PAGE.write_text(draw(), encoding="utf-8")
        self.stdout.write(str(PAGE.relative_to(settings.BASE_DIR)))
        return 0
