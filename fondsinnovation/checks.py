"""System checks: what production must set before a server starts, each with its id and what to do about it.

They are deployment checks: `manage.py check --deploy` runs them, and so do the web, worker and beat processes when they
start, unless they serve a demonstration or a test.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register, run_checks
from django.core.management.base import SystemCheckError
from django.db import connections

MINIMUM_SECRET_LENGTH = 50


def refuse_unsafe_start() -> None:
    """Stop a server that is set up in a way production must not be. Raises SystemCheckError."""
    if settings.DEMO or settings.TESTING:
        return
    errors = [
        message for message in run_checks(tags=["fonds"], include_deployment_checks=True, databases=["default"]) if message.is_serious()
    ]
    if errors:
        raise SystemCheckError("\n\n".join(map(str, errors)))


@register("fonds", deploy=True)
def check_secret_key(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    key = settings.SECRET_KEY
    if key != settings.DEVELOPMENT_SECRET_KEY and len(key) >= MINIMUM_SECRET_LENGTH:
        return []
    return [
        Error(
            "SECRET_KEY n’est pas définie, ou compte moins de 50 caractères.",
            hint="Définissez SECRET_KEY avec au moins 50 caractères tirés au hasard, gardés hors du dépôt.",
            id="fonds.E001",
        )
    ]


@register("fonds", deploy=True)
def check_debug(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.DEBUG:
        return []
    return [
        Error(
            "DEBUG est activé : les pages d’erreur montreraient le code et les réglages.",
            hint="Retirez DEBUG de l’environnement, ou définissez DEBUG=0.",
            id="fonds.E002",
        )
    ]


@register("fonds", deploy=True)
def check_celery_is_not_eager(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.CELERY_TASK_ALWAYS_EAGER:
        return []
    return [
        Error(
            "CELERY_TASK_ALWAYS_EAGER est activé : les pages attendraient les calculs.",
            hint="Retirez CELERY_TASK_ALWAYS_EAGER de l’environnement et démarrez un « worker ».",
            id="fonds.E003",
        )
    ]


@register("fonds", deploy=True)
def check_cookies(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE:
        return []
    return [
        Error(
            "Les témoins de session ou de protection des formulaires voyageraient sans chiffrement.",
            hint="Servez le portail en HTTPS et définissez COOKIE_SECURE=1.",
            id="fonds.E004",
        )
    ]


@register("fonds", deploy=True)
def check_identity_provider(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """An identity provider is given whole, and over HTTPS: its answers open accounts."""
    if not settings.OIDC_ISSUER:
        return []
    if settings.OIDC_ISSUER.startswith("https://") and settings.OIDC_CLIENT_ID and settings.OIDC_CLIENT_SECRET:
        return []
    return [
        Error(
            "Le service d’authentification gouvernementale est mal configuré.",
            hint="Donnez OIDC_ISSUER en https://, OIDC_CLIENT_ID et OIDC_CLIENT_SECRET, ou laissez les trois vides.",
            id="fonds.E006",
        )
    ]


@register("fonds", Tags.database, deploy=True)
def check_database_role(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """The connected role must not be able to rewrite a ledger or the journal, itself or by taking another role."""
    if not databases:
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname::text
              FROM pg_class c
             WHERE c.relname = ANY(%s) AND c.relkind = 'r' AND pg_table_is_visible(c.oid)
               AND EXISTS (
                   SELECT FROM pg_roles r
                    WHERE pg_has_role(session_user, r.oid, 'MEMBER')
                      AND has_table_privilege(r.oid, c.oid, 'UPDATE, DELETE, TRUNCATE'))
             ORDER BY c.relname
            """,
            [list(settings.APPEND_ONLY_TABLES)],
        )
        writable = [name for (name,) in cursor.fetchall()]
    if not writable:
        return []
    return [
        Error(
            f"Le rôle de l’application peut modifier des tables en ajout seul : {', '.join(writable)}.",
            hint="Définissez DATABASE_URL avec le rôle fonds_app et DATABASE_OWNER_URL avec le rôle propriétaire.",
            id="fonds.E005",
        )
    ]
