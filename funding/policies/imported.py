"""What was taken from history is led by nobody here."""

from __future__ import annotations

from django.utils.translation import gettext as _

from fondsinnovation.kit.verdict import Verdict, possible
from funding.models import Agreement


def is_made_here(agreement: Agreement) -> Verdict:
    """Nobody leads an agreement that was taken from history: the next package says what became of it."""
    return possible(
        agreement.imported_at is None, _("Cette convention est reprise de l’historique : un portefeuille importé en dit la suite.")
    )
