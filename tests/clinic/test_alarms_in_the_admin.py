"""Alarms as managers see them: on the first page, with what to do, and with a button for when it is done."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry

from clinic.dashboard import dashboard
from notifications.models import Alarm
from notifications.services import clear_alarms, raise_alarm
from tests.clinic_world import at
from tests.clock import freeze_time

NOON = at("2026-11-10", "12:00")
LATER = NOON + timedelta(minutes=10)
FILTERED = ("sms", "30007", "carriers filter our texts (Twilio's error 30007)")
UNPAID = ("sms", "30002", "our Twilio account is suspended (Twilio's error 30002)")


@pytest.fixture
def alarm(db, twilio):
    return raise_alarm(*FILTERED, times=3, now=NOON)


def test_a_manager_sees_what_to_do_and_clears_it(sign_in, alarm):
    client, here = sign_in("Manager"), f"/admin/notifications/alarm/{alarm.pk}/change/"
    page = client.get(here).content.decode()
    for words in ("Carriers filter our texts", "write to Twilio&#x27;s support", "Clear: it is mended"):
        assert words in page
    with freeze_time(LATER):
        client.force_login(client.get(here).wsgi_request.user)
        page = client.post(here, {"_clear": ""}, follow=True).content.decode()
    assert "1 alarm is cleared." in page
    assert "Clear: it is mended" not in page
    alarm.refresh_from_db()
    assert alarm.cleared_at == LATER
    assert LogEntry.objects.get().change_message == "Cleared."


def test_there_is_no_history_to_look_at_before_it_is_cleared(sign_in, alarm):
    client, here = sign_in("Manager"), f"/admin/notifications/alarm/{alarm.pk}/change/"
    assert "History" not in client.get(here).content.decode()
    client.post(here, {"_clear": ""})
    assert "History" in client.get(here).content.decode()


def test_several_are_cleared_from_the_list(sign_in, alarm):
    other = raise_alarm(*UNPAID, now=NOON)
    client = sign_in("Manager")
    chosen = {"action": "clear", "_selected_action": [alarm.pk, other.pk]}
    assert "2 alarms are cleared." in client.post("/admin/notifications/alarm/", chosen, follow=True).content.decode()
    assert not Alarm.objects.filter(cleared_at=None).exists()


@pytest.mark.parametrize("role", ["Front desk", "Clinician"])
def test_nobody_else_does(sign_in, alarm, role):
    client, here = sign_in(role), f"/admin/notifications/alarm/{alarm.pk}/change/"
    assert client.get(here).status_code == 403
    assert client.post(here, {"_clear": ""}).status_code == 403
    assert client.post("/admin/notifications/alarm/", {"action": "clear", "_selected_action": [alarm.pk]}).status_code == 403
    assert Alarm.objects.filter(cleared_at=None).exists()


def test_nothing_else_can_be_changed(sign_in, alarm):
    client = sign_in("Manager")
    assert client.post(f"/admin/notifications/alarm/{alarm.pk}/change/", {"explanation": "all is well"}).status_code == 403
    assert client.get("/admin/notifications/alarm/add/").status_code == 403
    assert client.post(f"/admin/notifications/alarm/{alarm.pk}/delete/", {"post": "yes"}).status_code == 403
    alarm.refresh_from_db()
    assert alarm.explanation == FILTERED[2]


@pytest.mark.parametrize(("standing", "shown"), [("open", [FILTERED[1]]), ("cleared", [UNPAID[1]]), ("nonsense", [FILTERED[1], UNPAID[1]])])
def test_the_list_is_filtered(sign_in, alarm, standing, shown):
    raise_alarm(*UNPAID, now=NOON)
    clear_alarms(Alarm.objects.filter(code=UNPAID[1]), now=NOON)
    page = sign_in("Manager").get(f"/admin/notifications/alarm/?standing={standing}").content.decode()
    assert [code for code in (FILTERED[1], UNPAID[1]) if f"error {code}" in page] == shown


def test_the_first_page_opens_with_it_while_one_is_open(sign_in, alarm):
    manager = sign_in("Manager").get("/admin/").wsgi_request.user
    tile, *others = dashboard(manager, NOON).tiles
    assert not any(other.is_alarm for other in others)
    assert (tile.name, tile.count, tile.detail, tile.url, tile.is_alarm) == (
        "Alarms open",
        1,
        "Carriers filter our texts (Twilio's error 30007)",
        "/admin/notifications/alarm/?standing=open",
        True,
    )
    clear_alarms(Alarm.objects.all(), now=NOON)
    assert "Alarms open" not in [tile.name for tile in dashboard(manager, NOON).tiles]
    desk = sign_in("Front desk").get("/admin/").wsgi_request.user
    raise_alarm(*FILTERED, now=NOON)
    assert "Alarms open" not in [tile.name for tile in dashboard(desk, NOON).tiles]
