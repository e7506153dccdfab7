"""Settings that can't work are refused, all at once, by sentences that name the variable and never show what is in it."""

import os
import re
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from clinic.environment import Environment
from clinic.masking import described
from tests.processes import run
from tests.production.shipped import DOTENV, ROOT

PRODUCTION = {name: value for name, value in DOTENV.items() if not name.endswith("PASSWORD")} | {
    "DATABASE_URL": "postgres://afterglow:hunter2@127.0.0.1:9/none",
    "REDIS_URL": "redis://:hunter2@127.0.0.1:9/0",
}


@pytest.fixture
def said(monkeypatch, tmp_path):
    """The sentences about so many variables, as production has them, and about a .env."""

    def of(env_file: str = "", **values: str) -> list[str]:
        file = tmp_path / ".env"
        file.write_text(env_file)
        for name in list(os.environ):
            if name in VARIABLES:
                monkeypatch.delenv(name)
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        try:
            Environment(file)
        except ImproperlyConfigured as wrong:
            return [line.strip() for line in str(wrong).splitlines()]
        return []

    return of


VARIABLES = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def test_production_as_it_is_explained_is_complete(said):
    assert said(**PRODUCTION) == []


def test_every_variable_that_is_explained_is_in_the_table_and_the_other_way_round():
    only_compose = {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "BACKUPS"}
    assert set(Environment(Path(os.devnull)).variables) == VARIABLES - only_compose


@pytest.mark.parametrize("name", [name for name in PRODUCTION if name != "TWILIO_FROM_NUMBER"])
def test_what_production_cant_be_without_is_named(said, name):
    [sentence] = said(**PRODUCTION | {name: " "})
    assert sentence.startswith(f"{name} isn't set. It must be ")


def test_a_text_has_a_sender_of_one_kind_or_the_other(said):
    [sentence] = said(**PRODUCTION | {"TWILIO_FROM_NUMBER": ""})
    assert sentence == (
        "TWILIO_FROM_NUMBER isn't set. It must be the number that texts come from, such as +12125550100, or a short code; "
        "or set TWILIO_MESSAGING_SERVICE_SID instead."
    )
    assert said(**PRODUCTION | {"TWILIO_FROM_NUMBER": "", "TWILIO_MESSAGING_SERVICE_SID": "MG0"}) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "flase"),
        ("ADDRESS_HASH_KEY", "hunter2"),
        ("ALLOWED_HOSTS", "https://hunter2.example.org"),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", ","),
        ("PUBLIC_BASE_URL", "http://hunter2.example.org"),
        ("PUBLIC_BASE_URL", "hunter2.example.org"),
        ("PUBLIC_BASE_URL", "https://staff:hunter2@clinic.example.org"),
        ("DATABASE_URL", "mysql://afterglow:hunter2@127.0.0.1/afterglow"),
        ("DATABASE_URL", "postgres://afterglow:hun/ter2@127.0.0.1:5432/afterglow"),
        ("DATABASE_URL", "postgres://afterglow:hunter2@127.0.0.1:5432"),
        ("REDIS_URL", "127.0.0.1:6379"),
        ("REDIS_URL", "redis://:hunter#2@127.0.0.1:6379/0"),
        ("REDIS_URL", "http://:hunter2@127.0.0.1"),
        ("TIME_ZONE", "New York"),
        ("EMAIL_URL", "hunter2"),
        ("EMAIL_URL", "smtp://ana:hunter2@mail.example.org:port"),
        ("EMAIL_URL", "dummymail://"),
        ("DEFAULT_FROM_EMAIL", "Clinic"),
        ("SMS_BACKEND", "demo"),
        ("TWILIO_ACCOUNT_SID", "SK0"),
        ("TWILIO_FROM_NUMBER", "12125550100"),
        ("TWILIO_FROM_NUMBER", "+1 212 555 0100"),
        ("TWILIO_MESSAGING_SERVICE_SID", "+12125550100"),
        ("OPERATOR_EMAILS", "olga@example.org, olga"),
        ("SMS_DAILY_CAP", "-1"),
        ("SMS_PER_SECOND", "²"),
        ("DISPATCH_IN_FLIGHT", "0"),
        ("KEEP_TRAIL_DAYS", "999999"),
        ("SMS_SEGMENT_PRICE", "NaN"),
        ("SMS_SEGMENT_PRICE", "one cent"),
        ("SENTRY_DSN", "https://sentry.example.org"),
    ],
)
def test_what_cant_work_is_refused_without_being_shown(said, name, value):
    [sentence] = said(**PRODUCTION | {name: value})
    assert sentence.startswith(f"{name} can't be used. It must be ")
    assert "hunter" not in sentence
    assert "ter2" not in sentence


def test_a_short_code_blanks_around_and_an_address_with_a_slash_are_fine(said):
    fine = {"TWILIO_FROM_NUMBER": "22333", "PUBLIC_BASE_URL": "https://clinic.example.org/afterglow/", "SMS_DAILY_CAP": " 5 "}
    assert said(**PRODUCTION | fine) == []


def test_development_needs_one_thing(said):
    assert said(DEBUG="true", SECRET_KEY="any") == []
    assert [sentence.split()[0] for sentence in said(DEBUG="true")] == ["SECRET_KEY"]


def test_all_that_is_wrong_is_said_at_once(said):
    first, *others = said()
    assert first == f"{len(others)} things in its settings are missing or wrong."
    assert {sentence.split()[0] for sentence in others} == PRODUCTION.keys()


class TestTheFile:
    def test_a_line_that_cant_be_read_is_named_by_its_number(self, said, capfd, tmp_path):
        lines = ["# a comment", "", "export SMS_DAILY_CAP=5", "METRICS_TOKEN = hunter2", "  ", "hunter2"]

        count, *sentences = said("\n".join(lines), **PRODUCTION)

        assert count == "2 things in its settings are missing or wrong."
        assert [sentence.partition(" can't be read. It must be NAME=value")[0] for sentence in sentences] == [
            f"Line {number} of {tmp_path / '.env'}" for number in (4, 6)
        ]
        assert "hunter2" not in "".join([*sentences, *capfd.readouterr()])

    def test_what_stands_in_the_environment_comes_first(self, monkeypatch, tmp_path, said):
        assert said("SMS_DAILY_CAP=many\nSMS_PER_SECOND=3", **PRODUCTION | {"SMS_DAILY_CAP": "5"}) == []
        assert os.environ["SMS_PER_SECOND"] == "3"
        monkeypatch.delenv("SMS_PER_SECOND")

    def test_it_may_be_unreadable_or_no_text(self, tmp_path):
        (tmp_path / "binary").write_bytes(b"\xff")
        for file, why in ((tmp_path, "Is a directory."), (tmp_path / "binary", "it isn't UTF-8 text.")):
            with pytest.raises(ImproperlyConfigured, match=f"{re.escape(str(file))} can't be read: {why}"):
                Environment(file)


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        (("manage.py", "check"), 1),
        (("-m", "celery", "-q", "-A", "clinic", "worker"), 1),
        (("-m", "celery", "-q", "-A", "clinic", "beat", "--pidfile="), 1),
        (("-m", "gunicorn", "clinic.wsgi", "--config", "python:clinic.ops.gunicorn", "--bind", "127.0.0.1:0"), 4),
        (("-m", "gunicorn", "clinic.wsgi", "--bind", "127.0.0.1:0"), 4),  # and doesn't start one process after the other
    ],
    ids=["manage", "worker", "beat", "web", "web without our config"],
)
def test_each_program_ends_with_the_sentence(command, exit_code):
    env = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull} | PRODUCTION | {"REDIS_URL": "hunter2"}

    done = run(*command, env=env)

    assert "Afterglow can't start: REDIS_URL can't be used. It must be a Redis database's address, such as redis://" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr
    assert done.returncode == exit_code


class TestWhetherTheyAreReached:
    def check(self, env: dict[str, str], *options: str) -> str:
        return run("manage.py", "check", *options, env=env).stderr

    def test_a_sentence_each_says_why_not(self):
        env = os.environ | {
            "DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/nowhere",
            "REDIS_URL": PRODUCTION["REDIS_URL"],
        }

        said = self.check(env, "--deploy", "--database", "default")

        assert 'PostgreSQL isn\'t reached: database "nowhere" does not exist.' in said
        assert "Redis isn't reached: Error 111 connecting to 127.0.0.1:9. Connection refused." in said
        assert "hunter2" not in said
        assert "Traceback" not in said
        assert "isn't reached" not in self.check(env, "--deploy")

    def test_a_command_that_needs_postgresql_ends_with_the_reason(self):
        env = os.environ | {"DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/nowhere"}

        done = run("manage.py", "forget", env=env)

        assert (done.returncode, done.stderr) == (
            1,
            'PostgreSQL isn\'t reached: database "nowhere" does not exist. Look at DATABASE_URL.\n',
        )

    @pytest.mark.django_db
    def test_nothing_is_said_of_those_that_are(self):
        call_command("check", "--deploy", "--database", "default", "--fail-level", "ERROR")

    @pytest.mark.django_db
    def test_to_migrate_redis_isnt_needed(self, monkeypatch):
        monkeypatch.setattr(settings, "REDIS_URL", PRODUCTION["REDIS_URL"])
        call_command("check", "--database", "default")
        with pytest.raises(SystemCheckError, match="Redis isn't reached"):
            call_command("check", "--deploy", "--database", "default")


def test_the_log_has_postgresqls_own_reason():
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect(f"{os.environ['DATABASE_URL']}?password=hunter2")

    assert described(refused.value) == 'OperationalError: PostgreSQL isn\'t reached: password authentication failed for user "afterglow"'
