"""The ledger as staff read it: what became of every message and why, replies to read, addresses only for those who need them."""

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aftercare.admin.lines import table_of, why, with_all_it_shows
from aftercare.models import CareMessage
from aftercare.services import give_consent, tell_by_email, withdraw_consent
from clinic.dashboard import dashboard
from notifications.domain.masking import masked
from notifications.models import Attempt, Message, Receipt, Reply
from notifications.services import Draft, dispatch, receive_reply, schedule, suppress
from notifications.signals import reply_received
from scheduling import services as scheduling
from tests.clinic_world import FIRST, TODAY, at, ledger, outbox
from tests.clock import freeze_time

LEDGER = "/admin/aftercare/caremessage/"
END = FIRST + timedelta(hours=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _late_in_that_year():
    """The pages name any year but the one that it is."""
    with freeze_time(at("2026-11-30", "12:00")):
        yield


@pytest.fixture
def desk(sign_in):
    return sign_in("Front desk")


def read(page) -> str:
    assert page.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", unescape(page.content.decode())))


def rows(page) -> list[str]:
    body = page.content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", unescape(row)).split()) for row in body.split("<tr>")[1:]]


def says(body: str, number: int = 1, *, meaning="words", now=TODAY) -> Reply:
    reply = Reply.objects.create(
        channel="sms", address=f"+1212555{100 + number:04}", body=body, meaning=meaning, provider_id=f"SM{body:.60}", received_at=now
    )
    reply_received.send(Reply, reply=reply, now=now)
    return reply


def become(message: Message, **fields) -> None:
    Message.objects.filter(pk=message.pk).update(**fields)


class TestWhatBecameOfIt:
    def test_sent_delivered_waiting_and_never_sent_newest_first(self, clinic, desk):
        clinic.treat(clinic.consents(clinic.ana))
        dispatch(now=END + 3 * HOUR)
        [first] = outbox("accepted")
        become(first, status="delivered", delivered_at=first.accepted_at + MINUTE)
        education = outbox(channel="email")[0]
        late = at("2026-11-05", "08:00")
        become(education, reason="waits for the end of the quiet hours", send_at=late, expires_at=late + HOUR)
        second = outbox(caremessage__kind="dose")[0]
        become(second, reason="to be tried again: Twilio can't be reached", send_at=second.send_at + 3 * MINUTE)
        clinic.treat(clinic.ben, FIRST - timedelta(days=1))

        shown = rows(desk.get(LEDGER, {"patient": clinic.ana.pk, "when": "all"}))
        assert shown[0].startswith("Tue, Dec 1")
        [waiting] = [row for row in shown if "waits" in row]
        assert waiting == (
            "Wed, Nov 4, 10:00 AM Ana Alvarez education email a…@example.org scheduled waits for the end of the quiet hours, until 8:00 AM"
        )
        [again] = [row for row in shown if "tried again" in row]
        assert again.endswith("to be tried again: Twilio can't be reached, at 8:03 PM")
        [sent] = [row for row in shown if "delivered" in row]
        assert sent == "Tue, Nov 3, 5:00 PM Ana Alvarez serum dose 1 of 8 text message …0101 delivered sent 5:00 PM, delivered 5:01 PM"
        assert {row.partition("not sent ")[2] for row in rows(desk.get(LEDGER, {"patient": clinic.ben.pk, "when": "all"}))} == {
            "no consent for texts or emails"
        }

    def test_what_went_by_email_instead_is_said_on_both_lines(self, clinic, desk):
        clinic.treat(clinic.consents(clinic.ana))
        dispatch(now=END + 3 * HOUR)
        [first] = outbox("accepted")
        become(first, status="undelivered", error_code="30005", reason="")
        Receipt.objects.create(
            message=first, provider_id="SM1", provider_status="undelivered", error_code="30005", received_at=END + 3 * HOUR
        )
        tell_by_email(END + 3 * HOUR + MINUTE)

        text, email = CareMessage.objects.filter(key__endswith="serum-day-1").order_by("pk")
        page = read(desk.get(f"{LEDGER}{text.pk}/change/"))
        assert "sent 5:00 PM; error 30005; told again by email" in page
        assert "Tue, Nov 3, 5:00 PM · sent" in page
        assert "Tue, Nov 3, 5:00 PM · undelivered 30005" in page
        assert f"{LEDGER}{email.pk}/change/" in desk.get(f"{LEDGER}{text.pk}/change/").content.decode()
        page = read(desk.get(f"{LEDGER}{email.pk}/change/"))
        assert "by email: the text couldn't be delivered" in page
        assert "It is time for your hyaluronic acid serum: number 1 of 8" in page

    def test_sent_says_whether_more_will_be_known(self, clinic, desk):
        clinic.treat(clinic.consents(clinic.ana))
        text, email = outbox(channel="sms")[0], outbox(channel="email")[0]
        become(text, status="accepted", accepted_at=text.send_at, poll_at=text.send_at + HOUR)
        become(email, status="accepted", accepted_at=email.send_at)
        [line] = ledger(message=text)
        page = read(desk.get(f"{LEDGER}{line.pk}/change/"))
        assert "What became of it: sent, not confirmed yet Details" in page
        [line] = ledger(message=email)
        page = read(desk.get(f"{LEDGER}{line.pk}/change/"))
        assert "What became of it: sent emails aren't confirmed Details" in page
        become(text, status="delivered", delivered_at=text.send_at + MINUTE)
        assert "What became of it: delivered Details" in read(desk.get(f"{LEDGER}{ledger(message=text)[0].pk}/change/"))

    def test_an_appointments_page_has_its_own_messages(self, clinic, desk):
        booked = clinic.book(clinic.consents(clinic.ana))
        clinic.book(clinic.consents(clinic.ben), FIRST + 3 * HOUR)
        page = read(desk.get(f"/admin/scheduling/appointment/{booked.pk}/change/"))
        assert "Tue, Nov 3, 10:00 AM reminder text message …0101 scheduled" in page
        assert page.index("Tue, Nov 3, 10:00 AM reminder") < page.index("Sun, Nov 1, 1:00 PM reminder") < page.index("9:00 AM confirmation")
        assert "…0102" not in page
        scheduling.cancel(booked, reason="ill", now=TODAY + HOUR)
        page = read(desk.get(f"/admin/scheduling/appointment/{booked.pk}/change/"))
        assert "cancelled the appointment is cancelled" in page

    def test_her_own_clock(self, clinic, desk):
        clinic.ana.time_zone = "America/Los_Angeles"
        clinic.ana.save()
        clinic.book(clinic.consents(clinic.ana))
        assert rows(desk.get(LEDGER))[-1].startswith("Mon, Oct 26, 6:00 AM")


class TestFinding:
    @pytest.fixture(autouse=True)
    def _week(self, clinic):
        clinic.treat(clinic.consents(clinic.ana))
        clinic.book(clinic.consents(clinic.ben), FIRST + timedelta(days=2))
        with freeze_time(END + 11 * HOUR):
            yield

    def test_by_patient_appointment_and_status(self, clinic, desk):
        session = ledger(patient=clinic.ana)[0].appointment
        everything = {"when": "all"}
        assert len(rows(desk.get(LEDGER, everything | {"appointment": session.pk}))) == 33
        assert len(rows(desk.get(LEDGER, everything | {"q": "brooks"}))) == 3
        assert len(rows(desk.get(LEDGER, everything | {"q": "Ana Alvarez", "kind": "education"}))) == 5
        assert len(rows(desk.get(LEDGER, {"status": "scheduled", "appointment": session.pk}))) == 32

    def test_the_newest_of_what_is_past_comes_first_and_what_is_to_come_lies_behind_a_filter(self, clinic, desk):
        """It is one in the morning."""
        page = desk.get(LEDGER, {"patient": clinic.ana.pk})
        assert rows(page)[0].startswith("Wed, Nov 4, 8:00 PM Ana Alvarez serum dose")
        assert " until tonight to come all " in read(page)
        coming = rows(desk.get(LEDGER, {"patient": clinic.ana.pk, "when": "coming"}))
        assert coming[0].startswith("Wed, Nov 4, 2:00 AM Ana Alvarez serum dose")
        assert coming[-1].startswith("Tue, Dec 1")

    def test_another_year_is_named(self, clinic, desk):
        with freeze_time(END + timedelta(days=70)):
            desk.force_login(User.objects.get(username="frontdesk"))
            assert rows(desk.get(LEDGER, {"patient": clinic.ana.pk}))[0].startswith("Tue, Dec 1, 2026, ")
        assert rows(desk.get(LEDGER, {"status": "delivered"})) == []

    def test_what_went_wrong_is_the_list_that_the_first_page_counts(self, clinic, desk):
        doses = outbox(caremessage__kind="dose")
        for message, status in zip(doses, ("expired", "failed", "uncertain", "undelivered", "cancelled", "suppressed"), strict=False):
            become(message, status=status, reason="for some reason")
        shown = rows(desk.get(LEDGER, {"look": "wrong"}))
        assert [re.search(r"…0101 (.*) for some reason", row)[1] for row in shown] == [
            "uncertain",
            "failed",
            "expired",
        ]  # the 4th lies ahead
        tiles = {tile.name: tile for tile in dashboard(User.objects.get(username="frontdesk"), timezone.now()).tiles}
        assert (tiles["Messages to look at"].count, tiles["Messages to look at"].is_pressing) == (3, True)
        assert tiles["Messages to look at"].url == f"{LEDGER}?look=wrong"

    def test_what_something_else_stands_in_for_needs_nobody(self, clinic, desk):
        first = outbox(caremessage__kind="dose")[0]
        become(first, status="undelivered")
        assert len(rows(desk.get(LEDGER, {"look": "wrong"}))) == 1
        tell_by_email(first.send_at)
        assert rows(desk.get(LEDGER, {"look": "wrong"})) == []

    def test_dealt_with_it_is_off_the_list(self, clinic, desk):
        first, second = outbox(caremessage__kind="dose")[:2]
        become(first, status="undelivered")
        become(second, status="uncertain")
        one, other = first.caremessage, second.caremessage
        page = desk.get(f"{LEDGER}{one.pk}/change/")
        assert "What to do: Call Ana, and ask for another number." in read(page)
        assert f"{LEDGER}{one.pk}/deal/" in page.content.decode()
        answer = desk.post(f"{LEDGER}{one.pk}/deal/", follow=True)
        assert "1 message marked as dealt with." in read(answer)
        assert answer.redirect_chain[0][0] == f"{LEDGER}{other.pk}/change/"
        assert "What to do: Call Ana: it may have arrived, and may not." in read(answer)
        page = desk.get(f"{LEDGER}{one.pk}/change/")
        assert "Dealt with: Wed, Nov 4, 1:00 AM, frontdesk" in read(page)
        assert "/deal/" not in page.content.decode()

        listed = {"action": "deal_with", "_selected_action": [one.pk, other.pk]}
        answer = desk.post(LEDGER, listed, follow=True)
        assert [str(note) for note in answer.context["messages"]] == ["1 message marked as dealt with."]
        assert rows(desk.get(LEDGER, {"look": "wrong"})) == []
        answer = desk.post(LEDGER, listed, follow=True)
        assert [str(note) for note in answer.context["messages"]] == ["Nothing among these had gone wrong."]

    def test_nor_may_everybody_say_so(self, clinic, client):
        reader = User.objects.create_user("reader", is_staff=True)
        reader.user_permissions.add(Permission.objects.get(codename="view_caremessage"))
        client.force_login(reader)
        message = outbox(caremessage__kind="dose")[0]
        become(message, status="undelivered")
        assert client.post(f"{LEDGER}{message.caremessage.pk}/deal/").status_code == 403
        assert CareMessage.objects.filter(dealt_with_at=None).count() == len(ledger())

    def test_after_a_week_it_is_history(self, clinic, desk):
        become(outbox(caremessage__kind="dose")[0], status="expired")
        with freeze_time(END + timedelta(days=7)):
            desk.force_login(User.objects.get(username="frontdesk"))
            assert len(rows(desk.get(LEDGER, {"look": "wrong"}))) == 1
        with freeze_time(END + timedelta(days=7, hours=4)):
            desk.force_login(User.objects.get(username="frontdesk"))
            assert rows(desk.get(LEDGER, {"look": "wrong"})) == []


class TestWhoCantBeReached:
    """Chloe agreed to nothing: one line for her plan, and one for what she is booked for."""

    @pytest.fixture(autouse=True)
    def _after_the_session(self, clinic):
        self.session = clinic.treat(clinic.chloe)
        with freeze_time(END + HOUR):
            yield

    def wrong(self, desk) -> list[str]:
        return rows(desk.get(LEDGER, {"look": "wrong"}))

    def test_she_counts_once_though_all_of_it_lies_ahead(self, clinic, desk):
        assert self.wrong(desk) == ["Tue, Nov 3, 5:00 PM Chloe Chen serum dose 1 of 8 text message not sent no consent for texts or emails"]
        [tile] = [tile for tile in dashboard(User.objects.get(username="frontdesk"), timezone.now()).tiles if "look at" in tile.name]
        assert (tile.count, tile.detail) == (1, "Failed, late or uncertain, or no way to send them.")

        clinic.book(clinic.chloe, FIRST + timedelta(days=30), now=END + HOUR)
        assert [row.split(" not sent")[0] for row in self.wrong(desk)] == [
            "Tue, Nov 3, 5:00 PM Chloe Chen serum dose 1 of 8 text message",
            "Tue, Nov 3, 3:00 PM Chloe Chen confirmation text message",
        ]

    def test_she_agrees_and_nobody_needs_to_ask_her(self, clinic, desk):
        clinic.book(clinic.chloe, FIRST + timedelta(days=30), now=END + HOUR)
        with freeze_time(END + 5 * HOUR):
            give_consent(clinic.chloe, "care", "email", source="front desk")
            desk.force_login(User.objects.get(username="frontdesk"))
            assert self.wrong(desk) == []

    def test_asked_once_the_whole_plan_is_dealt_with(self, clinic, desk):
        [line] = CareMessage.objects.gone_wrong(timezone.now())
        assert "What to do: Ask Chloe, and tick it on the patient's page." in read(desk.get(f"{LEDGER}{line.pk}/change/"))
        desk.post(f"{LEDGER}{line.pk}/deal/")
        assert self.wrong(desk) == []

    def test_a_session_that_is_reopened_or_called_off_asks_for_nobody(self, clinic, desk):
        scheduling.reopen(self.session, now=END + HOUR)
        later = clinic.book(clinic.chloe, FIRST + timedelta(days=60), now=END + HOUR)
        assert ["confirmation" in row for row in self.wrong(desk)] == [True]
        scheduling.cancel(later, reason="ill", now=END + HOUR)
        assert self.wrong(desk) == []


class TestWhatIsLeftOut:
    def test_once_her_way_has_changed_the_appointment_shows_what_was_sent_and_what_is_to_come(self, clinic, desk):
        session = clinic.treat(clinic.consents(clinic.ana))
        dispatch(now=END + 3 * HOUR)
        with freeze_time(END + 4 * HOUR):
            withdraw_consent(clinic.ana, "care", "sms", source="front desk")
            desk.force_login(User.objects.get(username="frontdesk"))
            page = read(desk.get(f"/admin/scheduling/appointment/{session.pk}/change/"))
            line = "Tue, Nov 3, 5:00 PM serum dose 1 of 8 text message …0101 sent it won't be confirmed sent 5:00 PM"
            assert line in page
            assert page.count(" serum dose ") == 22
            assert "consent was withdrawn" not in page
            coming = read(desk.get(f"/admin/scheduling/patient/{clinic.ana.pk}/change/")).split(" Details ")[1]
            assert coming.index("Wed, Nov 4, 5:00 AM serum dose 5 of 8 email") < coming.index("Tue, Nov 3, 8:00 PM serum dose 2 of 8 email")
            assert "consent was withdrawn" not in coming
        cut = with_all_it_shows(CareMessage.objects.filter(channel="sms", planned_for=END + 6 * HOUR)).get()
        assert why(cut) == "consent was withdrawn; goes by email instead"

    def test_another_language_replaces(self, clinic):
        clinic.treat(clinic.consents(clinic.ana))
        with freeze_time(END + HOUR):
            clinic.ana.language = "es"
            clinic.ana.save()
        line = with_all_it_shows(CareMessage.objects.filter(plan__isnull=False)).order_by("planned_for", "pk")[0]
        assert why(line) == "planned anew, with another language; replaced"

    def test_what_had_no_way_goes_after_all(self, clinic):
        clinic.treat(clinic.ana)
        with freeze_time(END + HOUR):
            give_consent(clinic.ana, "care", "email", source="front desk")
        line = with_all_it_shows(CareMessage.objects.filter(plan__isnull=False)).order_by("planned_for", "pk")[0]
        assert why(line) == "no consent for texts or emails; goes by email after all"

    def test_what_is_taken_back_isnt_among_what_comes(self, clinic, desk):
        booked = clinic.book(clinic.consents(clinic.ana), now=TODAY)
        scheduling.move(booked, starts_at=FIRST + timedelta(days=1), now=TODAY + HOUR)
        with freeze_time(TODAY + 2 * HOUR):
            desk.force_login(User.objects.get(username="frontdesk"))
            page = read(desk.get(f"/admin/scheduling/patient/{clinic.ana.pk}/change/")).split(" Details ")[1]
        assert page.count(" reminder ") == 2


class TestRepliesToRead:
    def test_a_question_waits_on_the_first_page_until_somebody_has_read_it(self, clinic, desk):
        says("may I swim in the sea?")
        user = User.objects.get(username="frontdesk")
        [tile] = [tile for tile in dashboard(user, TODAY).tiles if tile.name == "Replies to read"]
        assert (tile.count, tile.is_pressing, tile.url) == (1, True, "/admin/inbox/?show=unread")
        assert rows(desk.get(f"{LEDGER}?look=replies")) == [
            "Mon, Oct 26, 9:00 AM Ana Alvarez reply from the patient text message …0101 to read may I swim in the sea?"
        ]
        [line] = ledger()
        page = desk.get(f"{LEDGER}{line.pk}/change/").content.decode()
        assert f"{LEDGER}{line.pk}/read/" in page

        assert "Reply from Ana Alvarez" in page
        assert '<a href="tel:+12125550101">(212) 555-0101</a>' in page
        assert '<div class="message-text is-theirs">may I swim in the sea?</div>' in page

        answer = desk.post(f"{LEDGER}{line.pk}/read/", follow=True)
        assert "1 reply marked as read." in read(answer)
        line.refresh_from_db()
        assert line.read_by == user
        assert [tile.count for tile in dashboard(user, TODAY).tiles if tile.name == "Replies to read"] == [0]
        assert "/read/" not in desk.get(f"{LEDGER}{line.pk}/change/").content.decode()

    def test_several_at_once(self, clinic, desk):
        for number in (1, 2):
            says(f"number {number}", number)
        desk.post(LEDGER, {"action": "mark_read", "_selected_action": [line.pk for line in ledger()]})
        assert not CareMessage.objects.to_read().exists()

    def test_once_read_the_next_one_opens_oldest_first_and_then_the_list(self, clinic, desk):
        for number in (1, 2, 3):
            says(f"number {number}", number, now=TODAY + number * MINUTE)
        first, second, third = ledger()
        assert desk.post(f"{LEDGER}{second.pk}/read/").url == f"{LEDGER}{first.pk}/change/"
        assert desk.post(f"{LEDGER}{first.pk}/read/").url == f"{LEDGER}{third.pk}/change/"
        assert desk.post(f"{LEDGER}{third.pk}/read/").url == f"{LEDGER}?look=replies"

    def test_a_long_one_is_cut_in_lists_and_whole_on_its_page(self, clinic, desk):
        says("Thank-you." * 40)
        [line] = ledger()
        assert rows(desk.get(LEDGER, {"look": "replies"}))[0].endswith("to read " + ("Thank-you." * 40)[:159] + "…")
        assert "Thank-you." * 40 in read(desk.get(f"{LEDGER}{line.pk}/change/"))

    def test_from_a_number_that_no_patient_has_it_is_read_all_the_same(self, clinic, desk):
        says("which clinic is this?", 77)
        user = User.objects.get(username="frontdesk")
        [tile] = [tile for tile in dashboard(user, TODAY).tiles if tile.name == "Replies to read"]
        assert (tile.count, tile.is_pressing) == (1, True)
        assert rows(desk.get(f"{LEDGER}?look=replies")) == [
            "Mon, Oct 26, 9:00 AM a number that no patient has reply text message …0177 to read which clinic is this?"
        ]
        [line] = ledger()
        page = read(desk.get(f"{LEDGER}{line.pk}/change/"))
        assert "Reply from a number that no patient has" in page
        assert "(212) 555-0177" in page
        assert desk.post(f"{LEDGER}{line.pk}/read/").url == f"{LEDGER}?look=replies"
        assert not CareMessage.objects.to_read().exists()

    def test_marking_what_is_no_reply_says_so(self, clinic, desk):
        clinic.book(clinic.consents(clinic.ana))
        answer = desk.post(LEDGER, {"action": "mark_read", "_selected_action": [line.pk for line in ledger()]}, follow=True)
        assert [str(note) for note in answer.context["messages"]] == ["There was no unread reply among these."]

    def test_a_look_alone_marks_nothing_as_read(self, clinic, desk):
        says("hello")
        [line] = ledger()
        assert desk.get(f"{LEDGER}{line.pk}/read/").status_code == 405
        desk.get(f"{LEDGER}{line.pk}/change/")
        assert CareMessage.objects.to_read().count() == 1

    def test_nor_does_somebody_who_may_not(self, clinic, client):
        reader = User.objects.create_user("reader", is_staff=True)
        reader.user_permissions.add(Permission.objects.get(codename="view_caremessage"))
        client.force_login(reader)
        says("hello")
        [line] = ledger()
        assert client.post(f"{LEDGER}{line.pk}/read/").status_code == 403
        client.post(LEDGER, {"action": "mark_read", "_selected_action": [line.pk]})
        assert "/read/" not in client.get(f"{LEDGER}{line.pk}/change/").content.decode()
        assert CareMessage.objects.to_read().count() == 1

    def test_a_message_of_ours_is_no_reply(self, clinic, desk):
        clinic.book(clinic.consents(clinic.ana))
        assert desk.post(f"{LEDGER}{ledger()[0].pk}/read/").status_code == 404


class TestAddresses:
    WHOLE = ("+12125550101", "ana1@example.org")

    def pages(self, clinic, browser) -> str:
        sent = ledger(channel="sms")[0], ledger(channel="email")[0]
        paths = [f"{LEDGER}?patient={clinic.ana.pk}", *(f"{LEDGER}{line.pk}/change/" for line in sent)]
        return " ".join(read(browser.get(path)) for path in paths)

    @pytest.mark.parametrize(("role", "sees_them"), [("Front desk", False), ("Clinician", False), ("Manager", True)])
    def test_only_managers_see_them_whole(self, clinic, sign_in, role, sees_them):
        clinic.treat(clinic.consents(clinic.ana))
        says("hello")
        page = self.pages(clinic, sign_in(role))
        assert [address in page for address in self.WHOLE] == [sees_them, sees_them]
        assert [masked(address) in page for address in self.WHOLE] == [not sees_them, not sees_them]

    @pytest.mark.parametrize(("role", "shown", "hidden"), [("Front desk", "…0101", "+12125550101"), ("Manager", "+12125550101", "…0101")])
    def test_on_the_pages_of_an_appointment_and_a_patient_it_is_the_same(self, clinic, sign_in, role, shown, hidden):
        booked = clinic.book(clinic.consents(clinic.ana))
        for path in (f"/admin/scheduling/appointment/{booked.pk}/change/", f"/admin/scheduling/patient/{clinic.ana.pk}/change/"):
            page = read(sign_in(role).get(path))
            assert f"text message {shown}" in page
            assert hidden not in page

    def test_on_the_page_of_the_outbox_they_are_masked_for_everybody(self, clinic, sign_in):
        clinic.book(clinic.consents(clinic.ana))
        manager = sign_in("Manager")
        message = outbox()[0]
        for path in (
            "/admin/notifications/message/",
            f"/admin/notifications/message/{message.pk}/change/",
        ):
            page = read(manager.get(path))
            assert "…0101" in page
            assert "+12125550101" not in page

    @pytest.mark.parametrize(
        "question",
        [
            *(
                "aftercare/consent/?address__startswith=%2B1",
                "aftercare/consent/?address__regex=1",
                "notifications/reply/?address__contains=1",
            ),
            *("aftercare/caremessage/?message__address__startswith=%2B1", "aftercare/caremessage/?reply__address__startswith=%2B1"),
            *("aftercare/caremessage/?patient__phone__startswith=%2B1", "notifications/message/?address__startswith=%2B1"),
            *("notifications/message/?body__contains=serum", "notifications/reply/?body__contains=sting"),
            "notifications/reply/?address__contains=1",
        ],
    )
    def test_masked_they_cant_be_guessed_digit_by_digit(self, sign_in, caplog, question):
        caplog.set_level("CRITICAL", logger="django.security")
        assert sign_in("Manager").get(f"/admin/{question}").status_code == 400

    @pytest.mark.parametrize(
        "question",
        [
            *("aftercare/caremessage/?look=wrong&status=failed&kind__exact=dose&channel__exact=sms", "aftercare/consent/?patient=1"),
            *("aftercare/caremessage/?patient=1&appointment=1", "aftercare/consent/?is_granted__exact=1&source=front+desk"),
            *(
                "notifications/reply/?meaning__exact=stop&received_at__gte=2026-11-01+00:00:00%2B00:00",
                "notifications/alarm/?standing=open",
            ),
        ],
    )
    def test_what_the_pages_offer_may_be_asked(self, sign_in, question):
        assert sign_in("Manager").get(f"/admin/{question}").status_code == 200

    def test_masked(self):
        assert [masked(address) for address in ("+12125550101", "ana1@example.org", "")] == ["…0101", "a…@example.org", ""]

    def test_a_sender_that_is_no_number_has_none_to_call(self, clinic, desk):
        receive_reply("sms", "BANK", "Your parcel is here", provider_id="SMparcel", now=TODAY)
        [line] = ledger()
        page = desk.get(f"{LEDGER}{line.pk}/change/").content.decode()
        assert "BANK" in page
        assert "tel:BANK" not in page


class TestHowManyQueries:
    def queries(self, browser, path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(path).status_code == 200
        return len(captured)

    def more(self, appointment, number: int) -> None:
        """Lines of every sort: with a message, a try, a receipt and a stand-in; never sent; from the patient."""
        about = {"patient": appointment.patient, "appointment": appointment, "channel": "sms", "planned_for": TODAY}
        for index in range(number):
            draft = Draft(f"more-{index}-of-{number}", "sms", "+12125550101", "Hello.", TODAY, TODAY + HOUR)
            [message] = schedule([draft], now=TODAY)
            Attempt.objects.create(message=message, token=uuid4(), started_at=TODAY)
            Receipt.objects.create(message=message, provider_id=f"SM{index}", provider_status="sent", received_at=TODAY)
            line = CareMessage.objects.create(kind="dose", message=message, **about)
            CareMessage.objects.create(kind="dose", stands_in_for=line, reason="no consent for texts or emails", **about)
            says(f"See you on the {number}th at {index}")

    def test_as_many_for_fifty_lines_as_for_five(self, clinic, sign_in):
        manager = sign_in("Manager")
        booked = clinic.book(clinic.consents(clinic.ana, "sms"))
        pages = (
            f"{LEDGER}?patient={clinic.ana.pk}",
            f"{LEDGER}?look=replies",
            f"/admin/scheduling/patient/{clinic.ana.pk}/change/",
            f"/admin/scheduling/appointment/{booked.pk}/change/",
        )
        self.more(booked, 1)
        for page in pages:
            self.queries(manager, page)  # what Django looks up once and for all
        few = [self.queries(manager, page) for page in pages]
        assert len(ledger()) == 6
        self.more(booked, 15)
        assert len(ledger()) == 51
        assert [self.queries(manager, page) for page in pages] == few
        assert max(few) <= 19  # the open concern, the header's count of the inbox and the trail among them

    def test_control_a_line_read_without_what_it_shows_costs_queries_of_its_own(self, clinic):
        self.more(clinic.book(clinic.ana), 5)
        with CaptureQueriesContext(connection) as captured:
            table_of(CareMessage.objects.all())
        assert len(captured) > len(ledger())


class TestThePatientsPage:
    def page(self, clinic, browser) -> str:
        return read(browser.get(f"/admin/scheduling/patient/{clinic.ana.pk}/change/"))

    def test_it_says_when_texts_dont_arrive(self, clinic, desk):
        clinic.treat(clinic.consents(clinic.ana))
        first, second, third = outbox(caremessage__kind="dose")[:3]
        become(first, status="undelivered")
        assert "don't arrive" not in self.page(clinic, desk)
        become(second, status="failed")
        assert "Texts to this number don't arrive. Please ask for another one." in self.page(clinic, desk)
        become(third, status="delivered")
        assert "don't arrive" not in self.page(clinic, desk)

    def test_another_number_starts_afresh(self, clinic, desk):
        clinic.treat(clinic.consents(clinic.ana))
        for message in outbox(caremessage__kind="dose")[:2]:
            become(message, status="undelivered")
        clinic.ana.phone = "+12125550177"
        clinic.ana.save()
        assert "don't arrive" not in self.page(clinic, desk)

    def test_it_says_that_the_number_said_stop(self, clinic, desk):
        clinic.consents(clinic.ana)
        suppress("sms", "+12125550101", reason="STOP", now=TODAY)
        said = "This number said STOP. Care messages go by email. Texts start again when START is texted from it."
        assert said in self.page(clinic, desk)
        withdraw_consent(clinic.ana, "care", "sms", source="front desk")
        withdraw_consent(clinic.ana, "care", "email", source="front desk")
        said = "This number said STOP. Care messages can't go out. No text goes there until START is texted from it."
        assert said in self.page(clinic, desk)

    def test_it_shows_what_is_agreed_to_word_for_word_in_her_language(self, clinic, desk):
        page = self.page(clinic, desk)
        assert "I agree to text messages about my care: appointments, and what to do after a session. Up to 12 texts a day" in page
        assert "at most 3 for each, never more than one a day" in page
        clinic.ana.language = "es"
        clinic.ana.save()
        page = self.page(clinic, desk)
        assert page.index("Acepto mensajes de texto") < page.index("I agree to text messages")


def test_somebody_who_may_only_look_at_patients_sees_neither_boxes_nor_messages(clinic, client):
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_patient"), Permission.objects.get(codename="view_appointment"))
    client.force_login(looker)
    booked = clinic.book(clinic.consents(clinic.ana))
    page = read(client.get(f"/admin/scheduling/patient/{clinic.ana.pk}/change/"))
    assert [words in page for words in ("Ana", "Consent", "Care by", "confirmation")] == [True, False, False, False]
    assert "confirmation" not in read(client.get(f"/admin/scheduling/appointment/{booked.pk}/change/"))


def test_the_page_of_a_consent_shows_what_was_agreed_to_in_full(clinic, sign_in):
    consent = give_consent(clinic.ana, "recall", "sms", source="front desk", now=TODAY)
    for role, address in (("Front desk", "…0101"), ("Manager", "+12125550101")):
        page = read(sign_in(role).get(f"/admin/aftercare/consent/{consent.pk}/change/"))
        assert "I agree to a text message when my next session or my half-yearly one is due: at most 3 for each" in page
        assert "Acepto un mensaje de texto cuando toque mi próxima sesión" in page
        assert f"Address: {address} " in page
        assert "Most a day, as told: 1" in page
