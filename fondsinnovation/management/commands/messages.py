"""manage.py messages: bring the message catalogues up to date with the sources, and compile them."""

from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Met à jour et compile les catalogues de messages."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        from fondsinnovation.quality import catalogues

        for language in catalogues.LANGUAGES:
            missing = catalogues.update(language)
            self.stdout.write(f"{catalogues.catalogue_path(language)} : {missing} message(s) à traduire")
