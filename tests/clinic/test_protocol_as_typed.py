"""While a step is being typed, its page shows what a patient would get of it. Nothing is saved."""

import re

import pytest
from django.test import Client

from aftercare.models import Protocol
from aftercare.services import draft_of
from tests.clinic.protocol_pages import form_of, page, published, read, step_of, step_page
from tests.clinic_world import TODAY

TUESDAY = {"show": "1", "ended_on": "2026-11-10", "ended_at": "14:00", "nights": "texts", "language": "en"}


@pytest.fixture
def draft(clinic) -> Protocol:
    return draft_of(published(), by=None, now=TODAY)


@pytest.fixture
def dana(clinic, sign_in) -> Client:
    return sign_in("Clinician")


@pytest.fixture
def typed(dana, draft):
    """`typed("serum-day", every_hours="2")`: what stands there once that is typed."""

    def shown(slug: str, /, **changed: str) -> str:
        row = step_of(draft, slug)
        before = row.as_domain()
        answer = dana.post(step_page(row), form_of(dana, step_page(row)) | TUESDAY | changed)
        assert answer.status_code == 200
        after = step_of(draft, slug).as_domain()
        assert (after, after.texts) == (before, before.texts)
        return panel(read(answer))

    return shown


def panel(said: str) -> str:
    return said[said.index('aria-labelledby="as-typed-title"') : said.index("Save and go back")]


def times_told(said: str) -> list[str]:
    return re.findall(r'<time datetime="[^"]+">([^<]+)</time>', said)


def test_it_is_there_from_the_beginning(dana, draft):
    said = panel(read(dana.get(step_page(step_of(draft, "serum-day")))))
    assert "8 doses, every 3 hours from 3 hours after the session’s end." in said
    assert len(times_told(said)) == 8


def test_times_and_words_follow_what_is_typed(typed):
    said = typed("serum-day", every_hours="2", times="3", **{"en-sms": "{clinic}: {number} of {of}, {phone}."})
    assert "3 doses, every 2 hours from 3 hours after the session’s end." in said
    assert times_told(said) == ["5:00 PM", "7:00 PM", "9:00 PM"]
    assert "Maple Street Clinic: 1 of 3, (212) 555-0100. Reply STOP to opt out." in said
    assert "Maple Street Clinic: 3 of 3, (212) 555-0100." in said
    assert "F16 says every 3 hours; this step says every 2 hours." in said


def test_for_whom_is_chosen(typed):
    said = typed("serum-day", nights="quiet", language="es")
    assert times_told(said)[:3] == ["5:00 PM", "8:00 PM", "8:30 PM"]
    assert "The night’s doses: 11:00 PM, 2:00 AM, 5:00 AM." in said
    assert "su sérum hialurónico" in said
    refused = typed("serum-day", ended_on="")
    assert "Choose a day." in refused
    assert times_told(refused) == []


def test_what_would_keep_it_from_being_published_is_said(typed):
    said = typed("serum-day", every_hours="1", times="24", **{"en-sms": "{clinic}: your {patient} face."})
    assert "On one day it can send" in said
    assert "The text message says “face”." in said
    assert "“{patient}” in the text message stands for nothing." in said


def test_what_isn_t_complete_is_named(typed):
    said = typed("serum-day", every_hours="", times="x")
    assert "Fill in or correct these, and it is shown here: How many at most." in said
    assert times_told(said) == []


def test_a_new_step_too(dana, draft):
    new = {"slug": "hello", "kind": "education", "channel": "sms", "timing": "clock", "first_after_hours": "36", "at": "9 am", "times": "1"}
    answer = dana.post(page(draft, "step"), new | TUESDAY | {"valid_hours": "12", "en-sms": "{clinic}: hello. {phone}"})
    said = panel(read(answer))
    assert times_told(said) == ["9:00 AM"]
    assert re.search(r"Thursday, November 12 <span[^>]*>day 2</span>", said)
    assert "Maple Street Clinic: hello. (212) 555-0100" in said
    assert not draft.steps.filter(slug="hello").exists()


def test_a_published_step_has_none_and_a_manager_sees_none(dana, draft, sign_in):
    assert "as-typed" not in read(dana.get(step_page(step_of(published()))))
    manager, row = sign_in("Manager"), step_of(draft)
    assert "as-typed" not in read(manager.get(step_page(row)))
    assert manager.post(step_page(row), TUESDAY).status_code == 403
