"""Structured logs: what our code and the libraries log leaves as JSON, with the request's id and the user's; no personal data."""

from __future__ import annotations

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

_EMAIL = re.compile(r"[\w.+%-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")
#: what follows the path of an address in a line about a request: what a person typed may be in it
_QUERY = re.compile(r"\?\S*")
#: facts about a request that say who, or from where; `user_id` says enough to find the person in the portal
_DROPPED = ("ip", "user_agent")
_ADDRESSES = ("request", "path")
#: servers write the whole address in the message itself
_SERVERS = ("django.server", "gunicorn.access")
#: links that open an account or give a role: whoever reads the logs must not be able to follow them
_SECRET_PATHS = re.compile(r"(/compte/(?:courriel|mot-de-passe/oubli)/|/invitations/[^/\s]+/)[^/\s]+")


def masked(text: str) -> str:
    """A text without the e-mails that it names, nor the secret of a link."""
    return _SECRET_PATHS.sub(r"\1…", _EMAIL.sub("…@…", text))


def without_personal_data(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last word on each line: no address, no browser, no query, no e-mail, wherever it came from."""
    for dropped in _DROPPED:
        event.pop(dropped, None)
    for key in (*_ADDRESSES, *(("event",) if event.get("logger") in _SERVERS else ())):
        if isinstance(event.get(key), str):
            event[key] = _QUERY.sub("", event[key])
    return {key: masked(value) if isinstance(value, str) else value for key, value in event.items()}


SHARED = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            without_personal_data,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def configure() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
