"""What is paused waits in the outbox, untouched, and goes at the pace of late messages once that is over."""

from datetime import timedelta

from django.db import transaction

from notifications.domain.quiet import QuietHours
from notifications.models import Message, Pause
from notifications.services import Draft, claim_due, pause, resume, schedule, suppress
from tests.notifications.conftest import NOON

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
KEY, WHY = "routine-of-patient-1", "an urgent concern is open"


def draft(number: int = 1, *, key: str = KEY, after: timedelta = timedelta(), valid: timedelta = 12 * HOUR, **more) -> Message:
    due_at = NOON + after
    [message] = schedule(
        [Draft(f"m{number}", "sms", "+12125550101", "hello", due_at, due_at + valid, pause_key=key, **more)], now=NOON - HOUR
    )
    return message


def claimed(now=NOON) -> list[int]:
    return [message.message_id for message in claim_due(now=now).to_send]


def standing(message: Message) -> tuple:
    message = Message.objects.get(pk=message.pk)
    return message.status, message.reason, message.send_at


def test_it_isnt_claimed_and_says_why(db):
    paused, other, without = draft(1), draft(2, key="another"), draft(3, key="")
    assert pause(KEY, reason=WHY, now=NOON)
    assert claimed() == [other.pk, without.pk]
    assert standing(paused) == ("scheduled", f"waits: {WHY}", NOON + 15 * MINUTE)
    assert Message.objects.get(pk=paused.pk).attempts == 0


def test_the_control_without_a_pause_it_goes(db):
    message = draft()
    assert claimed() == [message.pk]


def test_paused_twice_is_paused_once_and_the_first_reason_stays(db):
    assert pause(KEY, reason=WHY, now=NOON)
    assert not pause(KEY, reason="something else", now=NOON + HOUR)
    assert (Pause.objects.get().reason, Pause.objects.get().paused_at) == (WHY, NOON)


def test_it_is_looked_at_again_every_quarter_of_an_hour_until_it_is_worthless(db):
    message = draft(valid=40 * MINUTE)
    pause(KEY, reason=WHY, now=NOON)
    for minutes in (0, 15, 30):
        assert claimed(NOON + minutes * MINUTE) == []
    end = NOON + 40 * MINUTE
    assert standing(message) == ("scheduled", f"waits: {WHY}", end - timedelta(microseconds=1))
    assert claimed(end) == []
    assert standing(message)[:2] == ("expired", f"too late to be of use: {WHY}")


def test_resumed_before_its_next_look_it_is_due_at_once(db):
    message = draft()
    pause(KEY, reason=WHY, now=NOON)
    claimed()
    assert resume(KEY, now=NOON + MINUTE) == 1
    assert standing(message) == ("scheduled", "", NOON + MINUTE)
    assert claimed(NOON + MINUTE) == [message.pk]
    assert not Pause.objects.exists()


def test_resumed_what_has_waited_goes_one_an_hour(db):
    messages = [draft(number, after=number * MINUTE) for number in range(1, 5)]
    pause(KEY, reason=WHY, now=NOON)
    claimed(NOON + 10 * MINUTE)
    over = NOON + 2 * HOUR
    claimed(over - MINUTE)
    assert resume(KEY, now=over) == 4
    assert [claimed(over + hours * HOUR) for hours in range(4)] == [[message.pk] for message in messages[:3]] + [[]]
    assert standing(messages[3])[:2] == ("expired", "late, and of no use by its turn: late messages go one an hour, three a day")


def test_what_isnt_due_yet_stays_at_its_time(db):
    message = draft(after=5 * MINUTE)
    pause(KEY, reason=WHY, now=NOON)
    assert resume(KEY, now=NOON + MINUTE) == 0
    assert standing(message) == ("scheduled", "", NOON + 5 * MINUTE)


def test_a_key_that_isnt_paused_resumes_nothing(db):
    message = draft()
    pause(KEY, reason=WHY, now=NOON)
    claimed()
    assert resume("another", now=NOON + MINUTE) == 0
    assert standing(message) == ("scheduled", f"waits: {WHY}", NOON + 15 * MINUTE)


def test_within_quiet_hours_it_waits_for_their_end_once_it_is_resumed(db):
    quiet = QuietHours(NOON.time(), (NOON + 3 * HOUR).time())
    message = draft(quiet=quiet, time_zone="America/New_York")
    pause(KEY, reason=WHY, now=NOON)
    claimed()
    resume(KEY, now=NOON + MINUTE)
    claimed(NOON + MINUTE)
    assert standing(message) == ("scheduled", "waits for the end of the quiet hours", NOON + 3 * HOUR)


def test_it_takes_none_of_the_days_cap(db, settings):
    settings.SMS_DAILY_CAP = 1
    paused, other = draft(1), draft(2, key="")
    pause(KEY, reason=WHY, now=NOON)
    assert claimed() == [other.pk]
    assert standing(paused)[1] == f"waits: {WHY}"


class TestUrgent:
    def test_it_goes_past_the_days_cap(self, db, settings):
        settings.SMS_DAILY_CAP = 1
        other, first, second = draft(1, key=""), draft(2, key="", after=-MINUTE, is_urgent=True), draft(3, key="", is_urgent=True)
        assert claimed() == [first.pk, second.pk]
        assert claimed() == []
        assert standing(other)[1] == "the day's cap was reached, and tomorrow it is of no use"

    def test_late_it_waits_for_no_turn(self, db):
        alerts = [draft(number, key="", after=-HOUR, is_urgent=True) for number in range(3)]
        others = [draft(number, key="", after=-HOUR) for number in range(3, 6)]
        assert set(claimed()) == {*(alert.pk for alert in alerts), others[0].pk}


def test_whoever_holds_a_message_isnt_waited_for(transactional_db, at_once):
    """A claim holds it just then, and puts it off: it is found at its next look."""
    message = draft()
    pause(KEY, reason=WHY, now=NOON)
    claimed()
    with transaction.atomic():
        Message.objects.select_for_update().get(pk=message.pk)
        assert at_once([lambda: resume(KEY, now=NOON + MINUTE)]) == [0]
    assert standing(message)[1] == f"waits: {WHY}"
    assert claimed(NOON + 15 * MINUTE) == [message.pk]


def test_who_said_stop_gets_nothing_paused_or_not(db):
    message = draft()
    suppress("sms", "+12125550101", reason="said stop", now=NOON)
    pause(KEY, reason=WHY, now=NOON)
    assert claimed() == []
    assert standing(message)[0] == "suppressed"
