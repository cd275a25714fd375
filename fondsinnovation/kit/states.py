"""State machines are data: a table of moves per noun, one function that refuses any other move."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import WrongState

Moves = Mapping[Any, AbstractSet[Any]]


def require_move(moves: Moves, current: Any, target: Any) -> None:
    """Raise WrongState unless the table allows to go from `current` to `target`."""
    if target not in moves.get(type(target)(current), set()):
        raise WrongState(_("Cette action n’est plus possible : l’état est « %(state)s ».") % {"state": type(target)(current).label})


def terminal(moves: Moves) -> set[Any]:
    """The states that nothing leaves."""
    return {state for state, targets in moves.items() if not targets}
