"""A person's tokens."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.tables import BaseTable, DayColumn
from fondsinnovation.templatetags.portal import tag
from projects.enums import TokenScope
from projects.models import ApiToken


class TokenTable(BaseTable):
    name = django_tables2.Column(verbose_name=gettext_lazy("Jeton"), orderable=False)
    state = django_tables2.Column(verbose_name=gettext_lazy("État"), empty_values=(), orderable=False)
    scopes = django_tables2.Column(verbose_name=gettext_lazy("Portées"), orderable=False)
    expires_on = DayColumn(verbose_name=gettext_lazy("Dernier jour"), orderable=False)
    last_used_on = DayColumn(verbose_name=gettext_lazy("Dernière utilisation"), orderable=False, default=gettext_lazy("Jamais"))
    action = django_tables2.Column(verbose_name=gettext_lazy("Action"), empty_values=(), orderable=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        kwargs.setdefault("empty_text", gettext_lazy("Aucun jeton."))
        super().__init__(*args, **kwargs)
        self.today = today

    def render_name(self, record: ApiToken) -> SafeString:
        return format_html('{}<br><code class="small soft">{}…</code>', record.name, record.prefix)

    def render_state(self, record: ApiToken) -> SafeString:
        if record.revoked_at:
            return tag(_("Révoqué"), "outline")
        return tag(_("Expiré"), "outline") if record.expires_on < self.today else tag(_("Valide"), "green")

    def render_scopes(self, value: list[str]) -> str:
        return ", ".join(str(TokenScope(scope).label) for scope in value)

    def render_action(self, record: ApiToken) -> SafeString | str:
        if record.revoked_at:
            return "–"
        return format_html(
            '<a href="{}">{}<span class="visually-hidden"> {}</span></a>',
            reverse("projects:token_revoke", args=[record.pk]),
            _("Révoquer"),
            record.name,
        )
