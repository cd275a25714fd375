"""The delegations that concern a person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.tables import BaseTable, DayColumn
from fondsinnovation.templatetags.portal import tag
from projects.enums import DelegationState
from projects.models import Delegation
from projects.policies import delegations as policies

COLOURS = {
    DelegationState.PROPOSED: "yellow",
    DelegationState.APPROVED: "green",
    DelegationState.REFUSED: "red",
    DelegationState.WITHDRAWN: "outline",
    DelegationState.REVOKED: "outline",
}


def delegation_tag(delegation: Delegation, today: date) -> SafeString:
    """The state of a delegation; an approved one whose days are past is over."""
    if delegation.state == DelegationState.APPROVED and delegation.ends_on < today:
        return tag(_("Terminée"), "outline")
    return tag(str(delegation.get_state_display()), COLOURS[DelegationState(delegation.state)])


class DelegationTable(BaseTable):
    role = django_tables2.Column(verbose_name=gettext_lazy("Rôle"), accessor="source", orderable=False)
    holder = django_tables2.Column(verbose_name=gettext_lazy("Personne absente"), accessor="holder__name", orderable=False)
    delegate = django_tables2.Column(verbose_name=gettext_lazy("Remplacée par"), accessor="delegate__name", orderable=False)
    starts_on = DayColumn(verbose_name=gettext_lazy("Du"), orderable=False)
    ends_on = DayColumn(verbose_name=gettext_lazy("Au"), orderable=False)
    state = django_tables2.Column(verbose_name=gettext_lazy("État"), orderable=False)
    action = django_tables2.Column(verbose_name=gettext_lazy("Action"), empty_values=(), orderable=False)

    def __init__(self, *args: Any, person: Any, now: datetime, today: date, **kwargs: Any) -> None:
        kwargs.setdefault("empty_text", gettext_lazy("Aucune délégation ne vous concerne."))
        super().__init__(*args, **kwargs)
        self.person, self.now, self.today = person, now, today

    def render_role(self, record: Delegation) -> SafeString:
        source = record.source
        return format_html('{}<br><span class="small soft">{}</span>', source.get_role_display(), source.organisation.name)

    def render_state(self, record: Delegation) -> SafeString:
        return delegation_tag(record, self.today)

    def render_action(self, record: Delegation) -> SafeString | str:
        actions = []
        if record.state == DelegationState.PROPOSED and policies.decide_delegation(self.person, record, self.now):
            actions += [(_("Approuver"), "delegation_approve"), (_("Refuser"), "delegation_refuse")]
        live = record.state in (DelegationState.PROPOSED, DelegationState.APPROVED) and record.ends_on >= self.today
        if live and policies.end_delegation(self.person, record, self.now):
            actions.append((_("Retirer"), "delegation_end"))
        about = f"{record.delegate.name}, {record.source.get_role_display()}"
        links = ((reverse(f"projects:{view}", args=[record.pk]), label, about) for label, view in actions)
        return format_html_join(", ", '<a href="{}">{}<span class="visually-hidden"> {}</span></a>', links) or "–"
