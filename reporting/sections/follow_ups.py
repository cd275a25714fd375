"""The sections of a follow-up report: what each asks, of which kinds of report, and when it is complete. Kept as typed, right or wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, LongTextField, MoneyField
from projects.enums import CostCategory
from projects.models import Objective
from projects.sections.base import SectionForm, short_text
from reporting.enums import FollowUpKind, FollowUpPart

#: groups of an equity analysis that a page offers, and the fewest persons that one may count
GROUPS, FEWEST = 4, 3


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What the sections of one report are filled in against."""

    kind: FollowUpKind
    categories: Sequence[CostCategory] = ()
    objectives: Sequence[Objective] = ()
    today: date = date.max


class ProgressPart(SectionForm):
    done = LongTextField(
        label=_("Ce qui a été fait dans la période"), limit=4000, help_text=_("En regard des jalons et des activités prévus")
    )
    gaps = LongTextField(label=_("Écarts, difficultés et risques"), limit=4000, help_text=_("Et ce que vous faites pour y répondre"))
    next = LongTextField(label=_("Prochaines étapes"), limit=2000)


class CostsPart(SectionForm):
    """Eligible costs since the beginning, by category, and what explains a gap with the budget."""

    def make_fields(self) -> None:
        for category in self.facts.categories:
            self.fields[f"spent_{category.value}"] = MoneyField(
                label=_("%(category)s : coûts depuis le début") % {"category": category.label}
            )
        self.fields["explanation"] = LongTextField(label=_("Explication des écarts avec le budget"), limit=2000, required=False)


class GainsPart(SectionForm):
    """The gains themselves are reported line by line, on their own pages; here, what explains them."""

    comment = LongTextField(
        label=_("Ce qui explique les gains de la période"),
        limit=4000,
        help_text=_("Par rapport à la prévision : causes des écarts, gains qui manquent et quand ils seront déclarés"),
    )


class ObjectivesPart(SectionForm):
    """The value reached for each objective of the call, and on which day. All of them at the final report; those you know before."""

    def make_fields(self) -> None:
        required = self.facts.kind == FollowUpKind.CLOSING
        self.fields["measured_on"] = DayField(label=_("Mesurés le"), required=required)
        for objective in self.facts.objectives:
            self.fields[f"actual_{objective.pk}"] = forms.DecimalField(
                label=_("%(indicator)s (%(unit)s) : valeur atteinte") % {"indicator": objective.indicator, "unit": objective.unit},
                max_digits=15,
                decimal_places=2,
                required=required,
                localize=True,
            )
        self.fields["comment"] = LongTextField(label=_("Commentaire"), limit=2000, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        values = [cleaned.get(f"actual_{objective.pk}") for objective in self.facts.objectives]
        if any(value is not None for value in values) and not cleaned.get("measured_on") and "measured_on" not in self.errors:
            self.refuse("measured_on", _("Inscrivez le jour de la mesure."), code="required")
        if (measured_on := cleaned.get("measured_on")) and measured_on > self.facts.today:
            self.refuse("measured_on", _("Une valeur se mesure avant de s’inscrire : cette date est à venir."))
        return cleaned


class EquityPart(SectionForm):
    """Who the project serves and how differently: groups of at least three persons, so that nobody is recognised."""

    analysis = LongTextField(
        label=_("Effets du projet selon les groupes"),
        limit=4000,
        help_text=_("Femmes et hommes, et ce qui se croise : âge, origine, handicap, revenu, région"),
    )
    measures = LongTextField(label=_("Mesures prises pour réduire les écarts"), limit=2000)

    def make_fields(self) -> None:
        for index in range(1, GROUPS + 1):
            words = {"number": index}
            self.fields[f"group_{index}"] = short_text(120, label=_("Groupe %(number)s") % words, required=False)
            self.fields[f"count_{index}"] = forms.IntegerField(
                label=_("Personnes du groupe %(number)s") % words, required=False, min_value=0, max_value=99_999_999
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for index in range(1, GROUPS + 1):
            if is_small_cell(self.data.get(f"count_{index}")):
                self.refuse(f"count_{index}", SMALL_CELL)
            elif cleaned.get(f"count_{index}") is not None and not cleaned.get(f"group_{index}"):
                self.refuse(f"group_{index}", _("Nommez ce groupe."), code="required")
        return cleaned

    def small_cells(self) -> dict[str, str]:
        """Field → why its number is not kept."""
        names = (f"count_{index}" for index in range(1, GROUPS + 1))
        return {name: str(SMALL_CELL) for name in names if is_small_cell(self.data.get(name))}

    def group_fields(self) -> list[tuple[Any, Any]]:
        return [(self[f"group_{index}"], self[f"count_{index}"]) for index in range(1, GROUPS + 1)]


SMALL_CELL = _("Un groupe de moins de 3 personnes permettrait de les reconnaître : regroupez-le avec un autre.")


def is_small_cell(typed: Any) -> bool:
    """Whether what was typed counts one or two persons."""
    bare = str(typed or "").strip()
    return bare.isdecimal() and 0 < int(bare) < FEWEST


class LessonsPart(SectionForm):
    worked = LongTextField(label=_("Ce qui a fonctionné"), limit=4000)
    failed = LongTextField(label=_("Ce qui n’a pas fonctionné, et pourquoi"), limit=4000)
    advice = LongTextField(label=_("Ce que vous conseillez à un organisme qui commencerait"), limit=4000)


@dataclass(frozen=True, slots=True)
class Part:
    """A section as the pages name it: its address, its form, what it asks for."""

    kind: FollowUpPart
    slug: str
    form_class: type[SectionForm]
    hint: str | Promise


PARTS = (
    Part(FollowUpPart.PROGRESS, "avancement", ProgressPart, _("Ce qui a été fait, en regard des jalons")),
    Part(FollowUpPart.COSTS, "couts", CostsPart, _("Coûts admissibles depuis le début, par catégorie")),
    Part(FollowUpPart.GAINS, "gains", GainsPart, _("Gains déclarés et gains qui manquent dans la période")),
    Part(FollowUpPart.OBJECTIVES, "objectifs", ObjectivesPart, _("Valeur atteinte pour chaque objectif de l’appel")),
    Part(FollowUpPart.EQUITY, "ads", EquityPart, _("Effets du projet selon les groupes")),
    Part(FollowUpPart.LESSONS, "lecons", LessonsPart, _("Publiées quand le rapport final est vérifié")),
)
BY_SLUG = {part.slug: part for part in PARTS}
BY_PART = {part.kind: part for part in PARTS}
_P, _K = FollowUpPart, FollowUpKind
#: what each kind of report asks; the rest may be left out of it
REQUIRED: Mapping[FollowUpKind, tuple[FollowUpPart, ...]] = {
    _K.PERIODIC: (_P.PROGRESS, _P.COSTS, _P.GAINS),
    _K.MID_TERM: (_P.PROGRESS, _P.COSTS, _P.GAINS, _P.EQUITY),
    _K.CLOSING: (_P.PROGRESS, _P.COSTS, _P.GAINS, _P.OBJECTIVES, _P.EQUITY, _P.LESSONS),
    _K.POST_CLOSING: (_P.PROGRESS, _P.GAINS),
}
OPTIONAL: Mapping[FollowUpKind, tuple[FollowUpPart, ...]] = {
    _K.PERIODIC: (_P.OBJECTIVES, _P.EQUITY, _P.LESSONS),
    _K.MID_TERM: (_P.OBJECTIVES, _P.LESSONS),
    _K.CLOSING: (),
    _K.POST_CLOSING: (_P.OBJECTIVES, _P.LESSONS),
}


def parts_of(kind: str) -> list[tuple[Part, bool]]:
    """The sections of a kind of report, in order, each with whether it is required."""
    required, optional = REQUIRED[FollowUpKind(kind)], OPTIONAL[FollowUpKind(kind)]
    return [(part, part.kind in required) for part in PARTS if part.kind in (*required, *optional)]


def part_form(kind: str, typed: Mapping[str, Any], facts: ReportFacts, *, quiet: bool = False) -> SectionForm:
    """The form of a section, bound to what was typed."""
    return BY_PART[FollowUpPart(kind)].form_class(typed, facts=facts, quiet=quiet)  # type: ignore[arg-type]
