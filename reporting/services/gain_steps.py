"""Steps that the acts on a gain share: amounts, files, what must not have changed, and who is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import Invalid, Stale
from fondsinnovation.kit.money import ZERO
from fondsinnovation.templatetags.typography import money
from projects.enums import DocumentKind, Nature
from projects.models import Document, GainLine, Project, User
from projects.services import messages
from projects.services.documents import store_upload
from projects.services.journal import note
from reporting.models import GainReport, SharedGainPart

#: why the amount of a part does not change alone
PART = gettext_lazy("Ce gain est la part d’un gain partagé : la mesure se corrige en entier, sur la page du partage.")


def signed(line: GainLine, amount: Decimal) -> Decimal:
    """Dollars as they are kept: an increase of cost worsens the balance. Raises Invalid for a typed sign."""
    if amount < ZERO:
        raise Invalid(errors={"amount": _("Inscrivez le montant sans signe.")})
    return -amount if line.nature == Nature.COST else amount


def require_unchanged(read: datetime, seen: datetime | None) -> None:
    """`read`: the instant of the version as it is; `seen`: of the one that was read."""
    if seen is not None and seen != read:
        raise Stale(_("Cette déclaration a été corrigée depuis que vous avez ouvert cette page. Rien n’a été enregistré : relisez-la."))


def require_own_amount(report: GainReport, amount: Decimal) -> None:
    """The amount of a part of a shared gain is its part of the whole measure, as last corrected (INV-18). Raises Invalid."""
    corrected = report.shared_corrections.order_by("-pk").values_list("amount", flat=True)[:1]
    parts = [*corrected, *SharedGainPart.objects.filter(report=report).order_by("pk").values_list("amount", flat=True)]
    if parts and amount != parts[0]:
        raise Invalid(errors={"amount": str(PART)})


def require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif : l’organisme le lira.")})


def store(file: Any, field: str, kind: DocumentKind, project: Project, *, actor: User, now: datetime) -> Document:
    """Keep a file, before the first lock: it is hashed. A refusal is said next to its field."""
    try:
        return store_upload(file, kind=kind, actor=actor, now=now, project=project)
    except Invalid as error:
        raise type(error)(errors={field: error.message}) from error


def note_file(report: GainReport) -> None:
    note(report.project.application or report.project)


def tell(people: Iterable[User], report: GainReport, subject: str, body: str, now: datetime) -> None:
    messages.send(people, subject=subject, body=body, now=now, application=report.project.application)


def words(amount: Decimal) -> dict[str, str]:
    return {"amount": money(amount)}
