from django.apps import AppConfig


class FondsInnovationConfig(AppConfig):
    name = "fondsinnovation"

    def ready(self) -> None:
        # The Celery application must exist before any task is declared or sent, and the checks before any check runs.
        from fondsinnovation import celery, checks, logs  # noqa: F401

        logs.configure()
