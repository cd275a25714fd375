"""The imports of portfolios: who brought what, and what became of it."""

from __future__ import annotations

import json
from datetime import datetime

from django.db.models import QuerySet

from projects.models import JournalEntry, Recusal, User
from reporting.models import PortfolioFile, PortfolioImport
from reporting.queries.audit import journal_for


def imports() -> QuerySet[PortfolioImport]:
    """Every import, the latest first, with who brought and who confirmed it."""
    return PortfolioImport.objects.select_related("uploaded_by", "confirmed_by").order_by("-uploaded_at", "-pk")


def import_files(portfolio: PortfolioImport) -> list[PortfolioFile]:
    """The files of an import, as received."""
    return list(portfolio.files.order_by("name", "pk"))


def entries_of(portfolio: PortfolioImport, person: User, now: datetime) -> list[tuple[JournalEntry, str, bool]]:
    """The entries of the journal about an import, the oldest first, with the file of each, if any, and whether the person may open it."""
    entries = list(JournalEntry.objects.filter(object_type="reporting.portfolioimport", object_id=portfolio.pk).order_by("pk"))
    readable = set(journal_for(person, now).filter(pk__in=[entry.pk for entry in entries]).values_list("pk", flat=True))
    return [(entry, _file_of(entry), entry.pk in readable) for entry in entries]


def _file_of(entry: JournalEntry) -> str:
    return str(json.loads(entry.content)["facts"].get("file", "")) if entry.act == "import_portfolio_file" else ""


def may_see_content(portfolio: PortfolioImport, person: User) -> bool:
    """Whether what the package says may be read: whoever brought it has it, and a recusal hides it whole, since it may name any project."""
    return portfolio.uploaded_by_id == person.pk or not Recusal.objects.filter(person=person).exists()
