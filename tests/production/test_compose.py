"""docker-compose.yml is what Compose takes, and nothing in it may more than it has to."""

import copy
import re

import jsonschema
import pytest
from check_jsonschema.builtin_schemas import get_builtin_schema

from tests.production.shipped import ROOT, USER, compose, dockerfile

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


def test_the_image_can_back_up_the_database_that_is_beside_it():
    [said] = [said for word, said in dockerfile() if word == "RUN" and "postgresql-client" in said]

    assert SERVICES["postgres"]["image"] == f"postgres:{re.search(r'postgresql-client-([0-9]+)', said)[1]}"


@pytest.mark.parametrize("name", OURS)
def test_whatever_is_explained_in_env_example_reaches_us(name):
    explained = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert explained - NOT_PASSED_ON <= SERVICES[name]["environment"].keys()
