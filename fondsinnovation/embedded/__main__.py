"""`python -m fondsinnovation.embedded KIND`: the supervisor that `services()` starts."""

import sys

from fondsinnovation.embedded.services import supervise

sys.exit(supervise(sys.argv[1]))
