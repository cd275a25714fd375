"""Row locks in the house's order (docs/locking.md): file → agreement → envelope × fiscal year → (at COMMIT) the journal's head."""

from __future__ import annotations

from typing import TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


def lock(model: type[M], pk: int) -> M:
    """Read one row and hold it until COMMIT. Raises the model's DoesNotExist."""
    return model._base_manager.select_for_update(of=("self",), no_key=True).get(pk=pk)
