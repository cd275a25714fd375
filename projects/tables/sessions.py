"""The devices on which a person is signed in."""

from __future__ import annotations

import re
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.tables import BaseTable
from fondsinnovation.templatetags import typography
from fondsinnovation.templatetags.portal import tag

#: what a browser says of itself → its name; the first that fits, since each claims to be those that follow
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (("Android", "Android"), ("iPhone|iPad", "iOS"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"))


def device_name(user_agent: str) -> str:
    """A device in words: « Firefox, Windows »."""
    found = [next((name for mark, name in marks if re.search(mark, user_agent)), "") for marks in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, found)) or _("Appareil inconnu")


class SessionTable(BaseTable):
    user_agent = django_tables2.Column(verbose_name=gettext_lazy("Appareil"), orderable=False, empty_values=())
    ip = django_tables2.Column(verbose_name=gettext_lazy("Adresse"), orderable=False)
    created_at = django_tables2.Column(verbose_name=gettext_lazy("Connexion"), orderable=False)
    last_seen_at = django_tables2.Column(verbose_name=gettext_lazy("Dernière activité"), orderable=False)
    action = django_tables2.Column(verbose_name=gettext_lazy("Action"), empty_values=(), orderable=False)

    def __init__(self, *args: Any, current: str | None, **kwargs: Any) -> None:
        kwargs.setdefault("empty_text", gettext_lazy("Aucune session."))
        super().__init__(*args, **kwargs)
        self.current = current

    def render_user_agent(self, record: Any) -> SafeString | str:
        name = device_name(record.user_agent)
        return format_html("{} {}", name, tag(_("Cet appareil"), "green")) if record.session_key == self.current else name

    def render_created_at(self, value: Any) -> str:
        return typography.iso_datetime(value)

    def render_last_seen_at(self, value: Any) -> str:
        return typography.iso_datetime(value)

    def render_action(self, record: Any) -> SafeString | str:
        if record.session_key == self.current:
            return "–"
        return format_html(
            '<a href="{}">{}<span class="visually-hidden"> {}</span></a>',
            reverse("projects:session_end", args=[record.pk]),
            _("Déconnecter"),
            device_name(record.user_agent),
        )
