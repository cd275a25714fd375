import shutil
import tempfile
from pathlib import Path

import pytest

from tests.house.processes import processes


@pytest.fixture
def clones():
    """Makes the state folder of one more clone; ends what is left in it at the end. Not under pytest's own folder, which it closes again
    to every other account at each of its starts: PostgreSQL, started by root, runs under one."""
    made = []

    def make() -> Path:
        folder = Path(tempfile.mkdtemp(prefix="portail-clone-"))
        folder.chmod(0o755)
        made.append(folder)
        return folder

    yield make
    for process in (process for folder in made for process in processes(folder)):
        process.kill()
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def state(clones):
    return clones()
