"""The inbox: who waits for us, what worries whom, and what is done about it from her conversation."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from aftercare import services
from aftercare.domain.triage import FLAGS
from aftercare.models import CareMessage, Concern, ConcernEvent, OnCallContact, Plan
from aftercare.reports import Waiting, waiting
from clinic.dashboard import dashboard
from notifications.models import Message
from notifications.services import receive_reply, suppress
from scheduling import services as scheduling
from scheduling.models import Location, OpeningHours
from tests.clinic_world import WEEK, Clinic, at, patient
from tests.clock import freeze_time
from tests.staff import member

NOW = at("2026-11-08", "12:00")  # a Sunday, five days after Ana's session
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
INBOX = "/admin/inbox/"
HTMX = {"HX-Request": "true"}


def says(words: str, number: int = 1, *, now=NOW) -> CareMessage:
    """From the phone that ends with that number, or from one that nobody has."""
    receive_reply("sms", f"+1212555{100 + number:04}", words, provider_id=f"SM{number}-{words}-{now}", now=now)
    return CareMessage.objects.filter(reply__isnull=False).latest("pk")


def words_of(page: str) -> str:
    text = re.sub(r"<[^>]+>", " ", page.partition('id="content-main"')[2])
    return " ".join(unescape(text).split())


@pytest.fixture
def on_call(db) -> OnCallContact:
    return OnCallContact.objects.create(name="Dana Diaz", phone="+12125550190")


@pytest.fixture
def ana(clinic: Clinic, on_call):
    """Treated on Tuesday, and agreed to everything."""
    clinic.treat(clinic.consents(clinic.ana))
    return clinic.ana


@pytest.fixture
def desk(sign_in):
    """`desk("Clinician")` at NOW."""

    def at_the_desk(role: str = "Front desk"):
        with freeze_time(NOW):
            return sign_in(role)

    return at_the_desk


@pytest.fixture
def somebody(db):
    """`somebody("view_concern")`: on the staff, with these permissions and no role."""

    def with_(*codenames: str) -> Client:
        newcomer, client = member(""), Client()
        newcomer.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        with freeze_time(NOW):
            client.force_login(newcomer)
        return client

    return with_


def shown(client, path: str = INBOX, *, at_=NOW, **asked) -> str:
    with freeze_time(at_):
        answer = client.get(path, asked)
    assert answer.status_code == 200
    return answer.content.decode()


def posted(client, path: str, data: dict | None = None, *, at_=NOW):
    with freeze_time(at_):
        return client.post(path, data or {}, follow=True)


def heard_in(page: str) -> str:
    [heard] = set(re.findall(r'name="heard" value="(\d+)"', page))
    return heard


def thread(who) -> str:
    return f"{INBOX}{who.pk}/"


def concern_of(who, severity: str = "urgent", said: str = "It bleeds and gets worse.", **more) -> Concern:
    return services.raise_concern(patient=who, severity=severity, said=said, **({"now": NOW} | more))


# --- the list ---------------------------------------------------------------------------------------------------------


class TestTheList:
    def test_urgent_stands_before_soon_and_both_before_what_is_to_read(self, clinic, ana, desk):
        says("Can I swim tomorrow?", 3, now=NOW - 60 * MINUTE)
        says("Thank you", 77, now=NOW - 30 * MINUTE)
        concern_of(clinic.ben, "soon", "I am unsure about it.", now=NOW - 10 * MINUTE)
        concern_of(ana, now=NOW - 3 * MINUTE, flags=["bleeding"])

        page = words_of(shown(desk("Clinician")))

        in_order = ["Ana Alvarez", "It bleeds and gets worse.", "12 min left", "Ben Brooks", "Chloe Chen", "Can I swim", "A number that no"]
        places = [page.index(words) for words in in_order]
        assert places == sorted(places)
        assert "Urgent 3 min ago" in page
        assert "Told: Dana Diaz, 11:57 AM" in page

    @pytest.mark.parametrize(
        ("minutes", "said"),
        [
            (0, "15 min left to acknowledge"),
            (3, "12 min left to"),
            (14, "1 min left to"),
            (15, "to be acknowledged now"),
            (23, "8 min late"),
            (240, "3 h late"),
        ],
    )
    def test_the_clock_to_acknowledge_by(self, ana, desk, minutes, said):
        concern_of(ana)

        assert said in words_of(shown(desk(), at_=NOW + minutes * MINUTE))

    def test_acknowledged_it_says_who_has_it_and_the_clock_is_gone(self, ana, desk):
        concern = concern_of(ana)
        clinician = desk("Clinician")
        posted(clinician, f"{INBOX}concern/{concern.pk}/acknowledge/", {"heard": concern.heard}, at_=NOW + MINUTE)

        page = words_of(shown(desk(), at_=NOW + 2 * MINUTE))

        assert "Acknowledged 1 min ago by clinician, 12:01 PM" in page
        assert "Routine messages to Ana are paused until somebody resolves it. Only a clinician or a manager can resolve it." in page
        assert "If nobody resolves it by Mon, Nov 9, 12:01 PM, a reminder goes out by email." in page
        assert "min left" not in page

    def test_acknowledged_and_left_it_presses_again(self, clinic, ana, desk):
        concern = concern_of(ana)
        services.acknowledge(concern, by=member("Clinician"), now=NOW)
        concern_of(clinic.ben, "soon", "I am unsure about it.")
        services.acknowledge(Concern.objects.get(patient=clinic.ben), by=member("Clinician"), now=NOW)
        client = desk("Clinician")

        assert len(re.findall(r'<li class="concern is-\w+ is-taken', shown(client, at_=NOW + 23 * HOUR))) == 2
        later = shown(client, at_=NOW + 26 * HOUR)
        assert re.findall(r'<li class="concern is-(\w+) is-taken', later) == ["soon"]
        assert "Acknowledged 26 h ago by clinician, Sun, Nov 8, 12:00 PM" in words_of(later)
        assert f'href="{thread(ana)}#resolve"' in later
        assert 'id="resolve"' in shown(client, thread(ana), at_=NOW + 26 * HOUR)
        assert "Reminded:" not in words_of(later)

    def test_it_says_who_was_reminded_that_it_is_open(self, ana, on_call, desk):
        OnCallContact.objects.update(email="dana@example.org")
        concern = concern_of(ana)
        services.acknowledge(concern, by=member("Front desk"), now=NOW)
        for day in (1, 2):
            assert services.escalate_due(NOW + 24 * day * HOUR) == 1

        page = words_of(shown(desk(), at_=NOW + 48 * HOUR + MINUTE))

        assert "If nobody resolves it by Wed, Nov 11, 12:00 PM, another reminder goes out by email." in page
        assert re.search(r"Reminded: (\w+, )?Dana Diaz, Mon, Nov 9, 12:00 PM, 12:00 PM", page)

    @pytest.mark.parametrize(
        ("quarters", "said"),
        [
            (0, "If nobody acknowledges it by 12:15 PM, then Eli Evans is told. Told: Dana Diaz, 12:00 PM"),
            (1, "If nobody acknowledges it by 12:30 PM, then Dana Diaz is told. Told: Dana Diaz, 12:00 PM · Eli Evans, 12:15 PM"),
            (3, "If nobody acknowledges it by 1:00 PM, whoever runs this system is told: nobody on call is left."),
            (4, "Everybody on call has been told, more than once. Nobody else is told before Mon, Nov 9, 1:00 PM: fetch a clinician."),
        ],
    )
    def test_it_says_who_is_told_next_and_when(self, ana, desk, quarters, said):
        OnCallContact.objects.create(name="Eli Evans", phone="+12125550191", position=2)
        concern_of(ana)
        for quarter in range(1, quarters + 1):
            assert services.escalate_due(NOW + 15 * quarter * MINUTE) == 1
        client, at_ = desk(), NOW + (15 * quarters + 1) * MINUTE

        assert said in words_of(shown(client, at_=at_))
        assert said in words_of(shown(client, thread(ana), at_=at_))

    def test_where_its_time_is_over_and_where_nobody_is_on_call(self, clinic, ana, on_call, desk):
        concern_of(ana)
        client = desk()
        assert "Now Dana Diaz is told." in words_of(shown(client, at_=NOW + 15 * MINUTE))
        on_call.delete()
        concern_of(clinic.ben)
        page = words_of(shown(client, thread(clinic.ben)))
        assert "Nobody is on call, and so nobody is told: fetch a clinician." in page

    @pytest.mark.parametrize(("role_", "sees"), [("Front desk", False), ("Clinician", True), ("Manager", True)])
    def test_signs_are_in_plain_words_with_the_facts_for_those_who_judge(self, ana, desk, role_, sees):
        concern_of(ana, flags=["bleeding"])

        page = words_of(shown(desk(role_)))

        assert FLAGS["bleeding"].name in page
        assert (f"{FLAGS['bleeding'].name} {', '.join(FLAGS['bleeding'].facts)}" in page) is sees

    def test_what_can_be_chosen(self, clinic, ana, desk):
        client = desk()
        says("Can I swim tomorrow?", 3)
        concern_of(clinic.ben)
        says("All fine now, thank you so much", now=NOW - MINUTE)
        services.mark_read(CareMessage.objects.to_read().filter(patient=ana), by=member("Front desk"), now=NOW)

        def names(**asked):
            page = words_of(shown(client, **asked))
            return [who.full_name for who in (clinic.ana, clinic.ben, clinic.chloe) if who.full_name in page]

        assert names() == ["Ana Alvarez", "Ben Brooks", "Chloe Chen"]
        assert names(show="concerns") == ["Ben Brooks"]
        assert names(show="unread") == ["Chloe Chen"]
        assert names(show="nonsense") == names()
        assert names(q="alva") == ["Ana Alvarez"]
        assert names(q="nobody") == []

    def test_a_location_shows_its_own_patients_and_strangers(self, clinic, ana, desk):
        elsewhere = Location.objects.create(name="Saguaro Clinic", phone="+12125550102", time_zone="America/Phoenix")
        says("Can I swim tomorrow?")
        says("who is this", 77)
        client = desk()

        assert "Ana Alvarez" in words_of(shown(client, location=clinic.location.pk))
        there = words_of(shown(client, location=elsewhere.pk))
        assert "Ana Alvarez" not in there
        assert "A number that no patient has" in there

    def test_somebody_is_found_by_name_however_long_ago_she_wrote(self, ana, desk):
        says("Thank you", now=NOW - 10 * WEEK)
        CareMessage.objects.to_read().update(read_at=NOW - 10 * WEEK)
        client = desk()

        assert "Ana Alvarez" not in words_of(shown(client))
        assert "Ana Alvarez" in words_of(shown(client, q="ana"))

    def test_who_never_wrote_is_found_and_a_concern_raised_in_two_steps(self, clinic, ana, desk):
        says("Can I swim tomorrow?")
        concern_of(clinic.ben)
        clinic.ben.last_name = clinic.chloe.last_name = "Alvarado"
        clinic.ben.save()
        clinic.chloe.save()
        client = desk()

        for typed in ("chloe", "ALVARÁ", "(212) 555-0103", "chloe3@example.org", "5/17/1990"):
            page = shown(client, q=typed)
            assert "Patients who never wrote Chloe Alvarado May 17, 1990 · (212) 555-0103" in words_of(page), typed
            assert f'<a href="{thread(clinic.chloe)}#raise">' in page
            assert page.count(f'href="{thread(clinic.ben)}') <= 1  # among the concerns
        assert re.search(r'id="raise"><details open>', shown(client, thread(clinic.chloe)))
        assert re.search(r'id="raise"><details>', shown(client, thread(ana)))
        posted(client, f"{thread(clinic.chloe)}raise/", {"said": "She phoned: it bleeds.", "severity": "urgent"})
        assert "Patients who never wrote" not in words_of(shown(client, q="chloe"))
        assert "Patients who never wrote" not in words_of(shown(client))
        assert "Nobody is found for “Zoe”." in words_of(shown(client, q="Zoe"))
        concern_of(ana)
        assert "No other conversation with “Alvarez”." in words_of(shown(client, q="Alvarez"))

    def test_there_are_at_most_ten_of_them_and_a_way_to_the_rest(self, clinic, ana, desk):
        for number in range(12):
            patient(f"Pat Number{number:02}", 200 + number)
        client = desk()
        with CaptureQueriesContext(connection) as captured:
            page = shown(client, q="Pat")

        assert re.findall(r"Pat (Number\d\d)", words_of(page)) == [f"Number{number:02}" for number in range(10)]
        assert "There are more: type more of the name, or the number." in words_of(page)
        assert '<a href="/admin/scheduling/patient/?q=Pat">' in page
        [query] = [one["sql"] for one in captured if "LIMIT 11" in one["sql"]]
        assert '"searchable"' in query

    def test_a_location_leaves_out_who_is_booked_elsewhere_alone(self, clinic, ana, desk):
        elsewhere = Location.objects.create(name="Saguaro Clinic", phone="+12125550102", time_zone="America/Phoenix")
        client = desk()

        def found(**asked) -> list[str]:
            page = words_of(shown(client, location=elsewhere.pk, **asked))
            return [name for name in ("Ana Alvarez", "Ben Brooks") if name in page.partition("Patients who never wrote")[2]]

        assert (found(q="ana"), found(q="ben")) == ([], ["Ben Brooks"])

    @pytest.mark.parametrize("show", ["concerns", "unread"])
    def test_elsewhere_it_says_where_they_are_looked_for(self, clinic, ana, desk, show):
        page = shown(desk(), q="chloe", show=show)
        assert "Patients who never wrote" not in page
        assert '<a href="/admin/inbox/?q=chloe">Look for “chloe” among all conversations and patients</a>' in page

    def test_pages(self, clinic, ana, desk):
        for number in range(35):
            patient(f"Pat Number{number:02}", 200 + number)
            says("hello there", 200 + number, now=NOW - number * MINUTE)
        client = desk()

        assert len(re.findall(r'<li class="conversation ', shown(client))) == 30
        second = shown(client, p="2")
        assert len(re.findall(r'<li class="conversation ', second)) == 5
        assert "Number00" in second  # who has waited shortest

    def test_as_many_queries_for_many_as_for_few(self, clinic, ana, desk):
        client = desk()

        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                shown(client)
            return len(captured)

        def more(numbers) -> None:
            for number in numbers:
                who = patient(f"Pat Number{number:02}", 200 + number)
                says("hello there", 200 + number)
                says("and you", 800 + number)
                concern_of(patient(f"Val Number{number:02}", 500 + number), now=NOW - number * MINUTE)
                assert who

        more([1])
        queries()
        few = queries()
        more(range(2, 9))
        assert queries() == few
        assert few <= 21  # one of them writes the trail


class TestWhoMayNotSeePatients:
    """She is found by her name: a number or a birth date that is found tells that it is hers."""

    @pytest.mark.parametrize(
        ("typed", "is_found"),
        [("alvar", True), ("ANA Álvarez", True), ("0101", False), ("(212) 555-0101", False), ("1990", False), ("example", False)],
    )
    def test_finds_her_by_her_name_alone(self, ana, somebody, typed, is_found):
        ana.email, ana.birth_date = "ana@example.org", at("1990-05-17").date()
        ana.save()
        says("Can I swim tomorrow?")
        concern_of(ana)
        client = somebody("view_concern", "view_caremessage")

        found = {show: "Ana Alvarez" in words_of(shown(client, q=typed, show=show)) for show in ("all", "concerns", "unread")}

        assert found == dict.fromkeys(found, is_found)

    def test_and_no_list_of_patients_to_whom_nobody_talks(self, clinic, ana, somebody):
        assert "Chloe" not in words_of(shown(somebody("view_concern", "view_caremessage"), q="chen"))

    @pytest.mark.parametrize("typed", ["0101", "1990", "example"])
    def test_others_find_her_by_all_of_it(self, ana, desk, typed):
        ana.email, ana.birth_date = "ana@example.org", at("1990-05-17").date()
        ana.save()
        says("Can I swim tomorrow?")
        assert "Ana Alvarez" in words_of(shown(desk(), q=typed))


class TestItLooksAgainByItself:
    def part(self, client, address: str, *, at_=NOW):
        with freeze_time(at_):
            return client.get(address, headers=HTMX)

    def address(self, page: str) -> str:
        return unescape(re.search(r'id="inbox-list" hx-get="([^"]+)"', page).group(1))

    def test_what_reads_as_it_did_is_left_alone(self, ana, desk):
        concern_of(ana)
        client = desk()
        again = self.address(shown(client))

        assert self.part(client, again).status_code == 204
        later = self.part(client, again, at_=NOW + MINUTE)
        assert "14 min left" in later.content.decode()
        assert "inbox-said" not in later.content.decode()

    def test_a_new_urgent_one_is_read_out_whatever_is_shown(self, clinic, ana, desk):
        client = desk()
        again = self.address(shown(client, show="unread"))
        concern_of(ana)

        said = self.part(client, again).content.decode()

        assert re.search(r'id="inbox-said"[^>]*>New urgent concern: Ana Alvarez\.', said)
        assert self.part(client, self.address(said)).status_code == 204
        # The counts around it are as new as the list.
        assert re.search(r'id="inbox-shows" hx-swap-oob="true".*Open concerns <span class="inbox-count">1<', said, re.S)
        assert '<span id="nav-count" hx-swap-oob="true" class="nav-count is-pressing">1<' in said


# --- a conversation ---------------------------------------------------------------------------------------------------


class TestAConversation:
    def test_looking_changes_nothing_and_marking_as_read_does(self, ana, desk):
        line = says("Can I swim tomorrow?")
        client = desk()
        page = shown(client, thread(ana))
        assert "Can I swim tomorrow?" in page
        line.refresh_from_db()
        assert line.read_at is None

        later = says("And run?", now=NOW + MINUTE)
        answer = posted(client, f"{thread(ana)}read/", {"seen": line.pk}, at_=NOW + 2 * MINUTE)

        line.refresh_from_db()
        later.refresh_from_db()
        assert (line.read_by.username, later.read_at) == ("frontdesk", None)
        assert "1 reply marked as read." in unescape(answer.content.decode())

    def test_it_is_talk_that_is_seen_and_what_went_out_by_itself_is_folded(self, ana, desk):
        says("Can I swim tomorrow?")

        page = words_of(shown(desk(), thread(ana)))

        assert re.search(r"\d+ automatic messages, until", page)
        assert re.search(r"\d+ messages? planned, the next one ", page)
        assert "Day 5 after the session of Tue, Nov 3 : Microneedling, face" in page
        assert "Nothing booked" in page

    def test_a_concerns_steps_stand_where_they_happened(self, ana, desk):
        concern = concern_of(ana, by=member("Front desk"))
        services.acknowledge(concern, by=member("Clinician"), now=NOW + MINUTE)
        services.resolve(concern, note="Seen at noon, all well.", by=member("Clinician"), now=NOW + 5 * MINUTE)

        page = words_of(shown(desk(), thread(ana), at_=NOW + 10 * MINUTE))

        steps = [
            "Concern raised by frontdesk: urgent · 12:00 PM",
            "Dana Diaz was told by text · 12:00 PM",
            "clinician acknowledged it · 12:01 PM",
            "clinician resolved it · 12:05 PM Seen at noon, all well.",
        ]
        assert [page.index(step) for step in steps] == sorted(page.index(step) for step in steps)

    def test_a_bare_number_says_what_it_answers(self, clinic, ana, desk):
        asked = CareMessage.objects.filter(patient=ana, kind="check_in").order_by("planned_for").first()
        line = says("3")
        CareMessage.objects.filter(pk=line.pk).update(answers=asked)

        assert re.search(r"Answers the check-in of \w+, Nov \d+: worse\.", words_of(shown(desk(), thread(ana))))

    def test_words_came_after_a_check_in_whatever_they_are_about(self, clinic, ana, desk):
        asked = CareMessage.objects.filter(patient=ana, kind="check_in").order_by("planned_for").first()
        line = says("Can I swim tomorrow?")
        CareMessage.objects.filter(pk=line.pk).update(answers=asked)

        page = words_of(shown(desk(), thread(ana)))

        assert re.search(r"Written after the check-in of \w+, Nov \d+\.", page)
        assert "Answers the check-in" not in page

    def test_a_number_that_nothing_had_asked_for_says_so(self, ana, desk):
        says("3")
        said = "A number alone, and no check-in had just asked for one: ask what it means."
        client = desk()
        for page in (shown(client), shown(client, thread(ana))):
            assert said in words_of(page)
            assert "In doubt" not in page
        says("It stings", now=NOW + MINUTE)
        assert said not in words_of(shown(client, thread(ana), at_=NOW + 2 * MINUTE))

    def test_stopped_aftercare_says_so_and_why(self, ana, desk):
        plan = Plan.objects.get(appointment__patient=ana)
        assert "Aftercare stopped" not in shown(desk(), thread(ana))
        services.stop_by_hand(plan, reason="allergic to the serum", by=member("Clinician"), now=NOW - MINUTE)

        assert "Aftercare stopped 11:59 AM by clinician: allergic to the serum" in words_of(shown(desk(), thread(ana)))

        services.start_again(plan, now=NOW)
        assert "Aftercare stopped" not in shown(desk(), thread(ana))

    def test_while_she_is_here_it_says_so_and_not_that_nothing_is_booked(self, clinic, ana):
        starts_at = at("2026-12-08", "10:00")
        booked = clinic.book(ana, starts_at)
        scheduling.arrive(booked, now=starts_at)
        client, next_day = Client(), starts_at + 24 * HOUR
        for now, says_here in ((starts_at + MINUTE, True), (next_day, False)):
            with freeze_time(now):
                client.force_login(member("Front desk"))
            page = words_of(shown(client, thread(ana), at_=now))
            assert ("Here for 10:00 AM" in page, "Nothing booked" in page) == (says_here, not says_here)

    def test_who_she_is(self, clinic, ana, desk):
        ana.language, ana.birth_date = "es", at("2006-05-17").date()
        ana.save()
        clinic.book(ana, at("2026-12-08", "10:00"))
        page = shown(desk(), thread(ana))

        assert '<a class="button thread-call" href="tel:+12125550101">Call (212) 555-0101</a>' in page
        assert "20 years old" in words_of(page)
        assert "Ana reads Spanish." in words_of(page)
        assert "Tue, Dec 8, 10:00 AM" in words_of(page)

    def test_another_years_days_have_their_year(self, ana):
        client, later = Client(), NOW + 20 * WEEK
        with freeze_time(later):
            client.force_login(member("Front desk"))
        page = words_of(shown(client, thread(ana), at_=later))
        assert "Day 145 after the session of Nov 3, 2026 : Microneedling, face" in page

    def test_while_an_urgent_one_is_open_it_says_that_the_routine_waits(self, ana, desk):
        said = "Routine messages are paused until the concern is resolved"
        assert said not in shown(desk(), thread(ana))
        concern = concern_of(ana)
        paused = words_of(shown(desk(), thread(ana)))
        assert said in paused
        assert re.search(r"\d+ messages wait for this concern", paused)
        assert "planned, the next one" not in paused
        services.resolve(concern, note="All well.", by=member("Clinician"), now=NOW)
        page = words_of(shown(desk(), thread(ana)))
        assert said not in page
        assert "What was held back for it goes on · 12:00 PM" in page
        assert re.search(r"\d+ messages planned, the next one", page)

    def test_out_of_hours_it_says_what_she_is_told(self, clinic, ana, desk):
        OpeningHours.objects.create(location=clinic.location, weekday=0, opens_at="08:00", closes_at="18:00")

        page = words_of(shown(desk(), thread(ana)))

        assert "Maple Street Clinic is closed until Monday, 8:00 AM. Anyone who writes now is told so, and where to turn: 911." in page

    def test_stop_stands_there_and_the_answers_place_says_why_it_goes_by_email(self, ana, desk):
        says("STOP")

        page = words_of(shown(desk(), thread(ana), at_=NOW + MINUTE))

        assert "STOP From then on no text goes to this number, until START comes from it." in page
        assert "STOP · From then on no text goes to this number" in words_of(shown(desk(), at_=NOW + MINUTE))
        assert "Ana's number said STOP on November 8, 2026: the answer goes by email. Answer by email" in page
        assert "to read" not in page
        assert "Mark as read" not in page
        assert waiting(NOW + MINUTE) == Waiting()

    def test_an_answer_by_email_is_read_as_it_was_written(self, ana, desk):
        says("STOP")
        posted(desk(), f"{thread(ana)}answer/", {"words": "Please call us.\n\nWe are here until 6."}, at_=NOW + MINUTE)

        page = words_of(shown(desk(), thread(ana), at_=NOW + 2 * MINUTE))

        assert re.search(r"frontdesk · 12:01 PM \w+ Please call us\. We are here until 6\. By email", page)
        assert "Please call us." in words_of(shown(desk(), at_=NOW + 2 * MINUTE))

    def test_after_start_it_goes_by_text_again(self, ana, desk):
        says("STOP")
        says("START", now=NOW + MINUTE)

        page = words_of(shown(desk(), thread(ana), at_=NOW + 2 * MINUTE))

        assert "START From then on texts may go to this number again." in page
        assert "said STOP" not in page
        assert "Answer by text" in page

    def test_who_has_said_stop_and_has_no_email_is_called(self, ana, desk):
        ana.email = ""
        ana.save()
        says("Please stop texting me")

        page = words_of(shown(desk(), thread(ana), at_=NOW + MINUTE))

        assert "Ana's number said STOP on November 8, 2026, and there is no email address that may be used. Please call." in page
        assert "Answer by" not in page

    def test_whoever_sees_to_an_urgent_concern_sees_that_she_has_said_stop(self, ana, desk):
        concern_of(ana)
        says("STOP", now=NOW + MINUTE)

        page = words_of(shown(desk("Clinician"), thread(ana), at_=NOW + 2 * MINUTE))

        assert "From then on no text goes to this number" in page
        assert "the answer goes by email" in page

    def test_in_the_inbox_it_waits_for_nobody(self, clinic, ana, desk):
        says("Can I swim tomorrow?", 3, now=NOW - 60 * MINUTE)
        says("STOP")

        page = words_of(shown(desk(), at_=NOW + MINUTE))

        assert page.index("Chloe Chen") < page.index("Ana Alvarez")
        assert "Ana Alvarez" not in words_of(shown(desk(), show="unread", at_=NOW + MINUTE))

    def test_of_a_number_that_nobody_has(self, clinic, desk):
        reply = says("which clinic is this?", 77).reply
        client, here = desk(), f"{INBOX}unknown/{reply.pk}/"

        assert "A number that no patient has (…0177)" in words_of(shown(client))
        page = shown(client, here)

        assert "which clinic is this?" in page
        assert '<a class="button thread-call" href="tel:+12125550177">Call (212) 555-0177</a>' in page
        assert 'id="answer-form"' not in page
        assert "No text goes to a number that no patient has." in page
        posted(client, f"{here}read/", {"seen": "999999"})
        assert not CareMessage.objects.to_read().exists()

    def test_whoever_may_not_see_the_patient_sees_her_number_as_lists_show_it(self, ana, somebody):
        page = shown(somebody("view_concern", "view_caremessage", "acknowledge_concern"), thread(ana))

        assert "…0101" in page
        assert "Ana Alvarez" in page
        assert "555-0101" not in page
        assert "2125550101" not in page

    def test_of_a_number_that_nobody_has_whoever_may_not_acknowledge_sees_as_much(self, clinic, somebody):
        reply = says("which clinic is this?", 77).reply

        page = shown(somebody("view_concern", "view_caremessage", "view_patient"), f"{INBOX}unknown/{reply.pk}/")

        assert "…0177" in page
        assert "2125550177" not in page

    @pytest.mark.parametrize("where", ["999999/", "unknown/999999/", f"{'9' * 30}/", "concern/", "unknown/x/"])
    def test_what_isnt_there_is_a_404(self, clinic, desk, where):
        with freeze_time(NOW):
            assert desk().get(f"{INBOX}{where}").status_code == 404

    def test_a_patients_reply_is_no_strangers(self, clinic, ana, desk):
        line = says("Can I swim tomorrow?")
        with freeze_time(NOW):
            assert desk().get(f"{INBOX}unknown/{line.reply_id}/").status_code == 404


# --- what is done -----------------------------------------------------------------------------------------------------


class TestAnswering:
    def test_an_answer_goes_out_with_the_clinics_name_and_what_was_seen_is_read(self, ana, desk):
        line = says("Can I swim tomorrow?")
        client = desk()
        before = Message.objects.count()

        answer = posted(client, f"{thread(ana)}answer/", {"words": "Please wait until Friday.", "seen": line.pk})

        assert "The answer goes out by text now." in unescape(answer.content.decode())
        written = CareMessage.objects.get(written_by__username="frontdesk")
        assert written.message.body == "Maple Street Clinic: Please wait until Friday."
        assert Message.objects.count() == before + 1
        line.refresh_from_db()
        assert line.read_by.username == "frontdesk"
        assert "Please wait until Friday." in words_of(answer.content.decode())

    @pytest.mark.parametrize(("typed", "why"), [("  ", "Write an answer first."), ("x" * 400, "Shorten it")])
    def test_refused_what_was_typed_stays_and_nothing_happens(self, ana, desk, typed, why):
        line = says("Can I swim tomorrow?")
        before = Message.objects.count()

        answer = posted(desk(), f"{thread(ana)}answer/", {"words": typed, "seen": line.pk})

        page = unescape(answer.content.decode())
        assert answer.status_code == 200
        assert why in page
        assert (f">{typed.strip()}</textarea>" in page) or not typed.strip()
        assert f'hx-get="{thread(ana)}?' in page  # the parts look again where the page is, not where it was posted to
        assert Message.objects.count() == before
        line.refresh_from_db()
        assert line.read_at is None

    def test_who_cant_be_reached_is_to_be_called(self, ana, desk):
        suppress("sms", "+12125550101", reason="STOP", now=NOW)
        ana.email = ""
        ana.save()

        page = shown(desk(), thread(ana))

        assert "Please call." in page
        assert 'id="answer-form"' not in page

    @pytest.mark.parametrize(
        ("words", "said"),
        [("", ""), ("Please wait.", "1 text"), ("x" * 200, "2 texts of at most 2"), ("x" * 400, "3 texts: too long, at most 2.")],
    )
    def test_while_it_is_typed_it_says_how_many_texts_it_is(self, ana, desk, words, said):
        with freeze_time(NOW):
            answer = desk().post(f"{thread(ana)}count/", {"words": words}, headers=HTMX)
        assert unescape(re.sub(r"<[^>]+>", "", answer.content.decode())).strip() == said


def test_before_there_is_a_location_it_says_so(desk):
    pia, client = patient("Pia Parker", 40), desk()

    for step, typed in (("answer", {"words": "Hello"}), ("raise", {"said": "It bleeds.", "severity": "soon"})):
        page = unescape(posted(client, f"{thread(pia)}{step}/", typed).content.decode())
        assert "Add a location first" in page
    assert posted(client, f"{thread(pia)}count/", {"words": "Hello"}).status_code == 200
    assert not Message.objects.exists()
    assert not Concern.objects.exists()


@pytest.mark.parametrize("lacks", ["view_concern", "view_caremessage"])
def test_whoever_may_not_see_conversations_does_nothing_in_one(clinic, ana, somebody, lacks):
    """A form that is refused is shown with the conversation around it."""
    line, stranger, concern = says("Can I swim tomorrow?"), says("which clinic is this?", 77).reply, concern_of(ana)
    steps = ("add_concern", "acknowledge_concern", "resolve_concern", "read_replies", "view_patient")
    client = somebody(*steps, *({"view_concern", "view_caremessage"} - {lacks}))
    events, before = concern.events.count(), Message.objects.count()

    places = [f"{thread(ana)}{step}/" for step in ("answer", "count", "raise", "read")]
    places += [f"{INBOX}concern/{concern.pk}/{step}/" for step in ("acknowledge", "resolve")] + [f"{INBOX}unknown/{stranger.pk}/read/"]
    for place in places:
        for typed in ({}, {"words": "Hello", "said": "It bleeds.", "severity": "soon", "note": "All well.", "seen": "999999"}):
            answer = posted(client, place, typed)
            assert answer.status_code == 403, place
            assert "Alvarez" not in answer.content.decode()
    line.refresh_from_db()
    assert (line.read_at, concern.events.count(), Message.objects.count()) == (None, events, before)


class TestAConcernsSteps:
    @pytest.mark.parametrize(
        ("step", "typed"),
        [
            ("concern/{concern}/acknowledge/", {}),
            ("concern/{concern}/resolve/", {"note": "All well."}),
            ("{ana}/answer/", {"words": "Soon."}),
        ],
    )
    def test_what_the_page_hadnt_shown_is_read_first_and_what_was_typed_stays(self, ana, desk, step, typed):
        says("My cheek is bleeding")
        concern, client = Concern.objects.get(), desk("Clinician")
        page = shown(client, thread(ana))
        later = says("Now there is pus, too", now=NOW + MINUTE)
        path = INBOX + step.format(concern=concern.pk, ana=ana.pk)

        refused = posted(client, path, {**typed, "heard": heard_in(page), "seen": later.pk - 1}, at_=NOW + 2 * MINUTE)

        page = unescape(refused.content.decode())
        assert "More was said on November 8 at 12:01 PM, since this page was shown: read it first, then try once more." in page
        assert "Now there is pus, too" in page
        assert all(f">{words}</textarea>" in page for words in typed.values())
        concern.refresh_from_db()
        later.refresh_from_db()
        assert (concern.acknowledged_at, concern.resolved_at, later.read_at) == (None, None, None)
        posted(client, path, {**typed, "heard": heard_in(page), "seen": later.pk}, at_=NOW + 3 * MINUTE)
        concern.refresh_from_db()
        later.refresh_from_db()
        assert concern.acknowledged_at == later.read_at == NOW + 3 * MINUTE

    def test_of_the_parts_that_look_again_each_by_itself_the_oldest_counts(self, ana, desk):
        concern = concern_of(ana)
        old = concern.heard
        concern_of(ana, said="And it is swollen.")
        path = f"{INBOX}concern/{concern.pk}/resolve/"

        posted(desk("Clinician"), path, {"note": "All well.", "heard": [concern.heard, old]})

        concern.refresh_from_db()
        assert concern.resolved_at is None

    def test_acknowledged_from_the_list_it_is_what_the_list_shows(self, ana, desk):
        concern, client = concern_of(ana), desk()
        heard = heard_in(shown(client))
        path = f"{INBOX}concern/{concern.pk}/acknowledge/"
        concern_of(ana, said="And it is swollen.")

        posted(client, path, {"heard": heard})
        concern.refresh_from_db()
        assert concern.acknowledged_at is None
        posted(client, path, {"heard": heard_in(shown(client))})
        concern.refresh_from_db()
        assert concern.acknowledged_at == NOW

    def test_the_second_of_two_reads_who_did_it(self, ana, desk):
        concern = concern_of(ana)
        path, heard = f"{INBOX}concern/{concern.pk}/acknowledge/", {"heard": concern.heard}

        first = posted(desk("Clinician"), path, heard)
        second = posted(desk("Front desk"), path, heard, at_=NOW + MINUTE)

        assert "You have acknowledged it: nobody else is told." in unescape(first.content.decode())
        assert [str(said) for said in second.context["messages"]] == ["clinician acknowledged it on November 8 at 12:00 PM."]
        concern.refresh_from_db()
        assert concern.acknowledged_by.username == "clinician"
        assert ConcernEvent.objects.filter(concern=concern, what="acknowledged").count() == 1

    def test_it_is_resolved_with_a_note_and_without_one_it_isnt(self, ana, desk):
        concern, client = concern_of(ana), desk("Clinician")
        path = f"{INBOX}concern/{concern.pk}/resolve/"

        page = unescape(posted(client, path, {"note": " "}).content.decode())
        assert "Write what came of it: the next one who reads it wasn’t there." in page
        concern.refresh_from_db()
        assert concern.resolved_at is None

        answer = posted(client, path, {"note": "Seen at noon, all well.", "heard": concern.heard})
        assert [str(said) for said in answer.context["messages"]] == ["The concern is resolved. What was paused for it goes on."]
        concern.refresh_from_db()
        assert (concern.note, concern.resolved_by.username) == ("Seen at noon, all well.", "clinician")

        again = posted(client, path, {"note": "Once more."})
        assert [str(said) for said in again.context["messages"]] == ["clinician resolved it on November 8 at 12:00 PM."]

    def test_the_desk_neither_sees_nor_may_resolve(self, ana, desk):
        concern, client = concern_of(ana), desk("Front desk")

        page = shown(client, thread(ana))
        assert "Acknowledge</button>" in page
        assert "Resolve" not in page
        answer = posted(client, f"{INBOX}concern/{concern.pk}/resolve/", {"note": "All well."})

        assert answer.status_code == 403
        concern.refresh_from_db()
        assert concern.resolved_at is None

    def test_she_phoned(self, ana, desk):
        answer = posted(desk(), f"{thread(ana)}raise/", {"said": "She phoned: it bleeds.", "severity": "urgent"})

        assert [str(said) for said in answer.context["messages"]] == ["The concern is open, and Dana Diaz is told."]
        concern = Concern.objects.get()
        assert (concern.patient, concern.severity, concern.said, concern.raised_by.username) == (
            ana,
            "urgent",
            "She phoned: it bleeds.",
            "frontdesk",
        )

    @pytest.mark.parametrize("typed", [{}, {"said": "It bleeds."}, {"said": "It bleeds.", "severity": "deadly"}, {"severity": "soon"}])
    def test_without_words_or_severity_nothing_is_raised(self, ana, desk, typed):
        answer = posted(desk(), f"{thread(ana)}raise/", typed)

        assert answer.status_code == 200
        assert not Concern.objects.exists()
        assert (">It bleeds.</textarea>" in answer.content.decode()) is ("said" in typed)


# --- ways there -------------------------------------------------------------------------------------------------------


class TestWaysThere:
    def test_from_her_page_her_appointments_and_her_reply(self, clinic, ana, desk):
        line = says("C")
        booked = clinic.book(ana, at("2026-12-08", "10:00"))
        concern_of(ana)
        client = desk()
        pages = [
            f"/admin/scheduling/patient/{ana.pk}/change/",
            f"/admin/scheduling/appointment/{booked.pk}/change/",
        ]
        for page in pages:
            text = shown(client, page)
            assert f'<a href="{thread(ana)}">Conversation</a>' in text
            assert "An urgent concern is open. Nobody has acknowledged it." in text
        services.acknowledge(Concern.objects.get(), by=member("Clinician"), now=NOW)
        assert "An urgent concern is open. Routine messages are paused until somebody resolves it." in shown(client, pages[0])
        assert f'<a href="{thread(ana)}">Conversation</a>' in shown(client, f"/admin/aftercare/caremessage/{line.pk}/change/")

    def test_a_replys_page_leads_to_the_appointment_that_it_confirms(self, clinic, ana, desk):
        booked = clinic.book(ana, at("2026-12-08", "10:00"), now=NOW - MINUTE)
        told = CareMessage.objects.get(appointment=booked, kind="confirmation")
        Message.objects.filter(pk=told.message_id).update(status="delivered", accepted_at=NOW, delivered_at=NOW)
        line = says("C", now=NOW + MINUTE)

        page = shown(desk(), f"/admin/aftercare/caremessage/{line.pk}/change/", at_=NOW + 2 * MINUTE)

        assert f'<a href="/admin/scheduling/appointment/{booked.pk}/change/">' in page

    @pytest.mark.parametrize(
        ("permissions", "leads"),
        [(("view_concern",), False), (("view_caremessage",), False), (("view_concern", "view_caremessage"), True)],
    )
    def test_the_header_and_her_page_lead_only_where_one_may_go(self, ana, somebody, permissions, leads):
        concern_of(ana)
        page = shown(somebody(*permissions, "view_patient"), f"/admin/scheduling/patient/{ana.pk}/change/")
        assert ('href="/admin/inbox/"' in page) is leads
        assert (f'href="{thread(ana)}"' in page) is leads

    def test_the_header_counts_what_waits(self, ana, desk):
        client = desk()
        assert '<span id="nav-count"></span>' in shown(client)
        says("Can I swim tomorrow?")
        says("And run?")
        assert re.search(r'<span id="nav-count" class="nav-count">1<', shown(client))
        concern_of(ana)
        assert re.search(r'<span id="nav-count" class="nav-count is-pressing">1<', shown(client))
        assert waiting(NOW) == Waiting(concerns=1, late=0, replies=1, both=1)
        says("Which clinic is this?", 77)
        assert re.search(r'<span id="nav-count" class="nav-count is-pressing">2<', shown(client))

    def test_everybody_is_told_where_nobody_is_on_call(self, clinic, desk):
        user = User.objects.get(pk=member("Manager").pk)
        assert [tile.name for tile in dashboard(user, NOW).tiles if tile.is_alarm] == ["Nobody on call"]
        assert "Nobody is on call at Maple Street Clinic" in words_of(shown(desk("Manager")))
        assert "Say who is on call" in words_of(shown(desk("Manager")))
        at_the_desk = words_of(shown(desk("Front desk")))
        assert "Nobody is on call at Maple Street Clinic: a concern is told to nobody. If one is urgent, fetch a clinician." in at_the_desk
        assert "Say who is on call" not in at_the_desk
        OnCallContact.objects.create(name="Dana Diaz", phone="+12125550190")
        assert [tile.name for tile in dashboard(user, NOW).tiles if tile.is_alarm] == []

    def test_a_concern_that_nobody_is_told_of_says_what_to_do(self, clinic, ana, desk):
        OnCallContact.objects.all().delete()
        client = desk()
        assert "Nobody is on call: fetch a clinician if it is urgent." in words_of(shown(client, thread(ana)))
        answer = posted(client, f"{thread(ana)}raise/", {"said": "It bleeds.", "severity": "urgent"})
        assert [str(said) for said in answer.context["messages"]] == ["The concern is open, and nobody is on call: fetch a clinician now."]

    def test_somebody_on_call_elsewhere_is_nobody_here(self, clinic, desk):
        elsewhere = Location.objects.create(name="Saguaro Clinic", phone="+12125550102", time_zone="America/Phoenix")
        OnCallContact.objects.create(name="Dana Diaz", phone="+12125550190").locations.add(elsewhere)
        assert "Nobody is on call at Maple Street Clinic" in words_of(shown(desk("Manager")))
        assert "Nobody is on call at Saguaro Clinic" not in words_of(shown(desk("Manager")))
