"""The health of the web process, and the client that its container asks it with."""

import http.client
import os
import sys

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 when this process serves requests and reaches its database; anything else is an error."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


def ask(port: int = 8000) -> int:
    """The exit code of `python -m fondsinnovation.health`: the request looks like the proxy's."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    client.request("GET", "/sante/", headers={"Host": host, "X-Forwarded-Proto": "https"})
    return 0 if client.getresponse().status == 200 else 1


if __name__ == "__main__":
    sys.exit(ask())
