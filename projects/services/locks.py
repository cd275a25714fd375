"""Row locks in the house's order (docs/locking.md): file → agreement → envelope × fiscal year → (at COMMIT) the journal's head."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


def lock(model: type[M], pk: int, *related: str) -> M:
    """Read one row and hold it until COMMIT. Raises the model's DoesNotExist.

    The `related` rows come in the same query but are not held, and are read as they were before the wait: only for what never changes.
    """
    return _held(model, related).get(pk=pk)


def lock_all(model: type[M], pks: Iterable[int], *related: str) -> list[M]:
    """Read rows and hold them until COMMIT, by key, so that two acts on the same rows wait for each other in one order."""
    return list(_held(model, related).filter(pk__in=set(pks)).order_by("pk"))


def _held(model: type[M], related: tuple[str, ...]) -> models.QuerySet[M]:
    rows = model._base_manager.select_for_update(of=("self",), no_key=True)
    return rows.select_related(*related) if related else rows
