"""A government identity provider for tests: a real one (`provider.py`, a process) and one that lies (`liar.py`)."""
