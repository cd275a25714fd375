"""Exports are acts: who took which list, with which filters, is in the journal before the first row leaves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fondsinnovation.kit.errors import act, current_entry
from projects.models import User
from projects.policies import organisations as organisation_policies
from projects.policies import staff as policies


@act
def export_applications(*, filters: Mapping[str, str], rows: int, actor: User, now: datetime, key: str | None = None) -> None:
    """Record that a person takes a list of applications out of the portal. Raises NotAllowed."""
    policies.read_files(actor, now).require()
    current_entry().facts.update(filters=dict(filters), rows=rows)


@act
def export_organisations(*, filters: Mapping[str, str], rows: int, actor: User, now: datetime, key: str | None = None) -> None:
    """Record that a person takes a list of organisations out of the portal. Raises NotAllowed."""
    organisation_policies.export_organisations(actor, now).require()
    current_entry().facts.update(filters=dict(filters), rows=rows)
