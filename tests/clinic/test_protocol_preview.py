"""A protocol is looked at before anybody gets it: whom it is told to and when is chosen, and every message is there."""

import re
from html import unescape

import pytest

from aftercare.models import Protocol, ProtocolStep, StepText
from clinic.roles import ROLES
from notifications.domain.segments import segments
from scheduling.models import Location, Product
from tests.clinic_world import TODAY
from tests.clock import freeze_time

TUESDAY = {"ended_on": "2026-11-10", "ended_at": "14:00"}


@pytest.fixture(autouse=True)
def signed_in_for_long(settings) -> None:
    settings.SESSION_COOKIE_AGE = 10 * 365 * 24 * 3600


@pytest.fixture
def here(clinic) -> str:
    return f"/admin/aftercare/protocol/{Protocol.objects.get().pk}/preview/"


@pytest.fixture
def draft(clinic) -> str:
    """The preview of a draft that says hello an hour after the session."""
    draft = Protocol.objects.create(slug="own", version=1, name="Our own")
    step = ProtocolStep.objects.create(
        protocol=draft, position=1, slug="hello", kind="education", channel="sms", first_after_hours=1, valid_minutes=60
    )
    StepText.objects.create(step=step, language="en", sms="{clinic}: hello.", subject="Hello", email="Hello.")
    return f"/admin/aftercare/protocol/{draft.pk}/preview/"


@pytest.fixture
def look(sign_in):
    """`look(here, language="es")`: the page, as a clinician reads it. Not on a frozen clock: its times lose their fold."""

    def at(page: str, /, **asked) -> str:
        answer = sign_in("Clinician").get(page, TUESDAY | asked)
        assert answer.status_code == 200
        return unescape(answer.content.decode())

    return at


def times_told(page: str) -> list[str]:
    return re.findall(r'<time datetime="[^"]+">([^<]+)</time>', page)


def tiles(page: str) -> dict[str, tuple[str, ...]]:
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page)
    return {name: tuple(re.sub(r"<[^>]+>", "|", value).replace("| |", "|").strip("|").split("|")) for name, value in found}


class TestThePage:
    def test_starts_with_a_session_of_this_afternoon(self, sign_in, here):
        with freeze_time(TODAY):
            page = unescape(sign_in("Clinician").get(here).content.decode())
        assert 'value="2026-10-26"' in page
        assert 'value="14:00"' in page
        assert times_told(page)[:3] == ["5:00 PM", "8:00 PM", "11:00 PM"]
        assert "Times are on the clock in America/New_York." in page

    def test_shows_every_message_by_days(self, look, here):
        page = look(here)
        assert len(times_told(page)) == 32
        assert re.search(r"Tuesday, November 10 <span[^>]*>the day of the session</span>", page)
        assert re.search(r"Wednesday, November 11 <span[^>]*>day 1</span>", page)
        assert "Maple Street Clinic: time for your hyaluronic acid serum (1 of 8)." in page
        assert "GSM-7" not in page
        assert "Day 1: what you may see in the mirror" in page
        assert "Your skin may even look older for a short while" in page

    def test_adds_up(self, look, here):
        page = look(here)
        paid = sum(segments(words).number for words in re.findall(r'<p class="words" lang="en">(.*?)</p>', page))
        assert tiles(page) == {
            "Texts": ("25",),
            "SMS segments": (str(paid), "160 characters are one, 306 are two"),
            "Most texts on a day": ("6", "Wed, Nov 11; patients agree to 12"),
            "Emails": ("7",),
            "Most emails on a day": ("1", "Wed, Nov 11; patients agree to 12"),
        }

    def test_by_text_only_there_are_no_emails(self, look, here):
        page = look(here, reached_by="sms")
        assert "<iframe" not in page
        assert "By text: email isn't possible." in page
        assert tiles(page)["Emails"] == ("0",)

    def test_quiet_nights(self, look, here):
        page = look(here, nights="quiet")
        assert "for 3 doses of the night" in page
        assert "The night’s doses: 11:00 PM, 2:00 AM, 5:00 AM." in page

    def test_a_night_that_nothing_is_sent_before(self, look, here):
        page = look(here, ended_at="22:00", nights="quiet")
        assert "No message comes before this night, so tell the patient now: the next times for the serum are about 1:00 AM" in page
        assert "Told at the clinic" in page

    def test_in_spanish(self, look, here):
        page = look(here, language="es")
        assert '<p class="words" lang="es">Maple Street Clinic: es hora de su sérum hialur' in page
        assert "Text, 2 segments · 70 to a segment" in page
        assert page.count("In a text with “ó” a segment holds 70 characters, not 160.") == 1

    def test_accents_that_are_left_out_are_named(self, look, draft):
        StepText.objects.filter(step__slug="hello").update(sms="{clinic}: " + "Cuídese mucho. " * 8)
        page = look(draft)
        assert "Accents are left out so that it fits in 2 segments: “i” for “í”." in page
        assert "Cuidese mucho." in page

    def test_with_another_product_at_another_location(self, clinic, look, here):
        serum = Product.objects.create(name="calming serum")
        uptown = Location.objects.create(name="Uptown", phone="+12125550111", time_zone="America/Chicago")
        page = look(here, product=serum.pk, location=uptown.pk)
        assert re.search(r"Uptown: time for your calming serum \(1 of 8\)\. [^<]*\(212\) 555-0111", page)
        assert "Times are on the clock in America/Chicago." in page

    def test_on_her_own_clock(self, look, here):
        page = look(here, time_zone="Pacific/Honolulu")
        assert times_told(page)[0] == "5:00 PM"
        assert "Times are on the clock in Pacific/Honolulu." in page

    def test_completed_late(self, look, here):
        page = look(here, late_on="2026-11-11", late_at="00:00")
        assert "Completed late: 3 doses are left out, as their times have passed (Tue, Nov 10: 5:00 PM, 8:00 PM, 11:00 PM)." in page
        assert page.count("not sent") == 3
        assert tiles(page)["Texts"] == ("22",)

    def test_completed_late_a_night_counts_by_its_doses(self, look, here):
        """One text stands for 11 PM, 2 AM and 5 AM; at 3 AM two of them are over, and the third is told at the clinic."""
        page = look(here, nights="quiet", late_on="2026-11-11", late_at="03:00")
        which = "Tue, Nov 10: 5:00 PM, 8:00 PM, 11:00 PM; Wed, Nov 11: 2:00 AM"
        assert f"Completed late: 4 doses are left out, as their times have passed ({which})." in page
        assert "the next times for the serum are about 5:00 AM" in page

    def test_each_text_says_what_its_segments_hold(self, look, here):
        assert "Text, 1 segment · 160 to a segment" in look(here)
        assert "Text, 2 segments · 70 to a segment" in look(here, language="es")

    def test_the_clinics_own_zones_come_first(self, clinic, look, here):
        Location.objects.create(name="Uptown", phone="+12125550111", time_zone="America/Chicago")
        zones = re.findall(r'<option value="([A-Za-z_]+/[^"]+)"></option>', look(here))
        assert zones[:3] == ["America/New_York", "America/Chicago", "Africa/Abidjan"]
        assert len(zones) == len(set(zones)) > 400

    def test_without_a_location_there_is_a_sample(self, db, look):
        page = look(f"/admin/aftercare/protocol/{Protocol.objects.get().pk}/preview/")
        assert "Your Clinic: time for your" in page
        assert 'name="location"' not in page

    def test_a_protocol_with_markup_in_its_name_and_texts(self, sign_in, draft):
        Protocol.objects.filter(slug="own").update(name="<b>Bold</b>")
        StepText.objects.filter(step__slug="hello").update(sms="{clinic}: <script>alert(1)</script>")
        page = sign_in("Clinician").get(draft, TUESDAY).content.decode()
        assert "Preview of &lt;b&gt;Bold&lt;/b&gt;" in page
        assert "Maple Street Clinic: &lt;script&gt;alert(1)&lt;/script&gt;" in page


class TestClocksThatChange:
    def test_an_hour_that_comes_twice(self, look, here):
        page = look(here, ended_on="2026-10-31", ended_at="19:30")
        assert "The clocks go back on this day: at 2:00 AM it is 1:00 AM once more, and the hour between comes twice." in page
        assert times_told(page)[:3] == ["10:30 PM", "1:30 AM", "3:30 AM"]
        assert "(the first time that day)" in page

    def test_the_second_time(self, look, here):
        page = look(here, ended_on="2026-10-31", ended_at="20:30")
        assert times_told(page)[:3] == ["11:30 PM", "1:30 AM", "4:30 AM"]
        assert "(the second time that day)" in page

    def test_an_hour_that_is_missing(self, look, here):
        page = look(here, ended_on="2027-03-13", ended_at="20:30")
        assert "The clocks go forward on this day: at 2:00 AM it is 3:00 AM at once, and the hour between is missing." in page
        assert times_told(page)[:3] == ["11:30 PM", "3:30 AM", "6:30 AM"]

    def test_a_step_at_a_time_that_is_missing(self, look, draft):
        ProtocolStep.objects.filter(slug="hello").update(at=["02:30"], first_after_hours=1, valid_minutes=720)
        assert "(instead of 2:30 AM, which is missing that day)" in look(draft, ended_on="2027-03-13")

    def test_a_session_that_ends_at_a_time_that_is_missing(self, look, here):
        assert "2:30 AM is missing on that day: the clocks go forward. It is taken as 3:30 AM." in look(
            here, ended_on="2027-03-14", ended_at="02:30"
        )

    def test_or_at_one_that_comes_twice(self, look, here):
        page = look(here, ended_on="2026-11-01", ended_at="01:30")
        assert "1:30 AM comes twice on that day: the clocks go back. It is taken as the first." in page
        assert times_told(page)[0] == "3:30 AM"


class TestWhatIsntRight:
    @pytest.mark.parametrize(
        ("field", "typed", "sentence"),
        [
            ("ended_on", "", "Choose a day."),
            ("ended_on", "2026-02-30", "Choose a day."),
            ("ended_on", "\0", "Choose a day."),
            ("ended_on", "9999-12-31", "Choose a day between 2000 and 2099."),
            ("ended_on", "0001-01-01", "Choose a day between 2000 and 2099."),
            ("ended_at", "", "Enter a time."),
            ("ended_at", "25:61", "Enter a time, such as 2:30 PM."),
            ("time_zone", "Mars/Olympus", "“Mars/Olympus” is not a time zone; use a name such as America/New_York."),
            ("time_zone", "Denver", "“Denver” is not a time zone; use a name such as America/Denver."),
            ("time_zone", "new york", "use a name such as America/New_York."),
            ("time_zone", "../../etc/passwd", "“../../etc/passwd” is not a time zone"),
            ("time_zone", "America/\0", "Null characters are not allowed."),
            ("time_zone", "x" * 20_000, "Ensure this value has at most 64 characters"),
            ("language", "tlh", "Select a valid choice. tlh is not one of the available choices."),
            ("nights", "loud", "Select a valid choice."),
            ("location", "9" * 30, "Select a valid choice."),
            ("product", "\0", "Null characters are not allowed."),
            ("late_on", "2026-11-12", "Enter a time, too."),
            ("late_at", "12:00", "Choose a day, too."),
        ],
    )
    def test_is_said_beside_the_field_and_the_rest_stays(self, look, here, field, typed, sentence):
        page = look(here, **{"reached_by": "email", field: typed})
        place = {"Enter a time, too.": "late_at", "Choose a day, too.": "late_on"}.get(sentence, field)
        beside = re.search(rf'id="preview-{place}-said".*?</div>', page, re.S)
        assert sentence in beside.group()
        assert "Correct what is marked, and the messages are shown." in page
        assert times_told(page) == []
        assert '<option value="email" selected>' in page
        if typed and "\0" not in typed and field in ("ended_on", "ended_at", "time_zone"):
            assert f'value="{typed}"' in page

    def test_completed_before_it_ended(self, look, here):
        page = look(here, late_on="2026-11-10", late_at="13:59")
        assert "It can’t be marked completed before it ended." in page

    def test_a_draft_that_isnt_right_is_shown_and_marked(self, look, draft):
        StepText.objects.filter(step__slug="hello").update(sms="{clinic}: hello {you")
        page = look(draft, language="es")
        assert '<span class="status status-draft">draft</span>' in page
        assert "Maple Street Clinic: hello {you" in page
        assert "Something isn’t right with 1 message: it is marked below." in page
        assert "{ is no placeholder: patients would read it as it stands." in page
        assert "Nothing is written in Spanish yet: it goes in English." in page

    def test_what_keeps_a_draft_from_being_published_stands_above(self, look, here, draft):
        page = look(draft)
        assert "What must be mended before it is published" in page
        assert "“hello” has no words in Spanish yet." in page
        assert "must be mended" not in look(here)

    def test_a_draft_without_steps(self, look, draft):
        ProtocolStep.objects.filter(slug="hello").delete()
        page = look(draft)
        assert "This version has no steps yet." in page
        assert "Nothing goes out." in page

    def test_a_draft_that_never_ends(self, look, draft):
        ProtocolStep.objects.filter(slug="hello").update(times=30_000, every_hours=30_000)
        page = look(draft)
        assert "With all its repeats this version may send 30000 messages. Lower that to 500 or fewer, and they are shown here." in page

    def test_more_texts_on_a_day_than_patients_agree_to(self, look, draft):
        ProtocolStep.objects.filter(slug="hello").update(times=13, every_hours=1)
        page = look(draft, ended_at="07:30")
        assert tiles(page)["Most texts on a day"] == ("13", "Tue, Nov 10; patients agree to 12", "What is beyond that isn’t sent.")

    def test_a_protocol_that_there_isnt(self, sign_in, here):
        assert sign_in("Clinician").get("/admin/aftercare/protocol/999999999999999999999999/preview/").status_code == 404


class TestTheEmailAlone:
    def test_is_the_one_that_is_sent_and_may_use_its_own_styles_only(self, sign_in, here):
        answer = sign_in("Clinician").get(f"{here}email/education-day-1-1/", TUESDAY | {"language": "es"})
        assert "<h1>Día 1: lo que puede ver en el espejo</h1>" in answer.content.decode()
        policy = dict(part.split(maxsplit=1) for part in answer["Content-Security-Policy"].split("; "))
        assert policy == {
            "default-src": "'none'",
            "style-src": "'unsafe-inline'",
            "img-src": "data:",
            "form-action": "'none'",
            "base-uri": "'none'",
            "frame-ancestors": "'self'",
            "sandbox": "allow-popups",
        }
        assert answer["X-Frame-Options"] == "SAMEORIGIN"

    def test_the_page_itself_may_stand_in_no_frame(self, sign_in, here):
        answer = sign_in("Clinician").get(here)
        assert answer["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert "unsafe-inline" not in answer["Content-Security-Policy"]

    @pytest.mark.parametrize("key", ["education-day-1-2", "nothing", "serum-day-3-night"])
    def test_of_a_message_that_there_isnt(self, sign_in, here, key):
        assert sign_in("Clinician").get(f"{here}email/{key}/").status_code == 404

    def test_asked_for_with_garbage(self, sign_in, here):
        assert sign_in("Clinician").get(f"{here}email/education-day-1-1/", {"time_zone": "\0"}).status_code == 404


@pytest.mark.parametrize("role", ROLES)
def test_whoever_may_read_protocols_may_look(sign_in, here, role):
    expected = 403 if role == "Front desk" else 200
    client = sign_in(role)
    assert client.get(here).status_code == expected
    assert client.get(f"{here}email/education-day-1-1/").status_code == expected
    assert client.post(here, TUESDAY).status_code == 405


def test_the_versions_page_leads_there(sign_in, here, draft):
    for preview in (here, draft):
        page = sign_in("Clinician").get(preview.replace("preview", "change")).content.decode()
        assert f'href="{preview}"' in page
