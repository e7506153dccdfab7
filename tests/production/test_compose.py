"""docker-compose.yml is what Compose takes, and nothing in it may more than it has to."""

import copy
import os
import re
from pathlib import Path

import jsonschema
import psycopg
import pytest
from check_jsonschema.builtin_schemas import get_builtin_schema

from tests.production.shipped import ROOT, USER, command_of, compose, dockerfile

SERVICES = compose()["services"]
OURS = ("migrate", "web", "worker", "beat", "backup")
ENDING = ("migrate", "backup")
# What Compose itself makes of the others in .env, and what is for development.
NOT_PASSED_ON = {"DEBUG", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "BACKUPS", "LOCAL_DIR", "ALIVE_FILE"}


@pytest.fixture(scope="module")
def schema():
    return get_builtin_schema("vendor.compose-spec")


def test_it_is_valid_by_the_compose_specification(schema):
    jsonschema.validate(compose(), schema)


def test_a_misspelled_key_is_not(schema):
    wrong = copy.deepcopy(compose())
    wrong["services"]["web"]["healtcheck"] = wrong["services"]["web"].pop("healthcheck")

    with pytest.raises(jsonschema.ValidationError, match="healtcheck"):
        jsonschema.validate(wrong, schema)


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_locked_up_and_limited(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert any("/tmp" in each.partition(":")[2] for each in service.get("volumes", [])) or service["tmpfs"]


@pytest.mark.parametrize("name", SERVICES)
def test_none_runs_as_root(name):
    users = [said for word, said in dockerfile() if word == "USER"]

    assert users == [str(USER)]
    assert SERVICES[name].get("image") == "afterglow" or SERVICES[name]["user"] not in ("root", "0")


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in ENDING])
def test_each_that_stays_is_asked_whether_it_is_well_and_started_again(name):
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_the_worker_can_be_scaled():
    """What only one of them can have would keep the second from starting."""
    assert not {"container_name", "ports", "hostname", "volumes"} & SERVICES["worker"].keys()


def test_postgresql_keeps_its_data_where_version_18_has_them():
    assert SERVICES["postgres"]["image"] == "postgres:18"
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]
    assert "PGDATA" not in SERVICES["postgres"]["environment"]


@pytest.mark.parametrize("is_told", [True, False])  # False, the control
def test_postgresql_writes_no_values_into_its_log(is_told):
    """The tests' own server, for one session that is told what Compose tells the whole."""
    program, *options = command_of("postgres")
    name = f"Maria Lopez of {os.urandom(4).hex()}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, options=" ".join(options) if is_told else "") as session:
        (folder,) = session.execute("SHOW data_directory").fetchone()
        session.execute("CREATE TEMPORARY TABLE called (name text CONSTRAINT once UNIQUE)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            session.execute(f"INSERT INTO called VALUES ('{name}'), ('{name}')")

    log = Path(folder, "server.log").read_text()
    assert program == "postgres"
    assert 'duplicate key value violates unique constraint "once"' in log
    assert (name in log) is not is_told


def test_the_image_can_back_up_the_database_that_is_beside_it():
    [said] = [said for word, said in dockerfile() if word == "RUN" and "postgresql-client" in said]

    assert SERVICES["postgres"]["image"] == f"postgres:{re.search(r'postgresql-client-([0-9]+)', said)[1]}"


@pytest.mark.parametrize("name", OURS)
def test_whatever_is_explained_in_env_example_reaches_us(name):
    explained = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert explained - NOT_PASSED_ON <= SERVICES[name]["environment"].keys()
