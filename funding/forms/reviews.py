"""Forms of eligibility, interests, assignment and review."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, LongTextField
from funding.enums import EligibilityPoint
from projects.enums import InterestAnswer
from projects.models import Criterion, User

YES_NO = [("yes", _("Oui")), ("no", _("Non"))]


class KeyForm(forms.Form):
    """A form with nothing to fill but the key of its act."""

    key = forms.CharField(widget=forms.HiddenInput, required=False)


class EligibilityForm(KeyForm):
    """A yes or a no to each point, beside the facts of the file; a reason as soon as there is a no."""

    def __init__(self, *args: Any, facts: Mapping[EligibilityPoint, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for point in EligibilityPoint:
            self.fields[point.value] = forms.TypedChoiceField(
                label=point.label,
                help_text=facts[point],
                choices=YES_NO,
                widget=forms.RadioSelect,
                coerce=lambda value: value == "yes",
                error_messages={"required": _("Répondez par oui ou par non.")},
            )
        self.fields["reason"] = LongTextField(
            limit=2000,
            required=False,
            label=_("Motif de non-recevabilité"),
            help_text=_("Requis dès qu’une réponse est « non »."),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if any(cleaned.get(point.value) is False for point in EligibilityPoint) and not cleaned.get("reason"):
            self.add_error("reason", _("Inscrivez le motif de non-recevabilité."))
        return _not_too_long(self, cleaned)

    def answers(self) -> dict[str, bool]:
        return {point.value: self.cleaned_data[point.value] for point in EligibilityPoint}


def _not_too_long(form: forms.Form, cleaned: dict[str, Any]) -> dict[str, Any]:
    for name, field in form.fields.items():
        if isinstance(field, LongTextField) and (over := field.too_long_by(cleaned.get(name) or "")):
            form.add_error(name, _("Le texte dépasse la limite de %(count)s caractère(s).") % {"count": over})
    return cleaned


class InterestForm(KeyForm):
    """One's interest in a file, explained unless there is none."""

    answer = forms.ChoiceField(
        label=_("Avez-vous un intérêt dans cette demande?"),
        choices=InterestAnswer.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "Par exemple : un lien d’emploi, d’affaires, de parenté ou d’amitié avec l’organisme, ses partenaires ou ses fournisseurs."
        ),
    )
    explanation = LongTextField(
        limit=2000, required=False, label=_("Précisions"), help_text=_("Requises si vous déclarez un conflit ou un risque de conflit.")
    )

    def __init__(self, *args: Any, answers: Iterable[InterestAnswer] = tuple(InterestAnswer), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["answer"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 — tells the type checker
        field.choices = [(answer.value, answer.label) for answer in answers]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("answer") in (InterestAnswer.POTENTIAL, InterestAnswer.ACTUAL) and not cleaned.get("explanation"):
            self.add_error("explanation", _("Décrivez l’intérêt déclaré."))
        return _not_too_long(self, cleaned)


class InterestDecisionForm(KeyForm):
    """What is decided about a potential conflict, and why."""

    decision = forms.ChoiceField(
        label=_("Décision"),
        widget=forms.RadioSelect,
        choices=[("clear", _("Aucun conflit : le dossier s’ouvre")), ("recuse", _("Conflit : la personne est récusée"))],
    )
    reason = LongTextField(limit=2000, label=_("Motif"))

    def clean(self) -> dict[str, Any]:
        return _not_too_long(self, super().clean() or self.cleaned_data)


class AssignmentForm(KeyForm):
    """Who reviews the application, and by when."""

    reviewers = forms.TypedMultipleChoiceField(label=_("Personnes"), coerce=int, widget=forms.CheckboxSelectMultiple)
    due_on = DayField(label=_("Échéance"), help_text=_("Dernier jour pour remettre l’évaluation"))

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reviewers"]
        assert isinstance(field, forms.TypedMultipleChoiceField)  # noqa: S101 — tells the type checker
        field.choices = [
            (person.pk, _("%(name)s (externe)") % {"name": person.name} if person.is_external else person.name) for person in people
        ]


class ReviewForm(forms.Form):
    """The grid as a draft: anything may still be missing or too long. `version` is the one it was typed over."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, criteria: Iterable[Criterion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.criteria = list(criteria)
        for one in self.criteria:
            self.fields[f"score_{one.pk}"] = forms.TypedChoiceField(
                label=_("%(title)s : note de 0 à %(maximum)s") % {"title": one.title, "maximum": one.maximum},
                required=False,
                choices=[(n, str(n)) for n in range(one.maximum + 1)],
                coerce=int,
                empty_value=None,
                widget=forms.RadioSelect(attrs={"class": "scale"}),
                help_text=one.guidance,
            )
            self.fields[f"comment_{one.pk}"] = LongTextField(
                limit=2000, required=False, strip=False, label=_("%(title)s : commentaire") % {"title": one.title}
            )
        self.fields["comment"] = LongTextField(limit=4000, required=False, strip=False, label=_("Commentaire général"))

    def marks(self) -> dict[int, tuple[int | None, str]]:
        data = self.cleaned_data
        return {one.pk: (data[f"score_{one.pk}"], data[f"comment_{one.pk}"]) for one in self.criteria}


class SubmissionForm(KeyForm):
    """The version of the review that its author checked."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
