"""A concern that somebody acknowledged, or that everybody was told of, and that is open still: who is reminded, when, and how often."""

from datetime import timedelta
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from aftercare.models import Concern, OnCallContact
from aftercare.services import acknowledge, escalate_due, raise_concern, resolve
from aftercare.services.concerns import escalating
from notifications.models import Alarm, Message
from notifications.services import remedy_for, suppress
from tests.clinic_world import TODAY, at, outbox
from tests.staff import member

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NIGHT = at("2026-10-28", "23:30")  # a Wednesday
TAKEN = NIGHT + 5 * MINUTE


def staff(role: str, email: str = "", **names: str) -> User:
    user = member(role)
    User.objects.filter(pk=user.pk).update(email=email, **names)
    user.refresh_from_db()
    return user


@pytest.fixture
def mai(db) -> User:
    """A clinician."""
    return staff("Clinician", "mai@example.org", first_name="Mai", last_name="Moss")


@pytest.fixture
def on_call(clinic) -> list[OnCallContact]:
    return [
        OnCallContact.objects.create(name="Dana Diaz", phone="+12125550120", email="dana@example.org", position=1),
        OnCallContact.objects.create(name="Eli Evans", phone="+12125550121", position=2),
        OnCallContact.objects.create(name="Fay Fox", email="fay@example.org", position=3, is_active=False),
    ]


def acknowledged(clinic, by: User, severity: str = "urgent") -> Concern:
    concern = raise_concern(patient=clinic.ana, severity=severity, said="My cheek won't stop bleeding.", now=NIGHT)
    return acknowledge(concern, by=by, now=TAKEN)


def reminded(**about) -> list[str]:
    """Whom, in the order in which it was written."""
    reminders = Message.objects.filter(subject__startswith="Still open", **about) | Message.objects.filter(
        subject__startswith="Nobody has seen", **about
    )
    return list(reminders.order_by("pk").values_list("address", flat=True))


def steps(concern: Concern) -> list[tuple[str, str]]:
    return list(concern.events.filter(what="reminded").order_by("pk").values_list("what", "detail"))


class TestAnAcknowledgedOne:
    def test_after_a_day_whoever_acknowledged_it_is_reminded_by_email_without_her_name_or_words(self, clinic, on_call, mai, settings):
        settings.PUBLIC_BASE_URL = "https://clinic.example.org"
        concern = acknowledged(clinic, mai)
        assert escalate_due(TAKEN + DAY - MINUTE) == 0
        assert escalate_due(TAKEN + DAY) == 1
        [letter] = outbox(channel="email")
        assert (letter.address, letter.subject) == ("mai@example.org", "Still open: a patient's concern (urgent)")
        assert (letter.send_at, letter.expires_at, letter.quiet_from) == (TAKEN + DAY, TAKEN + 2 * DAY, None)
        assert letter.body.startswith(
            "Mai Moss acknowledged a patient's concern (urgent) on October 28 at 11:35 PM, and nobody has resolved it yet. Until it is "
            "resolved, the patient's routine messages are paused: those of the aftercare, and reminders that a session is due.\n\n"
            "If it is over, a clinician or a manager writes what came of it and resolves it. If it isn't, please see to it:\n"
            f"https://clinic.example.org/admin/inbox/{clinic.ana.pk}/\n"
        )
        assert "Ana" not in letter.body + letter.subject + letter.html
        assert "bleeding" not in letter.body + letter.html
        assert steps(concern) == [("reminded", "Mai Moss")]

    def test_and_every_day_from_then_on_with_those_on_call(self, clinic, on_call, mai):
        concern = acknowledged(clinic, mai)
        for hours in range(24 * 4):
            escalate_due(TAKEN + hours * HOUR)
        assert reminded() == ["mai@example.org", *["mai@example.org", "dana@example.org"] * 2]
        assert steps(concern)[-2:] == [("reminded", "Mai Moss"), ("reminded", "Dana Diaz")]

    def test_after_an_outage_of_days_there_is_one_and_no_burst(self, clinic, on_call, mai):
        acknowledged(clinic, mai)
        assert [escalate_due(TAKEN + 5 * DAY), escalate_due(TAKEN + 5 * DAY + MINUTE)] == [1, 0]
        assert reminded() == ["mai@example.org"]
        assert escalate_due(TAKEN + 6 * DAY) == 1

    def test_resolved_nobody_is_reminded_and_what_hasnt_left_is_taken_back(self, clinic, on_call, mai):
        concern = acknowledged(clinic, mai)
        escalate_due(TAKEN + DAY)
        concern = resolve(concern, note="Seen: all well.", by=mai, now=TAKEN + DAY + MINUTE)
        assert reminded(status="cancelled") == ["mai@example.org"]
        assert (concern.escalate_at, concern.remind_at) == (None, None)
        assert escalate_due(TAKEN + 3 * DAY) == 0

    def test_one_that_can_wait_holds_nothing_back_and_is_remembered_once_a_week(self, clinic, on_call, mai):
        acknowledged(clinic, mai, "soon")
        for days in range(1, 15):
            escalate_due(TAKEN + days * DAY)
        assert reminded() == ["mai@example.org", "mai@example.org", "dana@example.org"]
        assert "paused" not in outbox(address="dana@example.org")[-1].body

    def test_whoever_may_not_resolve_it_isnt_reminded_alone(self, clinic, on_call):
        acknowledged(clinic, staff("Front desk", "flo@example.org"))
        escalate_due(TAKEN + DAY)
        assert reminded() == ["flo@example.org", "dana@example.org"]

    @pytest.mark.parametrize("how", ["has no address", "said stop", "has left"])
    def test_where_they_cant_be_reminded_those_on_call_are(self, clinic, on_call, mai, how):
        concern = acknowledged(clinic, mai)
        if how == "said stop":
            suppress("email", "mai@example.org", reason="said stop", now=TODAY)
        changed = {"has no address": {"email": ""}, "has left": {"is_active": False}}.get(how, {})
        User.objects.filter(pk=mai.pk).update(**changed or {"email": mai.email})
        assert escalate_due(TAKEN + DAY) == 1
        assert reminded() == ["dana@example.org"]
        assert steps(concern) == [("reminded", "Dana Diaz")]

    def test_by_the_address_at_which_they_are_on_call_where_the_sign_in_has_none(self, clinic, on_call, mai):
        User.objects.filter(pk=mai.pk).update(email="")
        OnCallContact.objects.create(name="Mai Moss, NP", user=mai, phone="+12125550123", email="mai.moss@example.org", position=4)
        acknowledged(clinic, mai)
        escalate_due(TAKEN + DAY)
        assert reminded() == ["mai.moss@example.org"]

    def test_where_nobody_on_call_has_an_address_all_who_may_resolve_it_are(self, clinic, mai):
        staff("Manager", "gus@example.org")
        staff("Front desk", "flo@example.org")
        User.objects.filter(pk=mai.pk).update(email="")
        acknowledged(clinic, mai)
        escalate_due(TAKEN + DAY)
        assert reminded() == ["gus@example.org"]

    def test_where_nobody_has_one_an_operator_hears_once_until_it_is_over(self, clinic, mai, settings):
        settings.OPERATOR_EMAILS = ["operator@example.org"]
        User.objects.filter(pk=mai.pk).update(email="")
        OnCallContact.objects.create(name="Eli Evans", phone="+12125550121")
        concern = acknowledged(clinic, mai)
        for days in range(1, 4):
            assert escalate_due(TAKEN + days * DAY) == 1
        alarm = Alarm.objects.get()
        assert (alarm.code, alarm.times, alarm.cleared_at) == (f"nobody to remind, concern {concern.pk}", 3, None)
        assert remedy_for(alarm).startswith("Open the inbox and see to the concern: it is open still.")
        assert len(outbox(address="operator@example.org")) == 1
        resolve(concern, note="All well.", by=mai, now=TAKEN + 4 * DAY)
        assert not Alarm.objects.filter(cleared_at=None).exists()

    def test_worse_again_it_is_told_as_at_first_and_no_reminder_comes(self, clinic, on_call, mai):
        acknowledged(clinic, mai)
        again = raise_concern(patient=clinic.ana, severity="urgent", said="It bleeds again.", now=TAKEN + 20 * HOUR)
        assert (again.acknowledged_at, again.remind_at, again.escalate_at) == (None, None, TAKEN + 20 * HOUR + 15 * MINUTE)
        acknowledge(again, by=mai, now=TAKEN + 20 * HOUR + MINUTE)
        assert escalate_due(TAKEN + DAY) == 0
        assert reminded() == []


class TestOneThatNobodyAcknowledged:
    def test_once_nobody_is_left_to_tell_those_on_call_are_reminded_daily(self, clinic, on_call):
        on_call[1].delete()
        concern = raise_concern(patient=clinic.ana, severity="urgent", said="It bleeds.", now=NIGHT)
        for quarter in range(1, 3):
            escalate_due(NIGHT + 15 * quarter * MINUTE)
        concern.refresh_from_db()
        end = NIGHT + 30 * MINUTE
        assert (concern.escalate_at, concern.remind_at) == (None, end + DAY)
        assert escalate_due(end + DAY - MINUTE) == 0
        assert [escalate_due(end + DAY), escalate_due(end + 2 * DAY)] == [1, 1]
        assert reminded() == ["dana@example.org"] * 2
        letter = outbox(address="dana@example.org")[0]
        assert letter.subject == "Nobody has seen to it yet: a patient's concern (urgent)"
        said = "was raised on October 28 at 11:30 PM, and nobody has acknowledged it yet. Until it is resolved, the patient's routine"
        assert said in letter.body

    def test_where_nobody_is_on_call_all_who_may_resolve_it_are(self, clinic, mai):
        raise_concern(patient=clinic.ana, severity="soon", said="Hm.", now=NIGHT)
        assert escalate_due(NIGHT + DAY) == 1
        assert reminded() == ["mai@example.org"]


class TestWhatHoldsIt:
    def test_postgresql_keeps_every_open_concern_on_a_clock(self, clinic, on_call, mai):
        concern = acknowledged(clinic, mai)
        for wrong in ({"remind_at": None}, {"escalate_at": NIGHT}, {"resolved_at": NIGHT, "note": "x"}):
            with pytest.raises(IntegrityError, match="no_open_concern_is_forgotten"), transaction.atomic():
                Concern.objects.filter(pk=concern.pk).update(**wrong)

    def test_a_worker_that_dies_in_the_middle_leaves_nothing_half_done(self, clinic, on_call, mai, monkeypatch):
        concern, set_clocks = acknowledged(clinic, mai), escalating.set_clocks

        def dies(*args, **about):
            raise ZeroDivisionError

        monkeypatch.setattr(escalating, "set_clocks", dies)
        assert escalate_due(TAKEN + DAY) == 0
        assert (reminded(), steps(concern)) == ([], [])
        assert Alarm.objects.get().code == f"concern not escalated, concern {concern.pk}"
        monkeypatch.setattr(escalating, "set_clocks", set_clocks)
        assert escalate_due(TAKEN + DAY + MINUTE) == 1
        assert reminded() == ["mai@example.org"]

    def test_two_workers_at_once_remind_once(self, committed_clinic, at_once):
        mai = staff("Clinician", "mai@example.org")
        acknowledged(committed_clinic, mai)
        assert sorted(at_once([lambda: escalate_due(TAKEN + DAY)] * 4)) == [0, 0, 0, 1]
        assert reminded() == ["mai@example.org"]

    def test_its_control_without_the_lock_each_of_them_reminds(self, committed_clinic, at_once, monkeypatch):
        mai, both, remind = staff("Clinician", "mai@example.org"), Barrier(2), escalating.remind
        acknowledged(committed_clinic, mai)

        def together(concern, **about):
            both.wait(timeout=20)
            return remind(concern, **about)

        monkeypatch.setattr(escalating, "remind", together)
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)
        assert at_once([lambda: escalate_due(TAKEN + DAY)] * 2) == [1, 1]
        assert len(reminded()) == 2
