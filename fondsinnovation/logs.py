"""Structured logs: what our code and the libraries log leaves as JSON, with the request's id and the user's."""

import logging
import re
from typing import Any

import structlog

#: the token at the end of an invitation's address opens it: a log is read by more people than an e-mail
_TOKEN = re.compile(r"(/invitations/[^/\s]+/)[\w-]+")


def hide_tokens(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Write « … » where an address in a log would give the token of an invitation away."""
    return {name: _TOKEN.sub(r"\1…", value) if isinstance(value, str) else value for name, value in event.items()}


SHARED = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    hide_tokens,
]


def formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
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
