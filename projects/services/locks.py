"""Row locks in the house's order (docs/locking.md): file → agreement → envelope × fiscal year → (at COMMIT) the journal's head."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


def lock(model: type[M], pk: int) -> M:
    """Read one row and hold it until COMMIT. Raises the model's DoesNotExist."""
    return model._base_manager.select_for_update(of=("self",), no_key=True).get(pk=pk)


def lock_all(model: type[M], pks: Iterable[int]) -> list[M]:
    """Read rows and hold them until COMMIT, by key, so that two acts on the same rows wait for each other in one order."""
    return list(model._base_manager.select_for_update(of=("self",), no_key=True).filter(pk__in=set(pks)).order_by("pk"))
