"""The list of exceptional accesses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.tables import BaseTable
from fondsinnovation.templatetags.portal import tag
from projects.enums import ExceptionalState
from projects.models import ExceptionalAccess
from projects.policies.exceptional import WAITS
from projects.tables.calls import InstantColumn

_S = ExceptionalState
COLOURS = {_S.REQUESTED: "yellow", _S.REFUSED: "red", _S.ENDED: "outline", _S.EXPIRED: "outline"}


def state_tag(access: ExceptionalAccess, now: datetime) -> SafeString:
    """Where an access stands at an instant, in a coloured word: one that was granted, or asked, is over when its time is."""
    if access.state == _S.REQUESTED and now >= access.requested_at + WAITS:
        return tag(str(_S.EXPIRED.label), COLOURS[_S.EXPIRED])
    if access.state == _S.GRANTED and access.ends_at:
        return tag(_("En cours"), "green") if now < access.ends_at else tag(_("Terminé"), "outline")
    return tag(str(_S(access.state).label), COLOURS[_S(access.state)])


class ExceptionalTable(BaseTable):
    target = django_tables2.Column(verbose_name=gettext_lazy("Dossier ou appel"), empty_values=(), orderable=False)
    state = django_tables2.Column(verbose_name=gettext_lazy("État"), orderable=False)
    person = django_tables2.Column(verbose_name=gettext_lazy("Demandé par"), orderable=False)
    requested_at = InstantColumn(verbose_name=gettext_lazy("Demandé le"), orderable=False)
    decided_by = django_tables2.Column(verbose_name=gettext_lazy("Décidé par"), orderable=False, default="–")
    ends_at = InstantColumn(verbose_name=gettext_lazy("Jusqu’au"), orderable=False, default="–")

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        kwargs.setdefault("empty_text", gettext_lazy("Aucun accès exceptionnel n’a été demandé."))
        super().__init__(*args, **kwargs)
        self.now = now

    def render_target(self, record: ExceptionalAccess) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("projects:exceptional_access_detail", args=[record.pk]), record.target)

    def render_state(self, record: ExceptionalAccess) -> SafeString:
        return state_tag(record, self.now)
