"""The outcomes' page: what a manager reads there."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from aftercare.models import CareMessage
from aftercare.reports import Delivered, delivered
from aftercare.views.outcomes import page as outcomes
from aftercare.views.outcomes.lines import Share
from notifications.models import Message
from scheduling import services
from scheduling.reports import limited_to
from tests.clinic_world import FIRST, Clinic, at
from tests.clock import freeze_time
from tests.scheduling.test_outcomes import RECALLED, asked, recall
from tests.staff import member

PAGE = "/admin/maintenance-due/outcomes/"
NOW = at("2027-02-01", "10:00")


def page(**query: object) -> str:
    client = Client()
    with freeze_time(NOW):
        client.force_login(member("Manager"))
        answer = client.get(PAGE, query)
    assert answer.status_code == 200
    return answer.content.decode()


def rows(html: str, heading: str) -> list[list[str]]:
    """What stands in the table below a heading, row by row."""
    section = html[html.index(f">{heading}</h2>") :].split("</section>")[0]
    found = re.findall(r"<tr.*?</tr>", section.split("<tbody>")[1], re.DOTALL)
    return [[_text(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL) if "bars" not in cell] for row in found]


def _text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
def first(clinic: Clinic):
    return clinic.treat(clinic.ana)


class TestWhatRecallsBrought:
    def test_it_says_how_it_will_fill(self, clinic):
        said = page()
        assert "No recalls in these months." in said
        assert "See who is due, and send the first" in said
        assert "No session of these months is over yet" in said

    def test_by_month_by_channel_and_by_wording(self, clinic, first):
        recall(first, wording="next-1", answered_at=RECALLED)
        clinic.treat(clinic.ana, at("2027-01-20"), now=RECALLED + timedelta(days=1))
        recall(clinic.treat(clinic.ben, at("2026-11-04")), at("2027-01-05"), way="call", outcome="no_answer")
        clinic.book(clinic.ben, at("2027-02-20"), now=at("2027-01-06"))
        said = page(first="2026-11")

        assert rows(said, "By month of the recall") == [
            ["November 2026", "–", "–", "–", "–", "–", "–"],
            ["December 2026 still counting", "1", "1 of 1", "1 of 1", "1 of 1", "640 USD", "–"],
            ["January 2027 still counting", "1", "0 of 1", "1 of 1", "0 of 1", "–", "640 USD"],
            ["February 2027 still counting", "–", "–", "–", "–", "–", "–"],
            ["Total", "2", "1 of 2", "2 of 2", "1 of 2", "640 USD", "640 USD"],
        ]
        assert [row[0] for row in rows(said, "By channel")] == ["Text message", "Call", "Total"]
        assert [row[0] for row in rows(said, "By wording")] == [
            "Next session, first wording Text message",
            "In their own words Call",
            "Total",
        ]

    def test_a_month_is_over_once_sixty_days_have_passed(self, clinic, first):
        recall(first, at("2026-12-02"))
        assert "November 2026 <small>" not in page(first="2026-11")
        assert "December 2026 <small>still counting" in page(first="2026-11")


class TestKept:
    def test_by_location_and_by_practitioner(self, clinic, first):
        services.mark_no_show(clinic.book(clinic.ben, practitioner=clinic.eli, room=clinic.other_room), now=FIRST + timedelta(days=1))
        clinic.treat(clinic.ana, at("2026-12-10"), now=at("2026-11-10"))
        said = page(first="2026-11", last="2026-12")

        assert rows(said, "By location") == [
            ["Maple Street Clinic", "1 of 3", "0 of 3", "1 of 1", "–", "–", "–", "–"],
            ["Total", "1 of 3", "0 of 3", "1 of 1", "–", "–", "–", "–"],
        ]
        assert [row[:4] for row in rows(said, "By practitioner")] == [
            ["Dana Diaz", "0 of 2", "0 of 2", "1 of 1"],
            ["Eli Evans", "1 of 1", "0 of 1", "–"],
            ["Total", "1 of 3", "0 of 3", "1 of 1"],
        ]

    def test_what_became_of_the_messages(self, clinic):
        clinic.consents(clinic.ana, "sms")
        session = clinic.book(clinic.ana)
        lines = list(CareMessage.objects.filter(message__isnull=False).order_by("pk"))
        assert [line.appointment for line in lines] == [session] * len(lines)
        Message.objects.update(status="cancelled")
        told = dict(zip(("delivered", "undelivered", "accepted", "failed"), _messages_of(lines, 4), strict=True))
        for status, message in told.items():
            Message.objects.filter(pk=message).update(status=status)

        cell = (clinic.location.pk, clinic.dana.pk)
        assert delivered(asked()) == {cell: Delivered(texts=3, delivered=1, failed=2)}
        Message.objects.update(channel="email")
        assert delivered(asked()) == {cell: Delivered(emails=3, failed=2)}
        assert delivered(asked("2025-01", "2026-01")) == {}
        assert delivered(asked(treatment=clinic.scalp.pk)) == {}


def _messages_of(lines: list[CareMessage], count: int) -> list[int]:
    """The numbers of so many messages; copies, where there are fewer."""
    made = []
    for number in range(count):
        message = Message.objects.get(pk=lines[0].message_id)
        message.pk, message.dedupe_key = None, f"copy {number}"
        message.save()
        line = CareMessage.objects.get(pk=lines[0].pk)
        line.pk, line.message = None, message
        line.save()
        made.append(message.pk)
    return made


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [
        (3, 4, None),
        (9, 9, None),
        (0, 10, 0),
        (10, 10, 100),
        (5, 10, 50),
        (1, 8, None),
        (1, 16, 6),
        (999, 1000, 99),
        (1, 1000, 1),
        (0, 0, None),
    ],
)
def test_a_percentage_is_honest(part, whole, percent):
    assert Share(part, whole).percent == percent


class TestWhatIsAskedFor:
    def test_by_itself_it_is_the_last_twelve_months(self, clinic, first):
        assert "from March 2026 to February 2027" in page()

    @pytest.mark.parametrize("month", ["", "2026-13", "yesterday", "2020-01", "\0", "9" * 500])
    def test_a_month_that_there_isnt_is_said_and_left_out(self, clinic, month):
        said = page(first=month, last="2027-01")
        assert "from March 2026 to January 2027" in said
        assert ("There is no such month in this list." in said) == bool(month)

    def test_months_the_wrong_way_round_are_said(self, clinic):
        said = page(first="2027-01", last="2026-12")
        assert "The first month comes after the last, so these are the last 12 months." in said
        assert "from March 2026 to February 2027" in said

    @pytest.mark.parametrize("name", ["location", "practitioner", "treatment"])
    def test_whom_nobody_knows_is_said(self, clinic, name):
        assert f"There is no such {name}. The rest of what you asked for is shown." in page(**{name: "999999"})

    def test_filters_are_kept_in_the_form(self, clinic, first):
        recall(first)
        said = page(practitioner=clinic.eli.pk)
        assert f'<option value="{clinic.eli.pk}" selected>Eli Evans</option>' in said
        assert "No recalls in these months." in said


def test_it_takes_as_many_queries_however_much_there_is(clinic, first):
    page()  # what Django keeps from then on
    few = _queries()
    recall(first)
    for number, patient in enumerate((clinic.ben, clinic.chloe), start=1):
        recall(clinic.treat(patient, FIRST + timedelta(days=number), practitioner=clinic.eli), way="call", outcome="agreed")
    assert _queries() == few


def _queries() -> int:
    with CaptureQueriesContext(connection) as queries:
        page()
    return len([query for query in queries if "auth_" not in query["sql"]])


@pytest.mark.parametrize(
    ("part", "said"),
    [("brought", "What recalls brought"), ("kept", "what is kept"), ("delivered", "what became of the messages")],
)
def test_what_takes_too_long_is_left_out_and_said(clinic, first, monkeypatch, part, said):
    """The rest is there; and nobody reads that there were no recalls."""

    def slow(asked, *, seconds):
        with limited_to(0.05), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")

    recall(first)
    monkeypatch.setattr(outcomes, part, slow)
    shown = page()

    assert f"Left out, since it took too long: {said}. Ask for fewer months." in shown
    assert ("From recall to session" in shown, "By location" in shown) == (part != "brought", part != "kept")
    assert "No recalls in these months." not in shown
