from allauth.account import views as account
from django.urls import include, path, re_path
from django.views.i18n import set_language

from fondsinnovation.health import health

#: the account pages that the portal has, under the names that allauth knows; the others (e-mail addresses, sign-in codes) do not exist
ACCOUNT = [
    path("connexion/", account.login, name="account_login"),
    path("deconnexion/", account.logout, name="account_logout"),
    path("ferme/", account.account_inactive, name="account_inactive"),
    path("inscription/", account.signup, name="account_signup"),
    path("confirmation/", account.reauthenticate, name="account_reauthenticate"),
    path("mot-de-passe/", account.password_change, name="account_change_password"),
    path("mot-de-passe/oubli/", account.password_reset, name="account_reset_password"),
    path("mot-de-passe/oubli/envoye/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^mot-de-passe/oubli/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("mot-de-passe/change/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
]

urlpatterns = [
    path("", include("projects.urls")),
    path("", include("funding.urls")),
    path("", include("reporting.urls")),
    path("api/", include("fondsinnovation.api")),
    path("compte/", include(ACCOUNT)),
    path("langue/", set_language, name="set_language"),
    path("sante/", health, name="health"),
]
