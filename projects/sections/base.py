"""What every section of an application shares: a form that reads what was typed, and says where it stands.

Sections stand under the services, because a submission is validated by the very forms that the pages show (docs/adr/0006).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db.models import TextChoices
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import LongTextField
from fondsinnovation.templatetags.typography import number
from projects.enums import SectionKind
from projects.models import Document, TermsProfile


class Progress(TextChoices):
    """Where a section stands."""

    NOT_STARTED = "not_started", _("Non commencé")
    IN_PROGRESS = "in_progress", _("En cours")
    TO_CORRECT = "to_correct", _("À corriger")
    COMPLETE = "complete", _("Terminé")
    UPCOMING = "upcoming", _("À venir")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sections of one application are validated against.

    `fund_years`: the fiscal years in which the call holds money; `years`: those in which a project may cost and be paid for by others.
    """

    terms: TermsProfile
    fund_years: tuple[int, ...]
    years: tuple[int, ...]
    documents: Sequence[Document] = field(default=())

    @property
    def gain_years(self) -> tuple[int, ...]:
        """Fiscal years of the forecast: from the call's first one, for as long as gains are followed."""
        return tuple(range(self.years[0], self.years[0] + self.terms.follow_up_years + 1))


class TypedForm(forms.Form):
    """A form bound to what was typed; `quiet` shows it back without reproach. A browser never refuses to send a draft."""

    use_required_attribute = False

    def __init__(self, data: Mapping[str, Any] | None = None, *, facts: Facts, quiet: bool = False, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.facts, self.quiet = facts, quiet
        self.make_fields()

    def make_fields(self) -> None:
        """Add the fields that depend on the facts."""

    def clean(self) -> dict[str, Any]:
        """Refuse, at completion, a text over its limit: it is kept as typed."""
        cleaned = super().clean() or self.cleaned_data
        for name, asked in self.fields.items():
            if isinstance(asked, LongTextField) and (over := asked.too_long_by(cleaned.get(name) or "")):
                said = {"limit": number(asked.limit), "over": number(over)}
                self.refuse(name, _("Le texte dépasse la limite de %(limit)s caractères : retirez-en %(over)s."), **said)
        return cleaned

    def refuse(self, name: str | None, message: Any, *, code: str = "refused", **values: Any) -> None:
        self.add_error(name, ValidationError(message, code=code, params=values))

    def full_clean(self) -> None:
        super().full_clean()
        if self.quiet:
            self._errors = ErrorDict()


def short_text(limit: int, **kwargs: Any) -> forms.CharField:
    """A line of text. The browser gets no `maxlength`: it would cut what is pasted; what is too long is kept and refused at completion."""
    return forms.CharField(validators=[MaxLengthValidator(limit)], **kwargs)


class RowSet(forms.BaseFormSet):
    """The rows of a section."""

    default_error_messages = {"too_many_forms": _("Gardez au plus %(num)d lignes.")}

    @property
    def quiet(self) -> bool:
        return bool(self.form_kwargs["quiet"])

    def full_clean(self) -> None:
        super().full_clean()
        if self.quiet:
            self._non_form_errors = self.error_class()

    def filled(self) -> list[TypedForm]:
        """The rows where something was typed."""
        return [form for form in self.forms if form.has_changed()]


class SectionForm(TypedForm):
    """One section: its fields, and its rows when it has some."""

    row_form: type[TypedForm] | None = None
    row_set: type[RowSet] = RowSet
    row_prefix = ""
    most_rows = 20

    @property
    def least_rows(self) -> int:
        """How many rows must be typed."""
        return 1

    def __init__(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.rows = self._rows(data) if self.row_form is not None else None

    def _rows(self, data: Mapping[str, Any]) -> RowSet:
        """The rows that were typed, or one empty row; their count is read from the fields, so that it cannot be wrong."""
        made = forms.formset_factory(
            self.row_form or TypedForm,
            formset=self.row_set,
            extra=0,
            min_num=self.least_rows,
            max_num=self.most_rows,
            validate_max=True,
            absolute_max=self.most_rows + 10,
        )
        counted = {f"{self.row_prefix}-TOTAL_FORMS": str(row_count(data, self.row_prefix)), f"{self.row_prefix}-INITIAL_FORMS": "0"}
        typed = {name: data[name] for name in data}
        rows: RowSet = made({**typed, **counted}, prefix=self.row_prefix, form_kwargs={"facts": self.facts, "quiet": self.quiet})  # type: ignore[assignment]
        return rows

    @property
    def row_forms(self) -> list[TypedForm]:
        return list(self.rows.forms) if self.rows is not None else []

    def is_valid(self) -> bool:
        return super().is_valid() and (self.rows is None or self.rows.is_valid())

    def parts(self) -> list[forms.BaseForm | forms.BaseFormSet]:
        """What an error summary goes through."""
        return [self, *([self.rows] if self.rows is not None else [])]

    def error_codes(self) -> set[str]:
        """The code of each thing that is wrong, in the fields, the rows and the rows as a whole."""
        rows_valid = self.rows is None or self.rows.is_valid()
        found = [self.errors.as_data(), *(form.errors.as_data() for form in self.row_forms)]
        codes = {error.code or "" for errors in found for each in errors.values() for error in each}
        if self.rows is not None and not rows_valid:
            codes |= {error.code or "" for error in self.rows.non_form_errors().as_data()}
        return codes

    def progress(self, *, started: bool) -> Progress:
        """Where the section stands: what is only missing is under way, what is wrong is to correct."""
        if not started:
            return Progress.NOT_STARTED
        if self.is_valid():
            return Progress.COMPLETE
        return Progress.IN_PROGRESS if self.error_codes() <= {"required"} else Progress.TO_CORRECT

    @property
    def is_blank(self) -> bool:
        """Whether nothing at all is typed."""
        return not any(text.strip() for text in self.typed().values())

    def typed(self) -> dict[str, str]:
        """What was typed, whole: field name → text, as posted. A NUL, which no one types and no database keeps, is dropped."""
        names = [self.add_prefix(name) for name in self.fields]
        names += [form.add_prefix(name) for form in self.row_forms for name in form.fields]
        return {name: str(self.data[name]).replace("\x00", "") for name in names if name in self.data}


def row_count(data: Mapping[str, Any], prefix: str) -> int:
    """How many rows were typed, empty ones included; one when there is none yet."""
    indexes = [name.split("-")[1] for name in data if prefix and name.startswith(f"{prefix}-")]
    return max((int(index) + 1 for index in indexes if index.isascii() and index.isdigit()), default=1)


def without_row(data: Mapping[str, str], prefix: str, removed: int) -> dict[str, str]:
    """The same answers with one row taken out and the next ones moved up."""
    kept = {}
    for name, value in data.items():
        parts = name.split("-", 2)
        if parts[0] != prefix or not parts[1].isdigit():
            kept[name] = value
        elif int(parts[1]) != removed:
            index = int(parts[1]) - (int(parts[1]) > removed)
            kept[f"{prefix}-{index}-{parts[2]}"] = value
    return kept


@dataclass(frozen=True, slots=True)
class Section:
    """A section as the pages name it: its address, its form, what it asks for; `sums` is the template of what it adds up."""

    kind: SectionKind
    slug: str
    form_class: type[SectionForm]
    hint: Any
    sums: str = ""
