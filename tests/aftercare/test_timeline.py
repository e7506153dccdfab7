"""The weeks after a session, worked out from what a plan tells: what her emails show her."""

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from aftercare.domain.expansion import expand
from aftercare.domain.protocol import Kind, Protocol, Step, Text
from aftercare.domain.timeline import Weeks, weeks_after
from aftercare.services.protocols.loading import read_protocol
from aftercare.wording import letter
from notifications.domain.quiet import QuietHours
from tests.clinic_world import at, outbox

NEW_YORK = ZoneInfo("America/New_York")
END = datetime(2026, 12, 1, 14, 0, tzinfo=NEW_YORK)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUIET = QuietHours(time(21), time(8))
FOUR_TO_SIX_WEEKS = (28, 42)
VALUES = {"clinic": "Maple Street Clinic", "phone": "(212) 555-0100", "phone_e164": "+12125550100", "product": "hyaluronic acid serum"}
DEFAULT = read_protocol("microneedling")


def weeks_of(
    protocol: Protocol, end: datetime = END, quiet: QuietHours | None = None, next_session: tuple[int, int] = FOUR_TO_SIX_WEEKS
) -> Weeks:
    return weeks_after(expand(protocol, end, NEW_YORK.key, quiet), end, NEW_YORK, next_session=next_session)


def shown(protocol: Protocol, slug: str, *, end: datetime = END, language: str = "en", quiet: QuietHours | None = None) -> list[str]:
    """The lines in the plain part of the last email of a step."""
    planned = expand(protocol, end, NEW_YORK.key, quiet)
    message = [message for message in planned if message.step.slug == slug][-1]
    written = letter(message, language, NEW_YORK, VALUES, weeks_of(protocol, end, quiet))
    above_the_foot, _, _ = written.email.partition("\n\n--\n")
    return above_the_foot.splitlines()[-len(weeks_of(protocol, end, quiet).stops) :]


def here(protocol: Protocol, slug: str, *, end: datetime = END) -> str:
    [line] = [line for line in shown(protocol, slug, end=end) if line.endswith(" <- you are here")]
    assert line.startswith("> ")
    return line[2 : line.index(" (")]


def step(
    slug: str, kind: Kind, first_after: timedelta, *, times: int = 1, every: timedelta | None = None, at: tuple[time, ...] = ()
) -> Step:
    texts = {"en": Text("{clinic}: words. {phone}", "Words", "Words. {phone}")}
    return Step(slug, kind, "email", first_after, times, HOUR, every, at, texts=texts)


def test_the_weeks_of_the_default_protocol():
    assert shown(DEFAULT, "check-in-day-4") == [
        "  Day 0 (Dec 1): Your session",
        "  First 24 hours (Dec 1 – Dec 2): Hyaluronic acid serum every 3 hours",
        "  Week 1 (Dec 2 – Dec 9): What to expect, day by day; hyaluronic acid serum morning and evening",
        "> Day 4 (Dec 5): We ask how you are <- you are here",
        "  Week 2 (Dec 15): We ask how you are; a look at your results",
        "  Week 4 (Dec 29): We ask how you are; a look at your results",
        "  Weeks 4–6 (Dec 29 – Jan 12): Time for the next session",
    ]


def test_in_spanish():
    assert shown(DEFAULT, "results-week-4", language="es")[2:] == [
        "  Semana 1 (2 dic – 9 dic): Qué esperar, día a día; hyaluronic acid serum por la mañana y por la noche",
        "  Día 4 (5 dic): Le preguntamos cómo está",
        "  Semana 2 (15 dic): Le preguntamos cómo está; un vistazo a sus resultados",
        "> Semana 4 (29 dic): Le preguntamos cómo está; un vistazo a sus resultados <- usted está aquí",
        "  Semanas 4–6 (29 dic – 12 ene): Momento de la próxima sesión",
    ]


@pytest.mark.parametrize(
    ("slug", "where"),
    [
        ("serum-day", "First 24 hours"),
        ("education-day-1", "First 24 hours"),
        ("education-day-2", "Week 1"),
        ("education-day-3", "Week 1"),
        ("education-day-4", "Day 4"),
        ("check-in-day-4", "Day 4"),
        ("education-day-5", "Week 1"),
        ("serum-week", "Week 1"),
        ("results-week-2", "Week 2"),
        ("check-in-week-2", "Week 2"),
        ("results-week-4", "Week 4"),
        ("check-in-week-4", "Week 4"),
    ],
)
def test_she_is_where_the_messages_time_lies(slug, where):
    assert here(DEFAULT, slug) == where


def test_a_nights_doses_are_no_other_stop():
    assert weeks_of(DEFAULT, quiet=QUIET).stops == weeks_of(DEFAULT).stops
    assert any(line.startswith("> First 24 hours") for line in shown(DEFAULT, "serum-day", quiet=QUIET))


def test_ended_late_in_the_evening_the_weeks_keep_their_names():
    late = datetime(2026, 12, 1, 23, 30, tzinfo=NEW_YORK)
    names = [line[2 : line.index(" (")] for line in shown(DEFAULT, "serum-week", end=late)]
    assert names == ["Day 0", "First 24 hours", "Week 1", "Day 4", "Week 2", "Week 4", "Weeks 4–6"]


def test_the_next_session_is_as_far_away_as_the_courses_interval():
    stop = weeks_of(DEFAULT, next_session=(35, 42)).stops[-1]
    assert (stop.label.first, stop.label.last, stop.starts_on.isoformat(), stop.ends_on.isoformat()) == (5, 6, "2027-01-05", "2027-01-12")
    stop = weeks_of(DEFAULT, next_session=(30, 42)).stops[-1]
    assert (stop.label.first, stop.first) == (5, 30)  # never sooner than the skin allows
    assert weeks_of(DEFAULT, next_session=(42, 42)).stops[-1].label.last == 6


def test_a_clinicians_own_protocol_has_its_own_weeks():
    protocol = Protocol(
        "own",
        "Own",
        (
            step("often", Kind.DOSE, 2 * HOUR, times=6, every=2 * HOUR),
            step("noon", Kind.DOSE, 12 * HOUR, times=20, at=(time(12),)),
            step("thrice", Kind.DOSE, 24 * HOUR, times=9, at=(time(8), time(14), time(20))),
            step("note", Kind.EDUCATION, 10 * DAY, at=(time(10),)),
            step("asked", Kind.CHECK_IN, 20 * DAY - 12 * HOUR, at=(time(10),)),
        ),
    )
    assert shown(protocol, "noon") == [
        "  Day 0 (Dec 1): Your session",
        "  First 12 hours (Dec 1 – Dec 2): Hyaluronic acid serum every 2 hours",
        "  Week 1 (Dec 2 – Dec 5): Hyaluronic acid serum 3 times a day",
        "  Weeks 1–3 (Dec 2 – Dec 21): Hyaluronic acid serum once a day",
        "  Week 2 (Dec 12): What to expect, day by day",
        "> Week 3 (Dec 21): We ask how you are <- you are here",
        "  Weeks 4–6 (Dec 29 – Jan 12): Time for the next session",
    ]


def test_a_protocol_of_nothing_still_has_the_session_and_the_next():
    assert [stop.events[0].what.value for stop in weeks_of(Protocol("none", "None", ())).stops] == ["session", "next_session"]


class TestTheTable:
    def html(self, slug: str) -> str:
        message = [message for message in expand(DEFAULT, END, NEW_YORK.key) if message.step.slug == slug][-1]
        return letter(message, "en", NEW_YORK, VALUES, weeks_of(DEFAULT)).html

    def test_it_is_drawn_with_inline_styles_and_read_as_text(self):
        html = self.html("results-week-2")
        table = html[html.index("<table") : html.index("</table>")]
        assert 'role="presentation"' in table
        assert table.count("<tr") == 7
        assert re.findall(r'class="(past|here|coming)-bar"', table) == ["past"] * 4 + ["here"] + ["coming"] * 2
        assert table.count("You are here") == table.count('aria-current="step"') == 1
        here = table[table.index('aria-current="step"') :]
        assert here.index("Week 2") < here.index("Dec 15") < here.index("You are here") < here.index("We ask how you are")
        assert "<img" not in html

    def test_without_weeks_there_is_none(self):
        message = expand(DEFAULT, END, NEW_YORK.key)[0]
        assert "<table" not in letter(message, "en", NEW_YORK, VALUES).html

    def test_what_is_in_it_is_escaped(self):
        message = expand(DEFAULT, END, NEW_YORK.key)[0]
        html = letter(message, "en", NEW_YORK, VALUES | {"product": "<i>A & B</i>"}, weeks_of(DEFAULT)).html
        assert "&lt;i&gt;A &amp; B&lt;/i&gt; every 3 hours" in html
        assert "<i>" not in html


class TestInAPlan:
    def test_her_emails_have_it_and_what_is_told_of_a_booking_hasnt(self, clinic):
        clinic.consents(clinic.ana, "email")
        clinic.book(clinic.ana, at("2026-12-15"))
        assert {"<table" in message.html for message in outbox()} == {False}
        clinic.treat(clinic.ana)
        mails = outbox(caremessage__kind="education")
        assert len(mails) == 5
        assert {"<table" in message.html for message in mails} == {True}
        assert "Your weeks after the session\n  Day 0 (Nov 3): Your session" in mails[0].body
        assert "  Weeks 4–6 (Dec 1 – Dec 15): Time for the next session" in mails[0].body
