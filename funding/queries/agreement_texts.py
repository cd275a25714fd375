"""What an agreement says, before it is frozen and after: its clauses with their values, its annexes, its SHA-256."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Sum
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid
from fondsinnovation.templatetags.typography import long_date, money_cents, percent
from funding.clauses import FIELDS, merged, missing, paragraphs
from funding.enums import Party
from funding.models import Agreement, AgreementText, Award, ClauseTemplate, Signature
from funding.outcome import OutcomeTerms
from funding.queries.agreements import DraftMilestone, agreement_data, kind_for
from funding.queries.cash import is_in_force
from funding.queries.clauses import clauses_on
from funding.schedule import PlannedInstalment
from projects.enums import CostCategory, FundingSource
from projects.models import Application, JournalEntry
from projects.services.journal import canonical, sha256


@dataclass(frozen=True, slots=True)
class Draft:
    """What the draft of an agreement says, beside what its decision and its application do."""

    award: Award
    numbers: tuple[str, str]
    version: int
    milestones: Sequence[DraftMilestone]
    instalments: Sequence[PlannedInstalment]
    dates: tuple[date, date]
    outcome: OutcomeTerms | None = None


def frozen_content(draft: Draft, now: datetime) -> str:
    """The canonical text of a draft. Raises Invalid with each clause that misses a value, or when no clause is in force."""
    day, award = timezone.localdate(now), draft.award
    kind = kind_for(award.application)
    clauses = clauses_on(kind, day)
    if not clauses:
        raise Invalid(_("Aucune clause n’est en vigueur pour ce type de convention : publiez-en d’abord."))
    with translation.override("fr-ca"):  # the document is in French, whatever the language of the person who prepares it
        french = merge_values(draft)
        data = agreement_data(
            number=draft.numbers[0],
            project=draft.numbers[1],
            award=award,
            starts_on=draft.dates[0],
            ends_on=draft.dates[1],
            milestones=draft.milestones,
            instalments=draft.instalments,
            outcome=draft.outcome,
            day=day,
        )
        annexes = {"budget": _budget(award.application), "sources": _sources(award.application)}
    with translation.override("en"):
        english = merge_values(draft)
    if wanting := _wanting(clauses, french):
        raise Invalid(" ".join(wanting))
    said = {"version": draft.version, "frozen_at": now, "subject_to_law": not is_in_force(day, now)}
    return canonical({**data, **annexes, **said, "clauses": [_clause(one, french, english) for one in clauses]})


def merge_values(draft: Draft) -> dict[str, str | None]:
    """The value of each merge field, in the language of the moment; what nobody knows has none."""
    application, terms = draft.award.application, draft.award.application.call.terms
    found = {
        "numero": draft.numbers[0],
        "projet": draft.numbers[1],
        "titre": application.title,
        "demande": application.number,
        "appel": application.call.reference,
        "beneficiaire": application.organisation.name,
        "aide": money_cents(draft.award.amount),
        "debut": long_date(draft.dates[0]),
        "fin": long_date(draft.dates[1]),
        "conditions": draft.award.conditions or _("aucune condition particulière."),
        "avance": percent(terms.advance_rate),
        "retenue": percent(terms.holdback_rate),
        "mois_declaration": str(terms.reporting_months),
        "annees_suivi": str(terms.follow_up_years),
    }
    return {name: found[name] for name in FIELDS}


def _wanting(clauses: Sequence[ClauseTemplate], values: dict[str, str | None]) -> list[str]:
    """Each clause that asks for a value that nobody knows, in a sentence."""
    found = [(one, missing(one.body + one.body_en, values)) for one in clauses]
    return [
        _("Clause « %(title)s » : il manque %(fields)s.") % {"title": one.title, "fields": ", ".join(str(FIELDS[name]) for name in names)}
        for one, names in found
        if names
    ]


def _clause(one: ClauseTemplate, french: dict[str, str | None], english: dict[str, str | None]) -> dict[str, object]:
    return {
        "code": one.code,
        "version": one.version,
        "title": one.title,
        "paragraphs": paragraphs(merged(one.body, french)),
        "title_en": one.title_en,
        "paragraphs_en": paragraphs(merged(one.body_en, english)),
    }


def _budget(application: Application) -> list[dict[str, object]]:
    rows = application.budget_lines.values("category").annotate(total=Sum("amount")).order_by("category")
    return [{"label": str(CostCategory(row["category"]).label), "amount": row["total"]} for row in rows]


def _sources(application: Application) -> list[dict[str, object]]:
    rows = application.funding_lines.values("source").annotate(total=Sum("amount")).order_by("source")
    return [{"label": str(FundingSource(row["source"]).label), "amount": row["total"]} for row in rows]


def text_of(agreement: Agreement) -> AgreementText | None:
    """The frozen text of an agreement as it stands; none for one of before the portal froze them."""
    return agreement.texts.filter(version=agreement.version).select_related("document").first()


#: what a frozen text writes as a day
_DAYS = {"day", "starts_on", "ends_on", "due_on", "period_start", "period_end", "start", "end"}


def read(text: AgreementText) -> dict[str, Any]:
    """What a frozen text says, for a page: its days as days."""
    said: dict[str, Any] = json.loads(text.content, object_hook=_with_days)
    return said


def _with_days(said: dict[str, Any]) -> dict[str, Any]:
    return {name: date.fromisoformat(value) if name in _DAYS else value for name, value in said.items()}


def text_faults(agreement: Agreement) -> list[str]:
    """Why the text of an agreement cannot be relied on, in sentences; empty when it is frozen, whole and that of its document."""
    text = text_of(agreement)
    if text is None:
        return [_("Le texte de la convention n’est pas figé : refaites le projet.")]
    if sha256(text.content) != text.sha256 or text.document_id != agreement.document_id:
        return [_("Le texte de la convention ne correspond plus à son empreinte.")]
    others = agreement.signatures.exclude(text_sha256=text.sha256).order_by("party").values_list("party", flat=True)
    return [_("La signature de la partie « %(party)s » n’est pas celle du texte figé.") % {"party": Party(party).label} for party in others]


@dataclass(frozen=True, slots=True)
class Proof:
    """A signature with the entry of the journal that kept it."""

    signature: Signature
    entry: int | None
    matches: bool

    @property
    def name(self) -> str:
        copy = self.signature.signed_copy
        if copy is None:
            return self.signature.person.name if self.signature.person else ""
        return copy.beneficiary_name if self.signature.party == Party.BENEFICIARY else copy.minister_name


def proofs_of(agreement: Agreement) -> list[Proof]:
    """The signatures of an agreement, in their order, each with whether it is that of the text as it stands."""
    related = ("person", "signed_copy__document", "signed_copy__recorded_by", "signed_copy__decided_by")
    rows = list(agreement.signatures.select_related(*related).order_by("recorded_at", "pk"))
    entries = JournalEntry.objects.filter(object_type="funding.signature", object_id__in=[row.pk for row in rows]).order_by("-pk")
    numbers = dict(entries.values_list("object_id", "pk"))
    text = text_of(agreement)
    return [Proof(row, numbers.get(row.pk), text is not None and row.text_sha256 == text.sha256) for row in rows]
