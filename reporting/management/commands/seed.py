"""`manage.py seed --stage STAGE [--scale N]`: a believable fund stopped at that moment; the same day gives the same rows."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.commands import PortalCommand, database_is_ready, prepare_database
from fondsinnovation.kit.errors import WrongState
from reporting.seeding.claims import add_claims
from reporting.seeding.follow_ups import add_follow_ups
from reporting.seeding.judgements import add_judgements
from reporting.seeding.live import add_live_files
from reporting.seeding.modalities import add_other_modalities
from reporting.seeding.money import add_live_money
from reporting.seeding.packages import add_packages
from reporting.seeding.returns import add_returns
from reporting.seeding.story import STAGES
from reporting.services.portfolio import seed_fund


class Command(PortalCommand):
    help = "Écrit un fonds de démonstration arrêté à une étape : intake, review, agreement, payment ou report. Jamais en production."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--stage", choices=STAGES, required=True, help="le moment où le fonds s’arrête")
        parser.add_argument("--live", action="store_true", help="ajoute des dossiers qui attendent chacun un des comptes de démonstration")
        parser.add_argument("--scale", type=int, default=1, help="nombre d’unités de 50 demandes et de 500 gains (1 à 400)")
        parser.add_argument("--json", action="store_true", help="résultat en JSON")

    def run(self, **options: Any) -> int:
        if not settings.LOCAL:
            raise WrongState(_("Cette commande écrit des données de démonstration : elle est refusée en production."))
        if not database_is_ready():
            prepare_database()
        now = timezone.now()
        story = seed_fund(stage=options["stage"], scale=options["scale"], now=now)
        if options["live"]:
            _add_live(now)
        counts = {"files": sum(1 for _file in story.files), "projects": len(story.projects) if story.reaches("agreement") else 0}
        if options["json"]:
            self.stdout.write(json.dumps(counts))
            return 0
        self.stdout.write(_("Fonds écrit : %(files)d demandes, %(projects)d projets.") % counts)
        return 0


def _add_live(now: datetime) -> None:
    """What the demonstration's accounts find; the judgements come last: they fix what was known before them."""
    add_live_files(now=now)
    add_other_modalities(now=now)
    add_live_money(now=now)
    add_follow_ups(now=now)
    add_claims(now=now)
    add_packages(now=now)
    add_judgements(add_returns(now=now), now=now)
