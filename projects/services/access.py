"""The trace of a reading: who opened which file of which application."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from fondsinnovation.kit.errors import act
from projects.models import User
from projects.services.journal import note


@act
def record_access(*, obj: models.Model, what: str, actor: User, now: datetime, key: str | None = None, **facts: Any) -> None:
    """Write in the journal that a person was given a file. The caller has already asked whether they may have it."""
    note(obj, what=what, **facts)
