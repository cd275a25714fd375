from pathlib import Path

import pytest

from tests.house.processes import processes


@pytest.fixture
def clones(tmp_path_factory):
    """Makes the state folder of one more clone, open to the account that PostgreSQL drops to; ends what is left at the end."""
    made = []

    def make() -> Path:
        folder = tmp_path_factory.mktemp("clone")
        for parent in (folder, *folder.parents):
            if parent.owner() == folder.owner() and parent.name.startswith(("clone", "popen", "pytest")):
                parent.chmod(0o755)
        made.append(folder)
        return folder

    yield make
    for process in (process for folder in made for process in processes(folder)):
        process.kill()


@pytest.fixture
def state(clones):
    return clones()
