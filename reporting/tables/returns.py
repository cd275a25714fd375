"""The projects of a call or of an organisation, with what each gave back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.tables import RIGHT, BaseTable
from fondsinnovation.templatetags import typography


class _Amount(django_tables2.Column):
    def __init__(self, name: str, label: Any) -> None:
        super().__init__(verbose_name=label, accessor=f"data__{name}", orderable=False, attrs=RIGHT)

    def render(self, value: str) -> str:
        return typography.money_cents(Decimal(value))


class _Ratio(_Amount):
    def render(self, value: str) -> str:
        return typography.percent(value, 2) if value else typography.unknown()


class ReturnsTable(BaseTable):
    """Rows of `roi-projects`, each with the `title` of its project."""

    key = django_tables2.Column(verbose_name=_("Projet"), orderable=False)
    expected = _Amount("net_gain_expected", _("Prévu échu"))
    verified = _Amount("net_gain_verified", _("Gain net vérifié"))
    fund = _Ratio("roi_fund", _("Rendement, Fonds"))
    public = _Ratio("roi_public", _("Rendement, secteur public"))
    coverage = _Ratio("coverage", _("Couverture de vérification"))
    captured = _Ratio("capture_rate", _("Taux de captation"))

    def render_key(self, record: Any) -> SafeString:
        url = reverse("reporting:project_returns", args=[record.key])
        return format_html('<a href="{}">{}</a><br><span class="small soft">{}</span>', url, record.title, record.key)
