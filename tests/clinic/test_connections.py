"""A process that is frozen in the middle of a transaction holds nothing up for ever."""

import json

import pytest
from django.db import connection, connections

from notifications.services import claim_due
from tests.clinic_world import wait_until
from tests.notifications.conftest import NOON, text  # noqa: F401 - a fixture
from tests.processes import run


def test_every_connection_of_ours_ends_after_a_minute_idle_in_a_transaction(db):
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("1min",)


def test_what_the_address_asks_for_stays(process_env):
    env = process_env | {"DATABASE_URL": process_env["DATABASE_URL"] + "?options=-c%20work_mem%3D8MB&connect_timeout=2"}
    shown = run("-c", "import json; from clinic.settings import DATABASES; print(json.dumps(DATABASES['default']['OPTIONS']))", env=env)
    asked_for = json.loads(shown.stdout)
    assert asked_for["options"] == "-c work_mem=8MB -c idle_in_transaction_session_timeout=60s"
    assert asked_for["connect_timeout"] == 2


def test_a_server_that_is_gone_without_a_word_is_waited_for_for_seconds(db):
    connection.ensure_connection()
    asked_for = connection.connection.info.get_parameters()
    assert asked_for["connect_timeout"] == "5"
    assert {name: asked_for[name] for name in ("tcp_user_timeout", "keepalives_idle", "keepalives_interval")} == {
        "tcp_user_timeout": "30000",
        "keepalives_idle": "30",
        "keepalives_interval": "10",
    }


@pytest.mark.parametrize(("limit", "claimed"), [("100ms", 1), ("0", 0)])  # 0, the control: no limit
def test_a_message_that_a_frozen_process_had_locked_is_sent_by_another(transactional_db, text, limit, claimed):  # noqa: F811
    text()
    frozen = connections.create_connection("default")
    try:
        frozen.set_autocommit(False)
        with frozen.cursor() as cursor:
            cursor.execute(f"SET idle_in_transaction_session_timeout = '{limit}'")
            cursor.execute("SELECT id FROM notifications_message FOR UPDATE")
        if claimed:
            wait_until(lambda: is_gone(frozen))
        assert len(claim_due(now=NOON).to_send) == claimed
    finally:
        frozen.close()


def is_gone(frozen) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [frozen.connection.info.backend_pid])
        return cursor.fetchone() == (0,)
