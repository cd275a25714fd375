from django.apps import AppConfig


class FundingConfig(AppConfig):
    name = "funding"

    def ready(self) -> None:
        from funding import tasks  # noqa: F401 — registers what serves the outbox
