"""Forms of shared gains: the keys, and a measure."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.fields import DayField, MoneyField
from funding.forms.payments import KeyForm
from projects.enums import Nature
from projects.models import GainLine
from reporting.enums import Maturity
from reporting.forms.gains import FILES
from reporting.queries.sharing import line_of


class SharingForm(KeyForm):
    """One key a line of text: « PRJ-2026-00001 L1 60 »."""

    title = forms.CharField(label=gettext_lazy("Gain partagé"), max_length=200)
    shares = forms.CharField(
        label=gettext_lazy("Clés"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        help_text=gettext_lazy("Une ligne par clé : le projet, sa ligne, la part en pour cent. Exemple : PRJ-2026-00001 L1 60"),
    )
    reason = forms.CharField(
        label=gettext_lazy("Motif des clés"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=4000,
        help_text=gettext_lazy("L’entente des organismes, et ce que chacun apporte. Les clés ne changent plus."),
    )

    def __init__(self, *args: Any, person: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_shares(self) -> dict[int, Decimal]:
        """The share of each line by its key. The act says whether they make 1."""
        found: dict[int, Decimal] = {}
        for text in filter(str.strip, self.cleaned_data["shares"].splitlines()):
            said = {"text": text.strip()}
            project, line, share = _read(text, said)
            try:
                row = line_of(self.person, project, line, timezone.now())
            except GainLine.DoesNotExist as error:
                raise ValidationError(_("« %(text)s » n’est pas une clé d’une ligne verrouillée.") % said) from error
            if row in found:
                raise ValidationError(_("« %(text)s » : cette ligne a déjà une part.") % said)
            found[row] = share
        return found


def _read(text: str, said: dict[str, str]) -> tuple[str, str, Decimal]:
    """The project, the line and the share of one key; a refusal quotes it and says what is expected."""
    try:
        project, line, percent = text.replace("%", " ").split()
        share = Decimal(percent.replace(",", ".")) / 100
        readable = share.is_finite()
    except (ValueError, InvalidOperation):
        readable = False
    if not readable:
        raise ValidationError(_("« %(text)s » : écrivez le projet, sa ligne et sa part, par exemple PRJ-2026-00001 L1 60.") % said)
    if not 0 < share < 1 or share != round(share, 6):
        raise ValidationError(_("« %(text)s » : inscrivez une part entre 0 et 100, avec au plus quatre décimales.") % said)
    return project, line, share


class SharedGainForm(KeyForm):
    """One measure of the whole gain."""

    period_start = DayField(label=gettext_lazy("Début de la période"))
    period_end = DayField(label=gettext_lazy("Fin de la période"))
    amount = MoneyField(label=gettext_lazy("Gain mesuré en entier"), help_text=gettext_lazy("Sans signe"))
    maturity = forms.ChoiceField(label=gettext_lazy("Maturité du montant"), choices=Maturity.choices, widget=forms.RadioSelect)
    method = forms.CharField(label=gettext_lazy("Méthode de calcul"), widget=forms.Textarea(attrs={"rows": 6}), max_length=4000)
    evidence = forms.FileField(label=gettext_lazy("Pièce justificative"), help_text=FILES, allow_empty_file=True)

    def __init__(self, *args: Any, nature: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if nature == Nature.COST:
            self.fields["amount"].label = _("Hausse de coût mesurée en entier")


class SharedCorrectForm(KeyForm):
    """Another amount for the whole of a measure. Without a new file, each part keeps its evidence."""

    amount = MoneyField(label=gettext_lazy("Gain corrigé, en entier"), help_text=gettext_lazy("Le montant de toute la période, sans signe"))
    maturity = forms.ChoiceField(label=gettext_lazy("Maturité du montant"), choices=Maturity.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=gettext_lazy("Motif de la correction"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=4000,
        help_text=gettext_lazy("Ce qui était faux ou inconnu; les rapports et l’audit le liront."),
    )
    method = forms.CharField(label=gettext_lazy("Méthode de calcul"), widget=forms.Textarea(attrs={"rows": 5}), max_length=4000)
    evidence = forms.FileField(
        label=gettext_lazy("Pièce justificative"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("Sans nouveau fichier, chaque part conserve sa pièce."),
    )

    def __init__(self, *args: Any, nature: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if nature == Nature.COST:
            self.fields["amount"].label = _("Hausse de coût corrigée, en entier")
