"""deploy/docker-compose.yaml against the Compose Specification, and against what docs/scaling.md promises of it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

FOLDER = Path(__file__).parent.parent / "deploy"
FILE = FOLDER / "docker-compose.yaml"
SERVICES = YAML(typ="safe").load(FILE.read_text())["services"]
# ${NAME} without `:?` would start a service with an empty password.
VARIABLE = re.compile(r"\$\{(\w+)(:\?[^}]+)?\}")


def check(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_file_obeys_the_specification():
    done = check(FILE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_misspelt_key_would_be_seen(tmp_path):
    wrong = tmp_path / "docker-compose.yaml"
    wrong.write_text(FILE.read_text().replace("healthcheck:", "healtcheck:", 1))
    assert "healtcheck" in check(wrong).stdout


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name):
    assert re.search(r":v?[A-Za-z.]*\d[\w.-]+$", SERVICES[name]["image"])


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_open_to_this_machine_alone(name):
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", SERVICES)
def test_services_wait_for_health_and_have_it(name):
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        lasting = SERVICES[needed].get("restart") == "unless-stopped"
        assert how["condition"] == ("service_healthy" if lasting else "service_completed_successfully")
        assert ("healthcheck" in SERVICES[needed]) == lasting


def test_volumes_are_declared_and_used():
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == set(YAML(typ="safe").load(FILE.read_text())["volumes"])


def test_every_variable_is_required_and_every_one_is_in_the_example():
    found = VARIABLE.findall(FILE.read_text())
    assert all(message for _, message in found)
    example = [line for line in (FOLDER / ".env.example").read_text().splitlines() if line and not line.startswith("#")]
    assert {line.partition("=")[0] for line in example} == {name for name, _ in found}
    assert all(line.endswith("=") for line in example), "an example holds no value that could be left in place"


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_written_down(name):
    for key, value in SERVICES[name].get("environment", {}).items():
        if re.search(r"PASSWORD|SECRET|ACCESS_KEY|ROOT_USER", key):
            assert VARIABLE.fullmatch(value), key
        for password in re.findall(r":([^:/@]*)@", VARIABLE.sub("$", value)):  # user:password@host
            assert password == "$", key


def test_git_ignores_the_secrets():
    done = subprocess.run(["git", "check-ignore", "deploy/.env"], cwd=FOLDER.parent, capture_output=True, text=True)
    assert done.stdout.strip() == "deploy/.env"


def test_only_the_database_has_a_secret_and_no_user_of_dvc_needs_it():
    users = {name for name, service in SERVICES.items() if VARIABLE.search(str(service.get("environment")))}
    assert users == {"database", "mlflow"}
    assert {name for name, _ in VARIABLE.findall(FILE.read_text())} == {"POSTGRES_PASSWORD"}


def test_the_copy_of_the_example_is_readable_by_its_owner_alone(tmp_path):
    pages = (FILE, FOLDER / ".env.example", FOLDER.parent / "docs" / "scaling.md")
    command = "install -m 600 .env.example .env"
    assert all(command in page.read_text() and "cp .env" not in page.read_text() for page in pages)
    subprocess.run([*command.split()[:-2], FOLDER / ".env.example", tmp_path / ".env"], check=True)
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_the_server_is_the_version_of_the_clients():
    pinned = re.search(r"^mlflow==(.+)$", (FOLDER.parent / "constraints.txt").read_text(), flags=re.M)
    assert pinned and f":v{pinned[1]}-" in SERVICES["mlflow"]["image"]
