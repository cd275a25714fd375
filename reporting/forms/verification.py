"""The verifier's forms: the decision with its five answers, and the filters of the desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import TextChoices
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import MoneyField
from reporting.enums import Assurance, Point, Rating
from reporting.forms.gains import SeenForm
from reporting.services.verification import Answer


class Decision(TextChoices):
    ACCEPT = "accept", _("Accepter tout ou partie du gain")
    RETURN = "return", _("Retourner à l’organisme pour correction")
    REJECT = "reject", _("Rejeter : examiné et non démontré, pour de bon")


class Shown(TextChoices):
    YES = "yes", _("Démontré")
    NO = "no", _("Non démontré")


#: what each point asks
QUESTIONS = {
    Point.CAUSATION: _("Causalité : le gain vient du projet, non d’une autre cause"),
    Point.REALISATION: _("Réalisation : le gain est obtenu, non seulement attendu"),
    Point.VALUATION: _("Valorisation : le montant suit la méthode et la situation de départ"),
    Point.ATTRIBUTION: _("Attribution : la part comptée est celle du projet, une seule fois"),
    Point.VALIDATION: _("Validation : les pièces permettent à une autre personne de refaire le calcul"),
}


class VerifyForm(SeenForm):
    """What the verifier decides, in one form: the act checks what each decision needs."""

    decision = forms.ChoiceField(label=_("Décision"), choices=Decision.choices, widget=forms.RadioSelect)
    amount = MoneyField(label=_("Gain accepté"), required=False, help_text=_("Pour accepter : d’au plus le gain déclaré, sans signe"))
    rating = forms.ChoiceField(label=_("Cote"), choices=Rating.choices, required=False, widget=forms.RadioSelect)
    assurance = forms.ChoiceField(
        label=_("Assurance"),
        choices=Assurance.choices,
        required=False,
        widget=forms.RadioSelect,
        help_text=_("Votre opinion sur la méthode, le calcul et les pièces, pour accepter; un rejet est une assurance insuffisante."),
    )
    reason = forms.CharField(
        label=_("Motif"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=4000,
        required=False,
        help_text=_("Obligatoire si le gain n’est pas accepté en entier ou si un point n’est pas démontré; l’organisme le lira."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for point, question in QUESTIONS.items():
            self.fields[point.value] = forms.ChoiceField(label=question, choices=Shown.choices, required=False, widget=forms.RadioSelect)
            self.fields[f"{point.value}_comment"] = forms.CharField(
                label=_("Commentaire : %(point)s") % {"point": point.label.lower()},
                required=False,
                max_length=2000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    @property
    def points(self) -> list[tuple[BoundField, BoundField]]:
        return [(self[point.value], self[f"{point.value}_comment"]) for point in Point]

    @property
    def answers(self) -> dict[Point, Answer]:
        """The points that were answered; the act asks for the others."""
        given = {point: self.cleaned_data.get(point.value) for point in Point}
        comments = {point: self.cleaned_data.get(f"{point.value}_comment") or "" for point in Point}
        return {point: Answer(said == Shown.YES, comments[point]) for point, said in given.items() if said}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == Decision.ACCEPT and cleaned.get("amount") is None and "amount" not in self.errors:
            self.add_error("amount", _("Inscrivez le montant accepté."))
        return cleaned
