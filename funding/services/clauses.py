"""Clauses of agreements: a version is published once, with a reason and a day; it is never written again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, Stale, WrongState, act, on_constraint
from funding.clauses import faults
from funding.models import ClauseTemplate
from funding.policies import clauses as policies
from projects.models import User
from projects.services.journal import note, note_reason


@dataclass(frozen=True, slots=True)
class ClauseContent:
    """What a version says, in both languages, from which day, and where it stands in the agreement."""

    kind: str
    code: str
    position: int
    valid_from: date
    title: str
    body: str
    title_en: str
    body_en: str
    is_withdrawn: bool = False


@act
def publish_clause(
    *, content: ClauseContent, after: int, reason: str, actor: User, now: datetime, key: str | None = None
) -> ClauseTemplate:
    """Publish the version that follows version `after` (0 for a new clause). Agreements already drafted keep their own text.

    Raises NotAllowed, Stale (somebody published one meanwhile), Invalid (an unknown merge field, with its place; a day gone by).
    """
    policies.publish_clause(actor, now).require()
    last = ClauseTemplate.objects.filter(kind=content.kind, code=content.code).order_by("-version").first()
    if (last.version if last else 0) != after:
        raise Stale(_("Une autre version de cette clause a été publiée depuis que vous avez ouvert cette page."))
    if errors := _errors(content, last, reason, timezone.localdate(now)):
        raise Invalid(errors=errors)
    clause = ClauseTemplate.objects.create(
        version=after + 1,
        reason=reason.strip(),
        published_by=actor,
        published_at=now,
        **{name: getattr(content, name) for name in content.__dataclass_fields__},
    )
    note(clause, kind=clause.kind, code=clause.code, version=clause.version, valid_from=clause.valid_from, withdrawn=clause.is_withdrawn)
    note_reason(reason)
    return clause


def _errors(content: ClauseContent, last: ClauseTemplate | None, reason: str, today: date) -> dict[str, str]:
    """What is wrong, by field, in sentences."""
    found = {name: " ".join(map(str, faults(getattr(content, name)))) for name in ("title", "body", "title_en", "body_en")}
    found |= {name: _("Inscrivez ce texte.") for name in found if not getattr(content, name).strip()}
    if not reason.strip():
        found["reason"] = _("Inscrivez le motif.")
    if content.valid_from < today:
        found["valid_from"] = _("Une clause ne change pas le passé : choisissez aujourd’hui ou plus tard.")
    elif last and content.valid_from < last.valid_from:
        found["valid_from"] = _("La version précédente commence plus tard : choisissez le même jour ou un jour suivant.")
    return {name: text for name, text in found.items() if text}


@on_constraint("clause_versions_follow")
def _follows(_detail: dict[str, object]) -> WrongState:
    return WrongState(_("Une autre version de cette clause a été publiée depuis que vous avez ouvert cette page."))
