from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from fondsinnovation.health import health
from projects.views import identity, second_factor

#: the account pages that the portal has, under the names that allauth knows; the others (e-mail addresses, sign-in codes) do not exist
ACCOUNT = [
    path("connexion/", second_factor.SignIn.as_view(), name="account_login"),
    path("deconnexion/", account.logout, name="account_logout"),
    path("ferme/", account.account_inactive, name="account_inactive"),
    path("inscription/", account.signup, name="account_signup"),
    path("confirmation/", second_factor.Reauthenticate.as_view(), name="account_reauthenticate"),
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

#: the second factor: an authenticator application, passkeys, recovery codes
SECOND_FACTOR = [
    path("confirmation/code/", second_factor.ReauthenticateByCode.as_view(), name="mfa_reauthenticate"),
    path("confirmation/cle/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("connexion/code/", second_factor.Authenticate.as_view(), name="mfa_authenticate"),
    path("connexion/cle/", second_factor.PasskeySignIn.as_view(), name="mfa_login_webauthn"),
    path("second-facteur/", mfa.index, name="mfa_index"),
    path("second-facteur/application/", totp.activate_totp, name="mfa_activate_totp"),
    path("second-facteur/application/active/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_deactivate_totp"),
    path("second-facteur/application/image.svg", second_factor.totp_picture, name="mfa_totp_picture"),
    path("second-facteur/cles/", second_factor.PasskeyAdd.as_view(), name="mfa_add_webauthn"),
    path("second-facteur/cles/<int:pk>/", second_factor.PasskeyRename.as_view(), name="mfa_edit_webauthn"),
    path("second-facteur/<int:pk>/retrait/", second_factor.FactorRemove.as_view(), name="mfa_remove"),
    path("second-facteur/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("second-facteur/codes/nouveaux/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("second-facteur/codes/codes.txt", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
]

#: a government identity; these addresses exist only where one is configured
IDENTITY = [
    path("identite/connexion/", identity.identity_login, name="identity_login"),
    path("identite/retour/", identity.identity_callback, name="identity_callback"),
    path("identite/<int:pk>/retrait/", identity.IdentityUnlink.as_view(), name="identity_unlink"),
]

urlpatterns = [
    path("", include("projects.urls")),
    path("", include("funding.urls")),
    path("", include("reporting.urls")),
    path("api/", include("fondsinnovation.api")),
    path("compte/", include(ACCOUNT + SECOND_FACTOR + IDENTITY)),
    path("langue/", set_language, name="set_language"),
    path("sante/", health, name="health"),
]
