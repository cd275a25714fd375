"""Who may do what: the matrix of roles and rules, read from the rules that the policies themselves enforce."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from projects.enums import Role
from projects.policies.rules import RULES, Rule, Subject, Where
from reporting.queries.audit import ACTS

_APPS = ("projects", "funding", "reporting")

#: what stands in a cell of the matrix; the shape says it, not the colour
MARKS = {Where.ANYWHERE: "●", Where.INSIDE: "◐", Where.OWN: "○"}

#: acts that ask no rule → why none applies; each other act has exactly one, and a test holds both ways
WITHOUT_RULE = {
    "add_second_factor": "La personne elle-même, sur son propre compte.",
    "change_password": "La personne elle-même, sur son propre compte.",
    "close_inactive_account": "L’horloge : le délai d’inactivité est une règle datée.",
    "create_demo_accounts": "Commande de la démonstration.",
    "import_bodies": "Commande de l’exploitation; le fichier fait partie du portail.",
    "import_portfolio": "Le travail d’une importation confirmée par qui en a le droit, ou la commande de l’exploitation.",
    "import_municipalities": "Commande de l’exploitation, à partir du répertoire officiel.",
    "link_identity": "La personne elle-même, sur son propre compte.",
    "move_call": "L’horloge : les dates de l’appel sont déjà approuvées.",
    "record_access": "Trace d’une lecture que sa requête a déjà permise.",
    "record_exceptional_reading": "Trace d’une lecture que l’accès exceptionnel a permise.",
    "refuse_invitation_link": "Trace d’un lien qui n’a rien ouvert.",
    "refuse_sign_in": "Trace d’une connexion refusée.",
    "renew_recovery_codes": "La personne elle-même, sur son propre compte.",
    "schedule_follow_ups": "L’horloge et la convention : le calendrier suit ce qui est signé.",
    "seal_agreement": "L’horloge : le sceau suit la seconde signature.",
    "seed_file": "Commande de la démonstration.",
    "seed_ledger": "Commande de la démonstration.",
    "sign_in": "Trace d’une connexion.",
    "sign_out": "Trace d’une fin de session.",
    "tick_follow_up": "L’horloge : les échéances, les rappels et la retenue sont des règles datées.",
    "warn_inactive": "L’horloge : le délai d’inactivité est une règle datée.",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """Where one role counts for one rule; `mark` is empty where it does not."""

    role: Role
    where: Where | None

    @property
    def mark(self) -> str:
        return MARKS[self.where] if self.where else ""

    @property
    def label(self) -> str:
        return str(self.where.label) if self.where else ""


@dataclass(frozen=True, slots=True)
class Row:
    """One rule, with a cell for each role shown."""

    rule: Rule
    cells: list[Cell]

    @property
    def acts(self) -> list[str]:
        """What the journal calls the acts of the rule; none when it is a right to read."""
        return [str(ACTS.get(act, act)) for act in self.rule.acts]

    @property
    def is_everybody_s(self) -> bool:
        return not self.rule.places


def every_rule() -> list[Rule]:
    """Every rule of the portal, by subject, then in the order in which the policies are written from the lowest app up."""
    for app in _APPS:
        package = importlib.import_module(f"{app}.policies")
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{app}.policies.{module.name}")
    subjects = list(Subject)
    return sorted(RULES.values(), key=lambda one: (subjects.index(one.subject), _APPS.index(one.app), one.written_at))


def rule_of_act() -> Mapping[str, Sequence[str]]:
    """Act → the names of its rules: exactly one, unless a test fails."""
    found: dict[str, list[str]] = {}
    for one in every_rule():
        for act in one.acts:
            found.setdefault(act, []).append(one.name)
    return found


def matrix(role: Role | None = None) -> list[tuple[Subject, list[Row]]]:
    """The rules by subject, with a cell for each role; for one role, only what it may do, and what anybody may."""
    roles = list(Role) if role is None else [role]
    rows = [Row(one, [Cell(each, one.places.get(each)) for each in roles]) for one in every_rule() if role is None or _is_for(one, role)]
    grouped = [(subject, [row for row in rows if row.rule.subject == subject]) for subject in Subject]
    return [(subject, found) for subject, found in grouped if found]


def _is_for(rule: Rule, role: Role) -> bool:
    return not rule.places or role in rule.places
