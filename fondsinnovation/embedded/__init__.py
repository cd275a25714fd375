"""PostgreSQL and Valkey from wheels, for a machine that has neither. Production sets DATABASE_URL and REDIS_URL.

Nothing starts on import: settings only compute where the sockets will be. An entry point opens `services()`.
"""

from fondsinnovation.embedded.paths import socket_dir, state_dir
from fondsinnovation.embedded.processes import spawn, stop
from fondsinnovation.embedded.servers import ServiceUnavailable
from fondsinnovation.embedded.services import services

__all__ = ["ServiceUnavailable", "services", "socket_dir", "spawn", "state_dir", "stop"]
