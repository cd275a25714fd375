"""The budget: costs by category and who pays, by fiscal year, and the rules of the call's terms (docs/rules/application.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import LongTextField, MoneyField, MoneyInput
from fondsinnovation.kit.money import LARGEST, ZERO, round_cents
from fondsinnovation.templatetags.typography import fiscal_year, money_cents, percent
from projects.enums import PUBLIC_AID, CostCategory, FundingSource
from projects.models import TermsProfile
from projects.sections.base import SectionForm

#: (source, in kind) of each funding row of the page
PAYERS = tuple(
    (source, in_kind) for source in FundingSource for in_kind in ((False, True) if source == FundingSource.APPLICANT else (False,))
)


@dataclass(frozen=True, slots=True)
class Balance:
    """A budget in four figures, in dollars, and what the terms allow of them."""

    cost: Decimal
    asked: Decimal
    public_aid: Decimal
    funded: Decimal
    terms: TermsProfile

    @property
    def most_aid(self) -> Decimal:
        """The most that the Fund may pay of this cost: cost × aid rate, to the cent, half up."""
        return round_cents(self.cost * self.terms.aid_rate)

    @property
    def most_public_aid(self) -> Decimal:
        """The most public aid, all sources together: cost × stacking limit, to the cent, half up."""
        return round_cents(self.cost * self.terms.stacking_limit)

    @property
    def aid_rate(self) -> Decimal | None:
        return self.asked / self.cost if self.cost else None

    @property
    def public_aid_rate(self) -> Decimal | None:
        return self.public_aid / self.cost if self.cost else None

    @property
    def missing(self) -> Decimal:
        """What is left to find; negative when there is more money than costs."""
        return self.cost - self.funded


def refusals(balance: Balance) -> Iterator[tuple[str, str]]:
    """Each rule of the terms that a budget breaks: its code and a sentence with the amounts."""
    terms, values = balance.terms, _amounts(balance)
    if not balance.cost:
        yield "required", gettext("Inscrivez au moins un coût.")
    if not balance.asked:
        yield "required", gettext("Inscrivez le montant demandé au Fonds.")
    if not balance.cost or not balance.asked:
        return
    if max(balance.cost, balance.funded) > LARGEST:
        yield "large", gettext("Le total du budget est trop grand.")
    if balance.asked < terms.minimum_amount:
        yield "minimum", gettext("Le montant demandé, %(asked)s, est sous l’aide minimale de cet appel, %(minimum)s.") % values
    if balance.asked > terms.maximum_amount:
        yield "maximum", gettext("Le montant demandé, %(asked)s, dépasse l’aide maximale de cet appel, %(maximum)s.") % values
    if balance.asked > balance.most_aid:
        yield (
            "aid_rate",
            gettext(
                "Le montant demandé, %(asked)s, représente %(aid)s du coût total; le taux d’aide du Fonds est d’au plus %(aid_rate)s, "
                "soit %(most_aid)s."
            )
            % values,
        )
    if balance.public_aid > balance.most_public_aid:
        yield (
            "stacking_limit",
            gettext(
                "Les aides publiques, %(public_aid)s, représentent %(stacking)s du coût total; leur cumul est limité à %(stacking_limit)s, "
                "soit %(most_public_aid)s."
            )
            % values,
        )
    if balance.missing:
        yield "balance", gettext("Le financement, %(funded)s, n’égale pas les coûts, %(cost)s : l’écart est de %(gap)s.") % values


def _amounts(balance: Balance) -> dict[str, str]:
    terms = balance.terms
    amounts = {
        "asked": balance.asked,
        "cost": balance.cost,
        "funded": balance.funded,
        "public_aid": balance.public_aid,
        "most_aid": balance.most_aid,
        "most_public_aid": balance.most_public_aid,
        "gap": abs(balance.missing),
        "minimum": terms.minimum_amount,
        "maximum": terms.maximum_amount,
    }
    rates = {
        "aid": balance.aid_rate,
        "stacking": balance.public_aid_rate,
        "aid_rate": terms.aid_rate,
        "stacking_limit": terms.stacking_limit,
    }
    return {**{name: money_cents(value) for name, value in amounts.items()}, **{name: percent(value) for name, value in rates.items()}}


class BudgetSection(SectionForm):
    """Costs and funding, each a table of amounts; the Fund pays only in the years in which the call holds money."""

    justification = LongTextField(label=_("Justification des coûts"), limit=1500, help_text=_("Comment les montants ont été établis"))

    def make_fields(self) -> None:
        for year in self.facts.years:
            for category in CostCategory:
                self._amount(f"cost_{year}_{category}", category.label, year, f"cost_{year} cost")
            for source, in_kind in PAYERS:
                if source != FundingSource.FUND or year in self.facts.fund_years:
                    self._amount(_funding(year, source, in_kind), payer_label(source, in_kind), year, f"funding_{year} funding")

    def _amount(self, name: str, label: Any, year: int, sums: str) -> None:
        label = f"{label}, {fiscal_year(year)}"
        widget = MoneyInput({"data-sum": sums, "aria-label": gettext("%(field)s, en dollars") % {"field": label}})
        self.fields[name] = MoneyField(label=label, required=False, widget=widget)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not any(name.startswith(("cost_", "funding_")) for name in self.errors):
            for code, sentence in refusals(self.balance()):
                self.refuse(None, sentence, code=code)
        return cleaned

    def read(self) -> dict[str, Any]:
        """The values that can be read."""
        self.errors  # noqa: B018 — validates the first time
        return self.cleaned_data

    def costs(self) -> dict[tuple[int, CostCategory], Decimal]:
        """Dollars by fiscal year and category, zeros left out."""
        read = self.read()
        typed = {(year, category): read.get(f"cost_{year}_{category}") for year in self.facts.years for category in CostCategory}
        return {key: amount for key, amount in typed.items() if amount}

    def funding(self) -> dict[tuple[int, FundingSource, bool], Decimal]:
        """Dollars by fiscal year, source and whether it is in kind, zeros left out."""
        read = self.read()
        typed = {
            (year, source, in_kind): read.get(_funding(year, source, in_kind)) for year in self.facts.years for source, in_kind in PAYERS
        }
        return {key: amount for key, amount in typed.items() if amount}

    def balance(self) -> Balance:
        """The four figures of what can be read so far."""
        costs, funding = self.costs(), self.funding()
        return Balance(
            cost=sum(costs.values(), ZERO),
            asked=sum((amount for (_year, source, _kind), amount in funding.items() if source == FundingSource.FUND), ZERO),
            public_aid=sum((amount for (_year, source, _kind), amount in funding.items() if source in PUBLIC_AID), ZERO),
            funded=sum(funding.values(), ZERO),
            terms=self.facts.terms,
        )

    # ── What the page shows ──────────────────────────────────────────────────────────────────────────────────────────
    @property
    def tables(self) -> list[dict[str, Any]]:
        """The two tables: rows of (label, cells), a cell being a field or None where nothing can be paid; and the total of each year."""
        costs = [(category.label, [self[f"cost_{year}_{category}"] for year in self.facts.years]) for category in CostCategory]
        payers = [
            (payer_label(source, in_kind), [self._cell(_funding(year, source, in_kind)) for year in self.facts.years])
            for source, in_kind in PAYERS
        ]
        return [
            self._table("cost", _("Coûts par poste de dépense"), _("Poste"), costs, self.costs()),
            self._table("funding", _("Financement par source"), _("Source"), payers, self.funding()),
        ]

    def _cell(self, name: str) -> forms.BoundField | None:
        return self[name] if name in self.fields else None

    def _table(self, name: str, caption: Any, heading: Any, rows: Any, amounts: Mapping[Any, Decimal]) -> dict[str, Any]:
        by_year = [sum((amount for key, amount in amounts.items() if key[0] == year), ZERO) for year in self.facts.years]
        years = [fiscal_year(year) for year in self.facts.years]
        return {
            "name": name,
            "caption": caption,
            "heading": heading,
            "years": years,
            "rows": [{"label": label, "cells": list(zip(years, cells, strict=True))} for label, cells in rows],
            "totals": [
                {"year": year, "output": f"{name}_{number}", "amount": amount}
                for year, number, amount in zip(years, self.facts.years, by_year, strict=True)
            ],
            "total": sum(by_year, ZERO),
        }


def payer_label(source: FundingSource, in_kind: bool) -> str:
    return gettext("%(source)s, en nature") % {"source": source.label} if in_kind else str(source.label)


def _funding(year: int, source: FundingSource, in_kind: bool) -> str:
    return f"funding_{year}_{source}{'_in_kind' if in_kind else ''}"
