"""When each message goes: elapsed times in UTC, wall-clock times on the patient's own clock, and nights kept quiet."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from aftercare.domain.expansion import Planned, expand
from aftercare.domain.protocol import Kind, Protocol, Step
from aftercare.domain.reminders import remind_at
from aftercare.services.protocols.loading import read_protocol
from notifications.domain.quiet import QuietHours, at_wall_clock
from tests.clinic_world import at, local

PROTOCOL = read_protocol("microneedling")
NIGHT = QuietHours(time(21), time(8))
HOUR = timedelta(hours=1)


def of_step(plan: list[Planned], slug: str) -> list[Planned]:
    return [message for message in plan if message.step.slug == slug]


def times(plan: list[Planned], slug: str, zone: str = "America/New_York") -> list[str]:
    return [local(message.send_at, zone) for message in of_step(plan, slug)]


def only(step: Step) -> Protocol:
    return Protocol("one-step", "One step", (step,))


class TestTheFirstWeek:
    def test_a_session_completed_on_a_tuesday_at_14_00(self):
        plan = expand(PROTOCOL, at("2026-11-10", "14:00"), "America/New_York")
        assert times(plan, "serum-day") == [
            *("Tue 10 Nov 17:00", "Tue 10 Nov 20:00", "Tue 10 Nov 23:00"),
            *("Wed 11 Nov 02:00", "Wed 11 Nov 05:00", "Wed 11 Nov 08:00", "Wed 11 Nov 11:00", "Wed 11 Nov 14:00"),
        ]
        assert times(plan, "serum-week") == [
            "Wed 11 Nov 20:00",
            *(f"{day} {number} Nov {clock}" for day, number in (("Thu", 12), ("Fri", 13), ("Sat", 14)) for clock in ("08:00", "20:00")),
            *(f"{day} {number} Nov {clock}" for day, number in (("Sun", 15), ("Mon", 16), ("Tue", 17)) for clock in ("08:00", "20:00")),
            "Wed 18 Nov 08:00",
        ]
        assert [len(of_step(plan, slug)) for slug in ("serum-day", "serum-week")] == [8, 14]

    def test_education_check_ins_and_results(self):
        plan = expand(PROTOCOL, at("2026-11-10", "14:00"), "America/New_York")
        rest = [(message.step.slug, local(message.send_at)) for message in plan if message.step.kind is not Kind.DOSE]
        assert rest == [
            ("education-day-1", "Wed 11 Nov 10:00"),
            ("education-day-2", "Thu 12 Nov 10:00"),
            ("education-day-3", "Fri 13 Nov 10:00"),
            ("education-day-4", "Sat 14 Nov 10:00"),
            ("check-in-day-4", "Sat 14 Nov 17:00"),
            ("education-day-5", "Sun 15 Nov 10:00"),
            ("results-week-2", "Tue 24 Nov 10:00"),
            ("check-in-week-2", "Tue 24 Nov 17:00"),
            ("results-week-4", "Tue 8 Dec 10:00"),
            ("check-in-week-4", "Tue 8 Dec 17:00"),
        ]

    @pytest.mark.parametrize(
        ("ends", "last", "then"),
        [
            ("08:00", "Wed 11 Nov 08:00", "Wed 11 Nov 20:00"),
            ("17:59", "Wed 11 Nov 17:59", "Wed 11 Nov 20:00"),
            ("18:00", "Wed 11 Nov 18:00", "Thu 12 Nov 08:00"),
            ("19:55", "Wed 11 Nov 19:55", "Thu 12 Nov 08:00"),
        ],
    )
    def test_the_weeks_first_dose_comes_more_than_two_hours_after_the_days_last(self, ends, last, then):
        plan = expand(PROTOCOL, at("2026-11-10", ends), "America/New_York")
        assert (times(plan, "serum-day")[-1], times(plan, "serum-week")[0]) == (last, then)
        assert [len(of_step(plan, slug)) for slug in ("serum-day", "serum-week")] == [8, 14]

    def test_control_counted_from_24_hours_two_doses_would_come_within_five_minutes(self):
        steps = [replace(step, first_after=24 * HOUR) if step.slug == "serum-week" else step for step in PROTOCOL.steps]
        plan = expand(replace(PROTOCOL, steps=tuple(steps)), at("2026-11-10", "19:55"), "America/New_York")
        assert (times(plan, "serum-day")[-1], times(plan, "serum-week")[0]) == ("Wed 11 Nov 19:55", "Wed 11 Nov 20:00")

    def test_the_wall_clock_is_the_patients_not_the_clinics(self):
        plan = expand(PROTOCOL, at("2026-11-10", "14:00"), "America/Los_Angeles")
        assert times(plan, "serum-day")[0] == "Tue 10 Nov 17:00"
        assert times(plan, "serum-week", "America/Los_Angeles")[:2] == ["Wed 11 Nov 20:00", "Thu 12 Nov 08:00"]

    def test_validity(self):
        plan = expand(PROTOCOL, at("2026-11-10", "14:00"), "America/New_York")
        assert {message.expires_at - message.send_at for message in of_step(plan, "serum-day")} == {2 * HOUR}
        assert {message.expires_at - message.send_at for message in of_step(plan, "serum-week")} == {4 * HOUR}

    def test_completed_late_starts_mid_way(self):
        plan = expand(PROTOCOL, at("2026-11-10", "14:00"), "America/New_York", now=at("2026-11-10", "20:00"))
        assert times(plan, "serum-day")[0] == "Tue 10 Nov 20:00"  # due this very moment
        assert [message.number for message in of_step(plan, "serum-day")] == [2, 3, 4, 5, 6, 7, 8]


class TestUntil:
    def test_none_is_later_than_until_and_of_counts_those_that_there_are(self):
        doses = Step("doses", Kind.DOSE, "sms", 3 * HOUR, 8, HOUR, every=3 * HOUR, until=12 * HOUR)
        plan = expand(only(doses), at("2026-11-10", "14:00"), "America/New_York")
        # The one at +12 h is the last: until is inclusive.
        assert times(plan, "doses") == ["Tue 10 Nov 17:00", "Tue 10 Nov 20:00", "Tue 10 Nov 23:00", "Wed 11 Nov 02:00"]
        assert [(message.number, message.of) for message in plan] == [(1, 4), (2, 4), (3, 4), (4, 4)]

    def test_a_wall_clock_step_ends_with_the_last_time_before_it(self):
        doses = Step("doses", Kind.DOSE, "sms", 24 * HOUR, 14, HOUR, at=(time(8), time(20)), until=48 * HOUR)
        plan = expand(only(doses), at("2026-11-10", "14:00"), "America/New_York")
        assert times(plan, "doses") == ["Wed 11 Nov 20:00", "Thu 12 Nov 08:00"]
        assert [message.of for message in plan] == [2, 2]

    def test_until_before_the_first_leaves_none(self):
        assert expand(only(Step("doses", Kind.DOSE, "sms", 3 * HOUR, 1, HOUR, until=2 * HOUR)), at("2026-11-10", "14:00"), "UTC") == []


class TestDaylightSaving:
    @pytest.mark.parametrize(
        ("completed_at", "zone", "doses"),
        [
            # Clocks go forward at 02:00 on 8 March 2026.
            (
                at("2026-03-07", "14:00"),
                "America/New_York",
                ["17:00", "20:00", "23:00", "03:00", "06:00", "09:00", "12:00", "15:00"],
            ),
            # Clocks go back at 02:00 on 1 November 2026.
            (
                at("2026-10-31", "14:00"),
                "America/New_York",
                ["17:00", "20:00", "23:00", "01:00", "04:00", "07:00", "10:00", "13:00"],
            ),
            (
                at("2026-03-07", "14:00", "America/Phoenix"),
                "America/Phoenix",
                ["17:00", "20:00", "23:00", "02:00", "05:00", "08:00", "11:00", "14:00"],
            ),
            (
                at("2026-10-31", "14:00", "America/Phoenix"),
                "America/Phoenix",
                ["17:00", "20:00", "23:00", "02:00", "05:00", "08:00", "11:00", "14:00"],
            ),
        ],
    )
    def test_elapsed_doses_stay_three_hours_apart_and_wall_clock_ones_at_8_and_20(self, completed_at, zone, doses):
        plan = expand(PROTOCOL, completed_at, zone)
        elapsed = [message.send_at for message in of_step(plan, "serum-day")]
        assert [later - earlier for earlier, later in zip([completed_at, *elapsed], elapsed, strict=False)] == [3 * HOUR] * 8
        assert [clock.split()[-1] for clock in times(plan, "serum-day", zone)] == doses
        week = [clock.split()[-1] for clock in times(plan, "serum-week", zone)]
        assert len(week) == 14
        assert week in (["20:00", "08:00"] * 7, ["08:00", "20:00"] * 7)

    def test_on_the_day_of_the_change_itself_both_wall_clock_doses_are_there_once(self):
        for change, before in (("8 Mar", "2026-03-05"), ("1 Nov", "2026-10-29")):
            plan = expand(PROTOCOL, at(before, "14:00"), "America/New_York")
            assert [clock for clock in times(plan, "serum-week") if change in clock] == [f"Sun {change} 08:00", f"Sun {change} 20:00"]

    @pytest.mark.parametrize(
        ("day", "expected"),
        [
            ("2026-03-07", "2026-03-08T03:30:00-04:00"),  # 02:30 doesn't exist: it moves forward by the change
            ("2026-03-08", "2026-03-09T02:30:00-04:00"),
            ("2026-10-31", "2026-11-01T02:30:00-05:00"),
        ],
    )
    def test_a_step_at_half_past_two_in_the_night(self, day, expected):
        step = Step("night", Kind.EDUCATION, "email", timedelta(), 1, HOUR, at=(time(2, 30),))
        (message,) = expand(only(step), at(day, "14:00"), "America/New_York")
        assert message.send_at == datetime.fromisoformat(expected)

    def test_a_wall_time_that_exists_twice_is_taken_once_the_first_time(self):
        step = Step("night", Kind.EDUCATION, "email", timedelta(), 2, HOUR, at=(time(1, 30),))
        first, second = expand(only(step), at("2026-10-31", "14:00"), "America/New_York")
        assert first.send_at == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # 01:30 summer time
        assert second.send_at == datetime(2026, 11, 2, 6, 30, tzinfo=UTC)  # the day after, 25 hours later

    def test_a_session_completed_in_the_hour_that_exists_twice(self):
        for fold, first_dose in ((0, datetime(2026, 11, 1, 8, 30, tzinfo=UTC)), (1, datetime(2026, 11, 1, 9, 30, tzinfo=UTC))):
            completed_at = at("2026-11-01", "01:30").replace(fold=fold)
            assert expand(PROTOCOL, completed_at, "America/New_York")[0].send_at == first_dose


class TestQuietNights:
    def test_the_nights_doses_are_folded_into_one_text_before_bedtime(self):
        plan = expand(PROTOCOL, at("2026-11-10", "14:00"), "America/New_York", NIGHT)
        assert times(plan, "serum-day") == [
            *("Tue 10 Nov 17:00", "Tue 10 Nov 20:00", "Tue 10 Nov 20:30"),
            *("Wed 11 Nov 08:00", "Wed 11 Nov 11:00", "Wed 11 Nov 14:00"),
        ]
        night = of_step(plan, "serum-day")[2]
        assert [local(dose) for dose in night.folded] == ["Tue 10 Nov 23:00", "Wed 11 Nov 02:00", "Wed 11 Nov 05:00"]
        assert (local(night.expires_at), night.key) == ("Tue 10 Nov 21:00", "serum-day-3-night")
        assert len(times(plan, "serum-week")) == 14

    def test_a_session_that_ends_just_before_the_quiet_hours_is_told_at_once(self):
        plan = expand(PROTOCOL, at("2026-11-10", "20:45"), "America/New_York", NIGHT)
        night = plan[0]
        assert local(night.send_at) == "Tue 10 Nov 20:45"
        assert [local(dose)[-5:] for dose in night.folded] == ["23:45", "02:45", "05:45"]

    def test_a_session_that_ends_in_the_quiet_hours_leaves_no_evening_to_write_in(self):
        plan = expand(PROTOCOL, at("2026-11-10", "22:00"), "America/New_York", NIGHT)
        spoken, *sent = of_step(plan, "serum-day")
        assert (spoken.is_spoken, local(spoken.send_at)) == (True, "Tue 10 Nov 22:00")
        assert [local(dose) for dose in spoken.folded] == ["Wed 11 Nov 01:00", "Wed 11 Nov 04:00", "Wed 11 Nov 07:00"]
        assert [local(message.send_at) for message in sent[:2]] == ["Wed 11 Nov 10:00", "Wed 11 Nov 13:00"]
        assert spoken.then == sent[0].send_at
        # The next evening's 22:00 dose has its evening.
        assert [local(dose) for message in sent for dose in message.folded] == ["Wed 11 Nov 22:00"]
        assert not any(message.is_spoken for message in sent)

    def test_the_nights_text_names_the_first_dose_after_it_whatever_its_step(self):
        plan = expand(PROTOCOL, at("2026-11-10", "14:00"), "America/New_York", NIGHT)
        assert local(of_step(plan, "serum-day")[2].then) == "Wed 11 Nov 08:00"
        # The session ends at 08:30: the last of the eight is at 08:30, and 23:30, 02:30, 05:30 are the night's.
        plan = expand(PROTOCOL, at("2026-11-10", "05:00"), "America/New_York", NIGHT)
        [night] = [message for message in plan if message.is_night and not message.is_spoken]
        assert [local(dose) for dose in night.folded] == ["Tue 10 Nov 23:00", "Wed 11 Nov 02:00", "Wed 11 Nov 05:00"]
        assert (night.then, local(night.then)) == (of_step(plan, "serum-week")[0].send_at, "Wed 11 Nov 08:00")

    def test_where_the_night_swallows_the_last_dose_there_is_none_to_name(self):
        three = Step("doses", Kind.DOSE, "sms", 3 * HOUR, 3, HOUR, every=3 * HOUR)
        [_first, night] = expand(only(three), at("2026-11-10", "17:00"), "America/New_York", NIGHT)
        assert [local(dose)[-5:] for dose in night.folded] == ["23:00", "02:00"]
        assert night.then is None

    def test_a_completion_a_little_late_still_has_its_evening(self):
        ended_at, now = at("2026-11-10", "20:10"), at("2026-11-10", "20:50")
        night = expand(PROTOCOL, ended_at, "America/New_York", NIGHT, now)[0]
        assert (local(night.send_at), local(night.expires_at)) == ("Tue 10 Nov 20:50", "Tue 10 Nov 21:00")
        # Once the night has begun, it is of no use any more.
        assert not expand(PROTOCOL, ended_at, "America/New_York", NIGHT, at("2026-11-10", "21:00"))[0].is_night

    def test_what_waits_for_the_morning_doesnt_come_all_at_once(self):
        late = [Step(slug, Kind.EDUCATION, "email", timedelta(), 1, HOUR, at=(time(22),)) for slug in ("one", "two")]
        dose = Step("dose", Kind.DOSE, "sms", timedelta(), 1, HOUR, at=(time(8, 10),))
        plan = expand(Protocol("morning", "Morning", (*late, dose)), at("2026-11-10", "14:00"), "America/New_York", NIGHT)
        assert [(message.step.slug, local(message.send_at)) for message in plan] == [
            ("dose", "Wed 11 Nov 08:10"),
            ("one", "Wed 11 Nov 08:25"),
            ("two", "Wed 11 Nov 08:40"),
        ]

    @pytest.mark.parametrize("clock", ["14:16", "14:30", "14:50", "14:59"])
    def test_a_dose_shortly_before_the_night_is_told_with_it(self, clock):
        plan = expand(PROTOCOL, at("2026-11-10", clock), "America/New_York", NIGHT)
        first, night, *_rest = of_step(plan, "serum-day")
        minute = clock[-2:]
        assert [local(first.send_at), local(night.send_at)] == [f"Tue 10 Nov 17:{minute}", f"Tue 10 Nov 20:{minute}"]
        assert [local(dose)[-5:] for dose in night.folded] == [f"{hour}:{minute}" for hour in ("20", "23", "02", "05")]
        assert [local(dose)[-5:] for dose in night.overnight] == [f"{hour}:{minute}" for hour in ("23", "02", "05")]
        assert (night.key, local(night.expires_at)) == ("serum-day-2-night", "Tue 10 Nov 21:00")

    def test_one_three_quarters_of_an_hour_before_it_has_its_own_text(self):
        plan = expand(PROTOCOL, at("2026-11-10", "14:15"), "America/New_York", NIGHT)
        assert times(plan, "serum-day")[:3] == ["Tue 10 Nov 17:15", "Tue 10 Nov 20:15", "Tue 10 Nov 20:30"]
        assert [message.is_night for message in of_step(plan, "serum-day")[:3]] == [False, False, True]

    def test_what_isnt_a_dose_waits_for_the_morning(self):
        step = Step("late", Kind.EDUCATION, "email", timedelta(), 1, HOUR, at=(time(22),))
        (message,) = expand(only(step), at("2026-11-10", "14:00"), "America/New_York", NIGHT)
        assert (local(message.send_at), local(message.expires_at)) == ("Wed 11 Nov 08:00", "Wed 11 Nov 09:00")
        assert message.folded == ()

    def test_doses_at_exactly_8_and_at_21(self):
        assert NIGHT.covers(at("2026-11-10", "21:00"))
        assert not NIGHT.covers(at("2026-11-10", "20:59"))
        assert NIGHT.covers(at("2026-11-11", "07:59"))
        assert not NIGHT.covers(at("2026-11-11", "08:00"))

    @pytest.mark.parametrize(
        ("now", "ends"),
        [
            (at("2026-03-07", "23:00"), "2026-03-08T08:00:00-04:00"),  # the night has ten hours
            (at("2026-10-31", "23:00"), "2026-11-01T08:00:00-05:00"),  # and here twelve
            (at("2026-11-01", "01:30").replace(fold=1), "2026-11-01T08:00:00-05:00"),
        ],
    )
    def test_quiet_hours_over_a_daylight_saving_change(self, now, ends):
        zone = ZoneInfo("America/New_York")
        assert NIGHT.covers(now)
        assert NIGHT.end_at(now, zone) == datetime.fromisoformat(ends)
        assert NIGHT.started_at(now, zone) == at((now - 5 * HOUR).date().isoformat(), "21:00")

    def test_quiet_hours_that_dont_run_past_midnight(self):
        siesta = QuietHours(time(13), time(15))
        assert siesta.covers(at("2026-11-10", "14:00"))
        assert not siesta.covers(at("2026-11-10", "23:00"))
        assert siesta.end_at(at("2026-11-10", "14:00"), ZoneInfo("America/New_York")) == at("2026-11-10", "15:00")


class TestReminders:
    @pytest.mark.parametrize(
        ("starts_at", "hours", "expected"),
        [
            (at("2026-11-12", "14:00"), 48, "Tue 10 Nov 14:00"),
            (at("2026-11-12", "14:00"), 3, "Thu 12 Nov 11:00"),
            (at("2026-11-12", "11:00"), 3, "Thu 12 Nov 08:00"),
            (at("2026-11-12", "09:00"), 3, "Wed 11 Nov 20:00"),  # not at six in the morning
            (at("2026-11-12", "07:30"), 48, "Mon 9 Nov 20:00"),
            (at("2026-03-08", "10:30"), 3, "Sat 7 Mar 20:00"),  # 06:30 by the old clock, 07:30 by the new
            (at("2026-11-01", "10:30"), 3, "Sat 31 Oct 20:00"),
        ],
    )
    def test_when(self, starts_at, hours, expected):
        assert local(remind_at(starts_at, timedelta(hours=hours), ZoneInfo("America/New_York"), NIGHT)) == expected

    def test_on_the_patients_own_clock(self):
        """10:00 in New York, 3 hours before is 4 in the morning in Los Angeles: there, at 20:00 the evening before."""
        remind = remind_at(at("2026-11-12", "10:00"), timedelta(hours=3), ZoneInfo("America/Los_Angeles"), NIGHT)
        assert local(remind, "America/Los_Angeles") == "Wed 11 Nov 20:00"


def test_wall_clock_is_in_utc_and_a_planned_message_can_be_compared():
    assert at_wall_clock(at("2026-11-10").date(), time(8), ZoneInfo("America/New_York")) == datetime(2026, 11, 10, 13, 0, tzinfo=UTC)
    plan = expand(PROTOCOL, at("2026-11-10", "14:00"), "America/New_York")
    assert replace(plan[0]) == plan[0]
