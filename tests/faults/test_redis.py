"""Redis killed with all that it held. It only wakes, so nothing is lost with it, and nobody at the desk notices."""

import re
import time
from datetime import datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import requests
from celery import Celery
from django.test import Client
from django.utils import timezone

from aftercare.models import CareMessage
from notifications.models import Message
from scheduling.models import Appointment, Location, Patient, Product
from tests.clinic_world import Clinic, open_clinic
from tests.faults.provider import BAD_MANNERS
from tests.faults.story import Story
from tests.staff import member

# The board shows what time it is, and the minute may turn between two looks.
CLOCK = re.compile(r'(class="now-label[^>]*>)[^<]*')
STRANGE = re.compile(r"redis|celery|broker|try again|can.t be reached", re.IGNORECASE)
PAGES = ("/admin/", "/admin/board/", "/admin/inbox/", "/admin/scheduling/appointment/add/", "/admin/scheduling/appointment/")


def crash(story: Story) -> None:
    story.engines.redis.crash()
    time.sleep(story.random.uniform(0, 0.1))
    story.engines.redis.come_back()


def test_redis_killed_with_its_data_loses_nothing_and_doubles_nothing(begin, size):
    with begin("redis") as story:
        crashes, seconds = size(10, 1), size(60, 2)
        story.provider.manners = BAD_MANNERS
        story.open()
        story.plan(size(2000, 250), seconds)
        for _ in story.moments(crashes, seconds):
            crash(story)
        story.settle(faults=crashes)


def test_control_what_waits_in_redis_alone_is_lost_with_it(begin):
    """No beat: then nothing but the wake-up call of a commit knows of the messages."""
    with begin("redis, no beat") as story:
        story.plan(50, 0)
        with Celery(broker=story.engines.redis_url, set_as_current=False) as waker:
            waker.send_task("notifications.tasks.dispatch_due")
        crash(story)
        story.open(prefork=0, beats=0)
        story.figures |= {"faults": 1, "seconds": story.wait_until_settled(2)}
        assert story.judge().lost == 50
        story.fleet.beat()
        story.settle(faults=1)


class Desk:
    """Somebody at the front desk, over the wire."""

    def __init__(self, story: Story) -> None:
        self.address = f"http://127.0.0.1:{story.web_port}"
        signed_in = Client()
        signed_in.force_login(member("Front desk"))
        self.browser = requests.Session()
        self.browser.cookies.set("sessionid", signed_in.cookies["sessionid"].value)
        self.browser.cookies.set("csrftoken", "c" * 32)

    def get(self, path: str) -> str:
        return self._read(self.browser.get(self.address + path, timeout=20))

    def post(self, path: str, **answers: object) -> str:
        return self._read(self.browser.post(self.address + path, answers, headers={"X-CSRFToken": "c" * 32}, timeout=20))

    def _read(self, answer: requests.Response) -> str:
        """What the page says but for the time, once it has come, at the usual pace, and without a strange word."""
        assert answer.status_code == 200, answer.text[:2000]
        assert answer.elapsed < timedelta(seconds=10)
        shown = CLOCK.sub(r"\1", answer.text)
        said = " ".join(unescape(re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", shown, flags=re.DOTALL)).split())
        assert not STRANGE.search(said), said
        return said


def at_noon() -> tuple[Clinic, datetime]:
    """A clinic where it is shortly after noon: no quiet hours, whatever the hour of this test."""
    now = timezone.now()
    zone = f"Etc/GMT{now.hour - 12:+d}"
    clinic = open_clinic()
    for model in (Location, Patient):
        model.objects.update(time_zone=zone)
    for one in (clinic.location, clinic.ana, clinic.ben):
        one.refresh_from_db()
    return clinic, now.astimezone(ZoneInfo(zone))


def test_the_desk_works_on_without_it_and_messages_go_when_it_is_back(begin):
    with begin("redis, at the desk") as story:
        clinic, now = at_noon()
        clinic.consents(clinic.ana)
        early = clinic.book(clinic.consents(clinic.ben), now - timedelta(hours=2), now=now - timedelta(days=3))
        desk, web = Desk(story), story.fleet.web(story.web_port)
        story.fleet.wait_until_ready()
        usual = {path: desk.get(path) for path in PAGES}
        story.engines.redis.crash()

        assert {path: desk.get(path) for path in PAGES} == usual
        desk.post(
            "/admin/scheduling/appointment/add/",
            patient=clinic.ana.pk,
            treatment=clinic.face.pk,
            practitioner=clinic.dana.pk,
            room=clinic.room.pk,
            starts_at_0=f"{now + timedelta(days=1):%Y-%m-%d}",
            starts_at_1="12:00",
            nights="texts",
        )
        booked = Appointment.objects.get(patient=clinic.ana)
        desk.post(f"/admin/scheduling/appointment/{early.pk}/step/arrive/")
        desk.post(
            f"/admin/scheduling/appointment/{early.pk}/step/complete/",
            completed_at_0=f"{now - timedelta(minutes=30):%Y-%m-%d}",
            completed_at_1=f"{now - timedelta(minutes=30):%H:%M}",
            product=Product.objects.get(name="hyaluronic acid serum").pk,
            wants_quiet_nights="texts",
        )
        early.refresh_from_db()
        confirmation = CareMessage.objects.get(appointment=booked, kind="confirmation").message
        assert (booked.status, early.status, confirmation.status) == ("booked", "fulfilled", "scheduled")
        assert CareMessage.objects.filter(plan__appointment=early, kind="dose").count() > 20
        assert "Traceback" not in web.log.read_text()

        story.engines.redis.come_back()
        story.open(prefork=0)
        story.wait_for(lambda: Message.objects.get(pk=confirmation.pk).status == "accepted")
        assert story.log.count("taken") == 1
