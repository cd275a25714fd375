"""A government's identity provider: a second small Django project, on allauth's own `idp.oidc`, run as a process.

`python -m tests.identity.provider FOLDER REDIRECT_URI` prints its issuer once it answers, and ends with its standard input.
"""

import os
import sys
import threading
from pathlib import Path

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

EMAIL, PASSWORD = "personne@gouvernement.exemple", "une identité bien gardée"
CLIENT_ID, CLIENT_SECRET = "portail", "un secret de client"


def configure(folder: Path) -> None:
    pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # http://127.0.0.1
    settings.configure(
        SECRET_KEY="un fournisseur d’essai, sans valeur",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="tests.identity.provider_urls",
        USE_TZ=True,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "provider.sqlite3")}},
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.humanize",
            "allauth",
            "allauth.account",
            "allauth.idp.oidc",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "allauth.account.middleware.AccountMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
            }
        ],
        AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
        ACCOUNT_LOGIN_METHODS={"email"},
        ACCOUNT_SIGNUP_FIELDS=["email*", "password1*"],
        ACCOUNT_EMAIL_VERIFICATION="none",
        # cookies ignore the port, and the portal has its own on this address
        SESSION_COOKIE_NAME="provider_session",
        CSRF_COOKIE_NAME="provider_csrf",
        IDP_OIDC_PRIVATE_KEY=pem.decode(),
    )


def fill(redirect_uri: str) -> None:
    from allauth.account.models import EmailAddress
    from allauth.idp.oidc.models import Client
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    person = User.objects.create_user("personne", EMAIL, PASSWORD)
    EmailAddress.objects.create(user=person, email=EMAIL, verified=True, primary=True)
    client = Client(id=CLIENT_ID, name="Portail", redirect_uris=redirect_uri)
    client.set_secret(CLIENT_SECRET)
    client.save()


def main(folder: Path, redirect_uri: str) -> None:
    configure(folder)
    django.setup()
    fill(redirect_uri)
    from django.core.handlers.wsgi import WSGIHandler
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(WSGIHandler())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()  # until the test that started it closes it, or dies


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
