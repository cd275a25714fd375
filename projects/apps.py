from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "projects"

    def ready(self) -> None:
        from projects import sign_in_events, tasks  # noqa: F401 — registers what hears of sign-ins, and what serves the outbox
