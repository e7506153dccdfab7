"""After an outage nobody gets a burst: late messages go one an hour to an address, three a day."""

from datetime import time, timedelta

import pytest

from clinic.services.forgetting import KINDS, forget
from notifications.channels import Outcome
from notifications.domain.quiet import QuietHours
from notifications.domain.states import Verdict
from notifications.models import Message, Pace
from notifications.services import claim_due, claiming, dispatch, reconcile
from notifications.services.recording import record
from tests.clinic_world import at, local
from tests.notifications.conftest import NOON
from tests.providers import Answer

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
ANA, BEN = "+12125550101", "+12125550102"
WAITS = "late, waits for its turn: late messages go one an hour, three a day"
NO_TURN = "late, and of no use by its turn: late messages go one an hour, three a day"


@pytest.fixture
def overdue(text):
    """A text that was due so many hours before noon, and is worth something for two days."""

    def write(hours: float = 1, address: str = ANA, **changed) -> Message:
        due_at = NOON - HOUR * hours
        return text(address=address, **{"send_at": due_at, "expires_at": due_at + 48 * HOUR} | changed)

    return write


def claimed(now=NOON) -> list[int]:
    return [message.message_id for message in claim_due(now=now).to_send]


def stands(message: Message) -> tuple[str, str, str]:
    message.refresh_from_db()
    return message.status, message.reason, local(message.send_at)


class TestOneAnHour:
    def test_of_four_late_ones_the_first_goes_and_the_others_wait_an_hour_each(self, overdue):
        first, second, third, fourth = (overdue(hours) for hours in (4, 3, 2, 1))
        assert claimed() == [first.pk]
        assert stands(second) == ("scheduled", WAITS, "Tue 10 Nov 13:00")
        assert stands(third) == ("scheduled", WAITS, "Tue 10 Nov 14:00")
        assert stands(fourth) == ("scheduled", WAITS, "Tue 10 Nov 15:00")
        assert claimed(NOON + 59 * MINUTE) == []
        assert claimed(NOON + HOUR) == [second.pk]
        assert claimed(NOON + 2 * HOUR) == [third.pk]

    def test_the_fourth_of_a_day_waits_for_the_next_day(self, overdue):
        messages = [overdue(hours) for hours in (4, 3, 2, 1)]
        for hour in range(3):
            assert claimed(NOON + hour * HOUR) == [messages[hour].pk]
        assert claimed(NOON + 3 * HOUR) == []
        assert stands(messages[3]) == ("scheduled", WAITS, "Wed 11 Nov 12:00")
        assert claimed(NOON + 24 * HOUR) == [messages[3].pk]

    def test_a_late_one_that_came_meanwhile_waits_too(self, overdue):
        overdue(4)
        claimed()
        another = overdue(2)
        assert claimed(NOON + 10 * MINUTE) == []
        assert stands(another) == ("scheduled", WAITS, "Tue 10 Nov 13:00")

    def test_one_that_would_be_worthless_by_its_turn_expires(self, overdue):
        overdue(2)
        useless = overdue(1, expires_at=NOON + 30 * MINUTE)
        claimed()
        assert stands(useless)[:2] == ("expired", NO_TURN)

    def test_others_neither_wait_for_it_nor_do_messages_on_time(self, overdue, text):
        late, bens, on_time = overdue(2), overdue(2, BEN), text(address=ANA)
        assert sorted(claimed()) == sorted([late.pk, bens.pk, on_time.pk])

    def test_a_quarter_of_an_hour_isnt_late(self, overdue):
        both = [overdue(0.25).pk, overdue(0.25).pk]
        assert sorted(claimed()) == both

    def test_email_and_text_each_have_their_own_turn(self, overdue):
        a_text, email = overdue(2), overdue(2, channel="email")
        assert sorted(claimed()) == [a_text.pk, email.pk]

    def test_what_waited_for_the_morning_comes_one_an_hour(self, text):
        """Three texts that the night held back: no burst at eight."""
        night = {"quiet": QuietHours(time(21), time(8)), "time_zone": "America/New_York", "address": ANA}
        evening = at("2026-11-10", "22:00")
        for hour in range(3):
            text(send_at=evening + hour * HOUR, expires_at=evening + 24 * HOUR, **night)
        claim_due(now=evening + 3 * HOUR)
        assert len(claimed(at("2026-11-11", "08:00"))) == 1
        assert sorted(local(message.send_at) for message in Message.objects.filter(status="scheduled")) == [
            "Wed 11 Nov 09:00",
            "Wed 11 Nov 10:00",
        ]

    def test_control_without_the_pace_all_go_at_once(self, overdue, monkeypatch):
        for hours in (4, 3, 2, 1):
            overdue(hours)
        monkeypatch.setattr(claiming, "LATE_MINUTES", 100_000)
        assert len(claimed()) == 4


class TestTurnsGivenBack:
    """A turn is used up by what may have reached her, and by nothing else."""

    @pytest.mark.parametrize(
        ("verdict", "goes_at_once"),
        [
            (Verdict.REFUSED_FOR_NOW, True),
            (Verdict.REFUSED_FOR_GOOD, True),
            (Verdict.ACCEPTED, False),
            (Verdict.UNCERTAIN, False),
        ],
    )
    def test_after(self, overdue, verdict, goes_at_once):
        overdue(2)
        record(claim_due(now=NOON).to_send, [Outcome(verdict, "SM1" if verdict is Verdict.ACCEPTED else "")], now=NOON)
        another = overdue(1)
        assert claimed(NOON + MINUTE // 60) == ([another.pk] if goes_at_once else [])

    def test_six_hours_of_refusals_use_up_no_turn(self, overdue, twilio):
        from tests.providers import Answer

        message, now = overdue(1), NOON
        twilio.answer = lambda form: Answer(429, 20429)
        while now < NOON + 6 * HOUR:
            dispatch(now=now)
            message.refresh_from_db()
            assert message.status == "scheduled"
            now = message.send_at
        twilio.answer = lambda form: Answer()
        dispatch(now=now)
        message.refresh_from_db()
        assert message.status == "accepted"
        assert message.attempts > 8

    def test_not_found_on_two_looks_it_has_its_turn_again(self, overdue, twilio):
        message = overdue(1)
        claim_due(now=NOON)  # and its worker is lost
        reconcile(now=NOON + 2 * MINUTE)
        reconcile(now=NOON + 12 * MINUTE)
        assert dispatch(now=NOON + 12 * MINUTE).accepted == 1
        message.refresh_from_db()
        assert message.status == "accepted"


class TestRaces:
    def test_six_workers_at_once_send_one_late_text_to_each_address(self, transactional_db, overdue, at_once):
        for number in range(1, 21):
            for hours in (3, 2, 1):
                overdue(hours, f"+1212555{100 + number:04}")

        def claim_all():
            mine = []
            while claim := claim_due(7, now=NOON).to_send:
                mine += [message.address for message in claim]
            return mine

        addresses = [address for share in at_once([claim_all] * 6) for address in share]
        assert len(addresses) == len(set(addresses)) == 20
        assert Pace.objects.count() == 20

    def test_nobody_can_read_an_address_from_it(self, overdue):
        overdue(2)
        claimed()
        assert "0101" not in str(Pace.objects.values().get()["address_hash"])


class TestForgetting:
    """Of use for as long as the claim looks back."""

    NIGHT = next(kind for kind in KINDS if kind.name == "when late messages went")

    @pytest.fixture
    def late(self, overdue):
        """Two to one number: the first of them goes at noon."""
        overdue(3)
        overdue(2)
        assert len(claimed()) == 1
        return Pace.objects

    def test_a_day_after_the_last_one_it_goes(self, late):
        assert len(claimed(NOON + 20 * HOUR)) == 1
        forget(NOON + 44 * HOUR - MINUTE)
        assert late.count() == 1
        assert [row.latest for row in self.NIGHT.rows(NOON + 44 * HOUR)] == [NOON + 20 * HOUR]
        forget(NOON + 44 * HOUR)
        assert not late.exists()

    def test_so_does_one_where_none_had_gone_after_all(self, late):
        late.update(late_sends=[])
        forget(NOON)
        assert not late.exists()

    def test_one_that_got_another_since_the_night_found_it_stays(self, late):
        lot = late.values_list("pk", flat=True)
        assert self.NIGHT.rows(NOON + 25 * HOUR).count() == 1
        assert len(claimed(NOON + 25 * HOUR)) == 1
        assert self.NIGHT.forget(self.NIGHT.rows(NOON + 25 * HOUR).filter(pk__in=list(lot))) == 0


class TestLookingFirst:
    """A first try that comes late may be a second one, after a restored backup."""

    def test_what_the_provider_has_isnt_sent_again(self, overdue, twilio):
        message = overdue(2, body="See you.")
        twilio.now = lambda: NOON - 2 * HOUR
        twilio.take({"To": ANA, "Body": "See you."})
        assert dispatch(now=NOON).accepted == 1
        assert stands(message)[:2] == ("accepted", "found at the provider")
        assert message.provider_id == twilio.sent[0]["sid"]
        assert twilio.requests == []

    def test_what_it_hasnt_is_sent(self, overdue, twilio):
        overdue(2)
        assert dispatch(now=NOON).accepted == 1
        assert (len(twilio.looked_up), len(twilio.sent)) == (1, 1)

    def test_while_it_cant_be_asked_nothing_is_sent(self, overdue, twilio, settings):
        message = overdue(2)
        settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
        dispatch(now=NOON)
        assert stands(message)[:2] == ("scheduled", "to be tried again: the provider can't be asked whether it has it")

    def test_once_it_can_be_asked_again_it_is_asked_before_anything_is_sent(self, overdue, twilio, settings):
        message = overdue(2, body="See you.")
        twilio.now = lambda: NOON - 2 * HOUR
        twilio.take({"To": ANA, "Body": "See you."})
        settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
        dispatch(now=NOON)
        settings.TWILIO_API_BASE_URL = twilio.url
        message.refresh_from_db()
        dispatch(now=message.send_at)
        assert stands(message)[:2] == ("accepted", "found at the provider")
        assert twilio.requests == []

    def test_a_try_that_was_refused_needs_no_second_look(self, overdue, twilio):
        message = overdue(2)
        twilio.answer = lambda form: Answer(429, 20429)
        dispatch(now=NOON)
        twilio.answer = lambda form: Answer()
        message.refresh_from_db()
        dispatch(now=message.send_at)
        assert (len(twilio.looked_up), len(twilio.sent)) == (1, 1)

    def test_the_same_words_from_before_it_was_due_are_another_text(self, overdue, twilio):
        twilio.now = lambda: NOON - 3 * HOUR
        twilio.take({"To": ANA, "Body": "See you."})
        twilio.now = lambda: NOON
        overdue(2, body="See you.")
        dispatch(now=NOON)
        assert len(twilio.requests) == 1

    def test_the_same_words_of_another_message_are_another_text(self, overdue, text, twilio):
        twilio.now = lambda: NOON
        text(address=ANA, body="See you.")
        dispatch(now=NOON)
        overdue(0.5, body="See you.")
        dispatch(now=NOON)
        assert len(twilio.requests) == 2

    def test_one_on_time_asks_nobody(self, text, twilio):
        text()
        dispatch(now=NOON)
        assert twilio.looked_up == []
