"""`manage.py aftercare_preview`: what a patient would get, without one."""

import json
import re
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command

from aftercare.models import CareMessage
from notifications.models import Message
from tests.processes import run

TUESDAY = ("--completed-at", "2026-11-10T14:00", "--time-zone", "America/New_York")


def preview(capsys, *options: str) -> list[dict[str, str]]:
    call_command("aftercare_preview", *options, "--json")
    return json.loads(capsys.readouterr().out)


def test_the_shape_and_the_times(db, capsys):
    rows = preview(capsys, *TUESDAY)
    assert len(rows) == 32
    assert {tuple(row) for row in rows} == {("send_at", "expires_at", "kind", "channel", "body")}
    doses = [row for row in rows if row["kind"] == "dose"]
    assert [row["send_at"] for row in doses[:9]] == [
        *("2026-11-10T17:00:00-05:00", "2026-11-10T20:00:00-05:00", "2026-11-10T23:00:00-05:00"),
        *("2026-11-11T02:00:00-05:00", "2026-11-11T05:00:00-05:00", "2026-11-11T08:00:00-05:00"),
        *("2026-11-11T11:00:00-05:00", "2026-11-11T14:00:00-05:00", "2026-11-11T20:00:00-05:00"),
    ]
    assert doses[0] == {
        "send_at": "2026-11-10T17:00:00-05:00",
        "expires_at": "2026-11-10T19:00:00-05:00",
        "kind": "dose",
        "channel": "sms",
        "body": "Your Clinic: time for your hyaluronic acid serum (1 of 8). Clean hands, a thin layer."
        " Worried? Reply, or call (212) 555-0100.",
    }
    assert {row["kind"] for row in rows} == {"dose", "education", "check_in", "results"}
    assert {row["channel"] for row in rows} == {"sms", "email"}
    assert [datetime.fromisoformat(row["send_at"]) for row in rows] == sorted(datetime.fromisoformat(row["send_at"]) for row in rows)


def test_an_offset_in_the_time_is_kept(db, capsys):
    naive, zulu = preview(capsys, *TUESDAY), preview(capsys, "--completed-at", "2026-11-10T19:00Z", "--time-zone", "America/New_York")
    assert naive == zulu


def test_over_the_spring_change(db, capsys):
    rows = preview(capsys, "--completed-at", "2026-03-07T14:00", "--time-zone", "America/New_York")
    doses = [datetime.fromisoformat(row["send_at"]) for row in rows if row["kind"] == "dose"]
    assert {later - earlier for earlier, later in pairwise(doses[:8])} == {timedelta(hours=3)}
    assert {moment.strftime("%H:%M%z") for moment in doses[8:]} == {"08:00-0400", "20:00-0400"}


def test_quiet_nights(db, capsys):
    rows = preview(capsys, *TUESDAY, "--quiet", "21:00-08:00")
    assert len(rows) == 30
    (night,) = [row for row in rows if "only if you are awake" in row["body"]]
    assert (night["send_at"], night["expires_at"]) == ("2026-11-10T20:30:00-05:00", "2026-11-10T21:00:00-05:00")
    assert not [row for row in rows if not "08:00" <= row["send_at"][11:16] < "21:00"]


def test_in_spanish(db, capsys):
    assert preview(capsys, *TUESDAY, "--language", "es")[0]["body"].startswith("Your Clinic: es hora de su sérum hialurónico (1 de 8).")


def test_for_people_there_is_a_table(db, capsys):
    call_command("aftercare_preview", *TUESDAY)
    lines = capsys.readouterr().out.splitlines()
    assert re.match(r"Tue 10 Nov 17:00  dose +sms +Your Clinic: time for your", lines[0])
    assert lines[-1] == "32 messages, times in America/New_York."


def test_it_writes_nothing(db, capsys):
    preview(capsys, *TUESDAY)
    assert not Message.objects.exists()
    assert not CareMessage.objects.exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--completed-at", "2026-11-10T14:00", "--time-zone", "Mars/Olympus"), "“Mars/Olympus” is not a time zone"),
        (("--completed-at", "2026-11-10T14:00", "--time-zone", "localtime"), "“localtime” is not a time zone"),
        (("--completed-at", "yesterday"), "“yesterday” is not a time in ISO 8601, such as 2026-12-01T14:00."),
        (("--completed-at", "9999-12-31T23:00"), "The year 9999 is out of reach: it must be from 2000 to 2199."),
        (("--completed-at", "2026-13-40T14:00"), "“2026-13-40T14:00” is not a time in ISO 8601"),
        ((*TUESDAY, "--quiet", "late"), "“late” are not quiet hours, such as 21:00-08:00."),
        ((*TUESDAY, "--quiet", "21:00-25:00"), "“21:00-25:00” are not quiet hours"),
        ((*TUESDAY, "--quiet", "21:00"), "“21:00” are not quiet hours"),
        ((*TUESDAY, "--quiet", "08:00-08:00"), "Quiet hours can't end when they start."),
        ((*TUESDAY, "--protocol", "leeches"), "There is no protocol “leeches”."),
        ((*TUESDAY, "--protocol", "../../manage"), "There is no protocol “../../manage”."),
        ((), "--completed-at"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_sentence(db, options, sentence):
    with pytest.raises(CommandError) as refusal:
        call_command("aftercare_preview", *options)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_from_the_shell_a_bad_zone_is_one_sentence_and_an_exit_code(process_env):
    refused = run("manage.py", "aftercare_preview", "--completed-at", "2026-11-10T14:00", "--time-zone", "Mars/Olympus", env=process_env)
    assert refused.returncode != 0
    assert refused.stdout == ""
    assert "“Mars/Olympus” is not a time zone; use a name such as America/New_York." in refused.stderr
    assert "Traceback" not in refused.stderr
