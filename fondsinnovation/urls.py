from django.urls import include, path
from django.views.i18n import set_language

from fondsinnovation.health import health

urlpatterns = [
    path("", include("projects.urls")),
    path("", include("funding.urls")),
    path("", include("reporting.urls")),
    path("compte/", include("allauth.account.urls")),
    path("langue/", set_language, name="set_language"),
    path("sante/", health, name="health"),
]
