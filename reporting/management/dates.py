"""How commands read the two dates of a report."""

from __future__ import annotations

import argparse
from datetime import date, datetime

from django.utils.translation import gettext as _

from reporting.rules import end_of_day


def effective_day(text: str) -> date:
    """A day: « 2026-10-31 »."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(_("%(text)s : un jour comme 2026-10-31 est attendu") % {"text": text}) from error


def knowledge_date(text: str) -> datetime:
    """A day (its end in America/Toronto) or an instant with its offset."""
    try:
        if len(text) == 10:
            return end_of_day(date.fromisoformat(text))
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(_("%(text)s : un jour ou un instant avec décalage est attendu") % {"text": text}) from error
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError(_("%(text)s : le décalage par rapport à UTC est attendu") % {"text": text})
    return found
