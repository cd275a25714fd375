"""Clauses with merge fields: `[[ aide ]]` stands for a value of the agreement. Pure functions; the list of fields is closed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

#: merge field → what it stands for
FIELDS: Mapping[str, str | Promise] = {
    "numero": gettext_lazy("le numéro de la convention"),
    "projet": gettext_lazy("le numéro du projet"),
    "titre": gettext_lazy("le titre du projet"),
    "demande": gettext_lazy("le numéro de la demande"),
    "appel": gettext_lazy("l’appel à projets"),
    "beneficiaire": gettext_lazy("le nom du bénéficiaire"),
    "aide": gettext_lazy("le montant de l’aide"),
    "debut": gettext_lazy("le début de la convention"),
    "fin": gettext_lazy("la fin de la convention"),
    "conditions": gettext_lazy("les conditions de la décision"),
    "avance": gettext_lazy("la part de l’aide qui peut être avancée"),
    "retenue": gettext_lazy("la part de l’aide qui est retenue"),
    "mois_declaration": gettext_lazy("le nombre de mois entre deux déclarations de gains"),
    "annees_suivi": gettext_lazy("le nombre d’années de suivi après la fin"),
}
_FIELD = re.compile(r"\[\[(.*?)\]\]|\[\[|\]\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fault:
    """A merge field that cannot be filled, and where it is: line and column, from 1."""

    written: str
    line: int
    column: int

    def __str__(self) -> str:
        words = {"field": self.written, "line": self.line, "column": self.column}
        return _("« %(field)s » n’est pas un champ de fusion (ligne %(line)s, colonne %(column)s).") % words


def faults(body: str) -> list[Fault]:
    """The fields of a text that the closed list does not have, and the braces that are not closed, in the order of the text."""
    return [
        Fault(" ".join(match[0].split()), body.count("\n", 0, match.start()) + 1, match.start() - body.rfind("\n", 0, match.start()))
        for match in _FIELD.finditer(body)
        if match[1] is None or match[1].strip() not in FIELDS
    ]


def fields_of(body: str) -> list[str]:
    """The fields that a text uses, each once, in its order."""
    return list(dict.fromkeys(match[1].strip() for match in _FIELD.finditer(body) if match[1] is not None))


def missing(body: str, values: Mapping[str, Any]) -> list[str]:
    """The fields of a text that have no value."""
    return [name for name in fields_of(body) if values.get(name) in (None, "")]


def merged(body: str, values: Mapping[str, Any]) -> str:
    """The text with its values. Raises ValueError with the fields that are unknown or have no value."""
    if wrong := [*map(str, faults(body)), *missing(body, values)]:
        raise ValueError(", ".join(wrong))
    return _FIELD.sub(lambda match: str(values[match[1].strip()]), body)


def paragraphs(body: str) -> list[str]:
    """A text by paragraph: a blank line ends one."""
    return [" ".join(part.split("\n")).strip() for part in re.split(r"\n\s*\n", body.strip()) if part.strip()]
