"""The addresses of the provider: those of allauth's `idp.oidc`, and its sign-in page."""

from django.urls import include, path

urlpatterns = [path("", include("allauth.idp.urls")), path("accounts/", include("allauth.account.urls"))]
