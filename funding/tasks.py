"""Queued work of the agreements. Safe to run twice, late, or after a crash."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from fondsinnovation.kit.errors import WrongState
from funding.services.seals import seal_agreement
from projects.services.outbox import serves


@serves("seal")
def seal_signed(payload: dict[str, Any], now: datetime) -> None:
    """Seal an agreement that both parties signed. A certificate that cannot be used is an error of the message, tried again later."""
    with suppress(WrongState):  # it is sealed already, or the certificate was taken out of the settings
        seal_agreement(agreement_id=payload["agreement"], actor=None, now=now)
