"""The environment that manage.py makes for itself, and when it makes it again."""

import subprocess
import sys

import pytest

from fondsinnovation import bootstrap


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """An empty clone: its requirements ask for nothing, so that no network is needed."""
    (tmp_path / "requirements").mkdir()
    for name in ("embedded", "dev"):
        (tmp_path / "requirements" / f"{name}.txt").write_text(f"# {name}\n")
    monkeypatch.setattr(bootstrap, "BASE_DIR", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / ".venv" / ".requirements")
    return tmp_path


def environment(clone, stamp: str | None) -> None:
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").touch()
    if stamp is not None:
        (clone / ".venv" / ".requirements").write_text(stamp)


def test_install_makes_an_environment_and_stamps_it(clone):
    wanted = bootstrap.requirements("demo")
    bootstrap.install(wanted)
    version = subprocess.run([bootstrap.PYTHON, "--version"], capture_output=True, text=True, check=True).stdout
    assert (version.split()[1], bootstrap.is_stale(wanted)) == (sys.version.split()[0], False)


def test_missing_environment_is_stale(clone):
    assert bootstrap.is_stale(bootstrap.requirements("demo")) is True


def test_environment_that_somebody_else_made_is_left_alone(clone):
    environment(clone, stamp=None)
    assert bootstrap.is_stale(bootstrap.requirements("test")) is False


def test_interrupted_installation_starts_again(clone):
    environment(clone, stamp="")
    assert bootstrap.is_stale(bootstrap.requirements("demo")) is True


def test_changed_requirements_are_installed_again(clone):
    wanted = bootstrap.requirements("demo")
    environment(clone, stamp=bootstrap.digest(wanted))
    wanted.write_text("# newer\n")
    assert bootstrap.is_stale(wanted) is True


@pytest.mark.parametrize(("installed", "command", "stale"), [("demo", "test", True), ("test", "demo", False), ("test", "quality", False)])
def test_environment_of_development_serves_every_command(clone, installed, command, stale):
    environment(clone, stamp=bootstrap.digest(bootstrap.requirements(installed)))
    assert bootstrap.is_stale(bootstrap.requirements(command)) is stale
