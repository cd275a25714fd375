"""The lists of the page of the service's health."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import django_tables2
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.tables import BaseTable, NumberColumn
from fondsinnovation.templatetags import typography
from fondsinnovation.templatetags.portal import tag
from projects.tables.calls import InstantColumn
from reporting.enums import RunState
from reporting.models import Run
from reporting.queries.operations import Check

_COLOURS = {RunState.QUEUED: "yellow", RunState.RUNNING: "blue", RunState.DONE: "green", RunState.FAILED: "red"}


def check_rows(checks: Iterable[Check]) -> list[tuple[str, SafeString, str]]:
    """(what is checked, its state in a coloured word, what was found)."""
    names = {
        "database": _("Base de données"),
        "broker": _("File de messages"),
        "beat": _("Horloge des tâches"),
        "outbox": _("Boîte d’envoi"),
    }
    return [(names[one.code], tag(_("En ordre"), "green") if one.well else tag(_("À vérifier"), "red"), _found(one)) for one in checks]


def _found(check: Check) -> str:
    if check.code == "database":
        return f"PostgreSQL {check.found}"
    if check.code == "broker":
        return _("Répond") if check.well else _("Ne répond pas")
    if check.code == "beat":
        return _("Dernier battement : %(at)s") % {"at": typography.iso_datetime(check.found)} if check.found else _("Aucun battement connu")
    return _("En attente : %(count)s") % {"count": typography.number(check.found)}


#: topic of the outbox → what waits
TOPICS = {
    "mail": gettext_lazy("Messages"),
    "invitation": gettext_lazy("Invitations"),
    "money": gettext_lazy("Rapports à recalculer"),
    "email_change": gettext_lazy("Liens de nouveau courriel"),
    "email_changed": gettext_lazy("Avis à l’ancienne adresse"),
}


class TopicTable(BaseTable):
    topic = django_tables2.Column(verbose_name=gettext_lazy("Sujet"), orderable=False)
    waiting = NumberColumn(verbose_name=gettext_lazy("En attente"), orderable=False)
    failing = NumberColumn(verbose_name=gettext_lazy("En échec"), orderable=False)
    oldest = InstantColumn(verbose_name=gettext_lazy("Le plus ancien"), orderable=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, caption=_("Boîte d’envoi, par sujet"), prefix="topics-", empty_text=_("Rien n’attend."), **kwargs)

    def render_topic(self, value: str) -> str:
        return str(TOPICS.get(value, value))


class RunTable(BaseTable):
    pk = django_tables2.Column(verbose_name=gettext_lazy("Calcul"), orderable=False)
    state = django_tables2.Column(verbose_name=gettext_lazy("État"), orderable=False)
    requested_at = InstantColumn(verbose_name=gettext_lazy("Demandé le"), orderable=False)
    ended_at = InstantColumn(verbose_name=gettext_lazy("Terminé le"), orderable=False, default="–")
    lasted = django_tables2.Column(verbose_name=gettext_lazy("Durée"), orderable=False, empty_values=())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, caption=_("Derniers calculs des rapports"), prefix="runs-", empty_text=_("Aucun calcul."), **kwargs)

    def render_pk(self, value: int) -> str:
        return _("Calcul nº\u00a0%(number)s") % {"number": value}

    def render_state(self, record: Run) -> SafeString:
        state = RunState(record.state)
        return tag(str(state.label), _COLOURS[state])

    def render_lasted(self, record: Run) -> str:
        return _seconds(record.started_at, record.ended_at)


def _seconds(start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return "–"
    return _("%(count)s s") % {"count": typography.number(int((end - start).total_seconds()))}
