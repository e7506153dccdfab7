"""The pages on which recalls are sent, and set to go by themselves: what is said beforehand is what happens."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from aftercare import services
from scheduling.models import Patient, RecallAction, RecallPolicy
from tests.clinic_world import FIRST, Clinic, at
from tests.clock import freeze_time
from tests.staff import member

SEND, POLICY, REPORT = "/admin/maintenance-due/send/", "/admin/maintenance-due/automatic/", "/admin/maintenance-due/"
DUE, NIGHT = at("2026-12-15", "11:00"), at("2026-12-15", "23:00")


@pytest.fixture
def due(clinic: Clinic) -> Clinic:
    """Ana agreed to texts, Ben to emails, Chloe to none."""
    clinic.agrees_to_recalls(clinic.ana)
    clinic.agrees_to_recalls(clinic.ben, channels=("email",))
    for hours, who in enumerate((clinic.ana, clinic.ben, clinic.chloe)):
        clinic.treat(who, FIRST - timedelta(hours=2 * hours))
    return clinic


def browser(role: str = "Manager") -> Client:
    client = Client()
    client.force_login(member(role))
    return client


def post(path, data, now=DUE, role="Manager"):
    with freeze_time(now):
        return browser(role).post(path, data)


def words_of(answer) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def said(answer) -> list[str]:
    return [str(message) for message in answer.wsgi_request._messages]


def everybody(clinic: Clinic) -> dict:
    return {"patient": [clinic.ana.pk, clinic.ben.pk, clinic.chloe.pk]}


def test_first_it_says_who_gets_what_and_why_not_and_what_it_costs(due):
    page = words_of(post(SEND, everybody(due)))
    assert "Get a text 1 Get an email 1 Get nothing 1" in page
    assert "1 no consent for recalls" in page
    assert "They go out at once. The text takes one segment and costs less than a cent." in page
    assert "Maple Street Clinic: it's time to plan your next session. Reply BOOK and we'll call you, or call (212) 555-0100." in page
    assert "Send 2 recalls" in page
    assert not RecallAction.objects.exists()


def test_at_night_it_says_when_they_go(due):
    page = words_of(post(SEND, everybody(due), now=NIGHT))
    assert "It is night where they live: they go out at 10 AM on the patient’s own clock." in page


def test_sent_at_night_it_says_once_more_when_they_go(due):
    services.set_recall_policy({"hour": 18}, now=DUE)
    Patient.objects.filter(pk=due.ben.pk).update(time_zone="America/Los_Angeles")
    both, night_in_new_york = {"patient": [due.ana.pk, due.ben.pk], "press": "send"}, at("2026-12-15", "22:00")
    assert said(post(SEND, both, now=night_in_new_york)) == [
        "2 recalls are on their way: 1 text and 1 email; 1 of them at 6 PM on the patient’s own clock."
    ]
    RecallAction.objects.all().delete()
    assert said(post(SEND, both | {"patient": [due.ana.pk]}, now=night_in_new_york)) == [
        "1 recall is on its way: 1 text, at 6 PM on the patient’s own clock."
    ]


def test_one_press_sends_them_and_leads_back_with_what_happened(due):
    answer = post(SEND, everybody(due) | {"press": "send", "query": "bucket=next_session_due"})
    assert (answer.status_code, answer["Location"]) == (302, f"{REPORT}?bucket=next_session_due")
    assert said(answer) == [
        "2 recalls are on their way: 1 text and 1 email.",
        "Nothing is sent to the others: 1 no consent for recalls.",
    ]
    made = RecallAction.objects.order_by("patient")
    assert [(one.patient, one.way, one.outcome, one.by) for one in made] == [
        (due.ana, "sms", "waiting", member("Manager")),
        (due.ben, "email", "waiting", member("Manager")),
    ]


def test_a_second_press_sends_nothing_more_and_says_so(due):
    only_ana = {"patient": [due.ana.pk], "press": "send"}
    post(SEND, only_ana)
    assert said(post(SEND, only_ana)) == ["They were on their way already: nothing is sent twice."]
    services.tell_recalls(DUE)
    assert said(post(SEND, only_ana, now=DUE + timedelta(hours=3))) == ["Nothing is sent to the others: 1 had one today already."]
    assert RecallAction.objects.count() == 1


def test_all_that_match_are_those_of_the_report(due):
    page = post(SEND, {"all": "on", "query": "bucket=next_session_due"})
    assert "Send 2 recalls" in words_of(page)
    assert said(post(SEND, {"all": "on", "query": "bucket=next_session_due", "press": "send"}))[0].startswith("2 recalls are on their way")


def test_more_than_a_press_takes_are_refused_in_a_sentence(due, monkeypatch):
    monkeypatch.setattr("scheduling.views.chosen.MOST", 1)
    everyone = {"all": "on", "query": "bucket=all", "press": "send"}
    assert "Narrow the filters, and do it in several steps." in words_of(post(SEND, everyone))
    assert not RecallAction.objects.exists()


@pytest.mark.parametrize(
    "sent", [{}, {"patient": ["x", "-1", "9" * 30, "\0"]}, {"all": "on", "query": "bucket=nonsense&as_of=9999-99-99"}, {"press": "send"}]
)
def test_garbage_gets_a_page(due, sent):
    assert post(SEND, sent).status_code == 200
    assert not RecallAction.objects.exists()


def test_looking_changes_nothing_and_the_front_desk_may_not(due):
    with freeze_time(DUE):
        assert browser().get(SEND).status_code == 200
    assert post(SEND, everybody(due) | {"press": "send"}, role="Front desk").status_code == 403
    assert not RecallAction.objects.exists()


class TestThePolicy:
    SET = {"is_on": "on", "days_before": "14", "weeks_after": "4", "most": "3", "hour": "10", "sends_digest": "on"}

    def test_it_is_off_and_says_what_it_would_do(self, db):
        page = words_of(browser().get(POLICY))
        assert "Off: recalls go out by hand only" in page
        assert (
            "A patient hears from us 3 times at most: the first 14 days before the session is due, the second on the day itself, "
            "the third 4 weeks after; at 10 AM on the patient’s clock."
        ) in page
        assert not RecallPolicy.objects.exists()

    def test_switched_on_it_begins_today(self, db):
        answer = post(POLICY, self.SET | {"hour": "16"})
        assert said(answer) == ["Recalls go out by themselves from now on."]
        policy = RecallPolicy.objects.get()
        assert (policy.is_on, policy.hour, str(policy.since)) == (True, 16, "2026-12-15")
        assert "On since December 15, 2026" in words_of(browser().get(POLICY))

    @pytest.mark.parametrize(("name", "value"), [("days_before", "3"), ("weeks_after", "0"), ("most", "4"), ("hour", "21"), ("hour", "x")])
    def test_what_patients_didnt_agree_to_or_nobody_understands_is_refused(self, db, name, value):
        assert post(POLICY, self.SET | {name: value}).status_code == 200
        assert not RecallPolicy.objects.exists()

    def test_only_managers_may(self, db):
        assert post(POLICY, self.SET, role="Front desk").status_code == 403
        assert browser("Clinician").get(POLICY).status_code == 403
        assert not RecallPolicy.objects.exists()
