"""How commands read the two dates of a report."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, date, datetime

from django.utils.translation import gettext as _

from fondsinnovation.fields import FIRST_DAY, LAST_DAY
from reporting.rules import end_of_day

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def effective_day(text: str) -> date:
    """A day of a believable year: « 2026-10-31 »."""
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise argparse.ArgumentTypeError(_("%(text)s : un jour comme 2026-10-31 est attendu") % {"text": text})
    if not FIRST_DAY <= day <= LAST_DAY:
        raise argparse.ArgumentTypeError(_("%(text)s : un jour de 1900 à 2100 est attendu") % {"text": text})
    return day


def knowledge_date(text: str) -> datetime:
    """A day (its end in America/Toronto) or an instant with its offset."""
    try:
        if _DAY.fullmatch(text):
            return end_of_day(date.fromisoformat(text))
        found = datetime.fromisoformat(text)
        instant = found.astimezone(UTC)  # one instant is written in one way, whatever the offset that it was typed with
    except (ValueError, OverflowError) as error:  # the last day of all has no end, nor the first a beginning everywhere
        raise argparse.ArgumentTypeError(_("%(text)s : un jour ou un instant avec décalage est attendu") % {"text": text}) from error
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError(_("%(text)s : le décalage par rapport à UTC est attendu") % {"text": text})
    return instant
