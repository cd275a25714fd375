"""The list of journal entries."""

from __future__ import annotations

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.tables import RIGHT, BaseTable
from fondsinnovation.templatetags import typography
from projects.models import JournalEntry
from reporting.queries.audit import ACTS, OBJECTS


def act_name(entry: JournalEntry) -> str:
    """What an act does; the code of one that has no words."""
    return str(ACTS.get(entry.act, entry.act))


def actor_name(entry: JournalEntry) -> str:
    """Who acted; the portal itself when nobody did."""
    return entry.actor.name if entry.actor else _("Le portail")


def object_name(entry: JournalEntry) -> str:
    """What the act was about, in words, with its identifier."""
    if not entry.object_type:
        return "–"
    name = OBJECTS.get(entry.object_type, (entry.object_type, ()))[0]
    return f"{name} nº\u00a0{entry.object_id}"


def file_name(entry: JournalEntry) -> str:
    """The number of the application of an act. A draft is its organisation's alone: the journal says that there is one, not its title."""
    if entry.application is None:
        return "–"
    return entry.application.number or _("Brouillon")


class JournalTable(BaseTable):
    """Acts, the latest first."""

    act = django_tables2.Column(verbose_name=gettext_lazy("Acte"))
    at = django_tables2.Column(verbose_name=gettext_lazy("Instant"), attrs={"td": {"class": "num"}})
    actor = django_tables2.Column(verbose_name=gettext_lazy("Personne"), empty_values=())
    application = django_tables2.Column(verbose_name=gettext_lazy("Demande"), default="–")
    object = django_tables2.Column(verbose_name=gettext_lazy("Objet"), empty_values=(), accessor="object_id")
    link = django_tables2.Column(verbose_name=gettext_lazy("Maillon"), empty_values=(), accessor="pk", attrs=RIGHT)

    class Meta:
        orderable = False

    def render_act(self, record: JournalEntry) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("reporting:audit_detail", args=[record.pk]), act_name(record))

    def render_at(self, record: JournalEntry) -> str:
        return typography.iso_datetime(record.at)

    def render_actor(self, record: JournalEntry) -> str:
        return actor_name(record)

    def render_application(self, record: JournalEntry) -> str:
        return file_name(record)

    def render_object(self, record: JournalEntry) -> str:
        return object_name(record)

    def render_link(self, record: JournalEntry) -> str:
        link = getattr(record, "link", None)
        return str(link.seq) if link else "–"
