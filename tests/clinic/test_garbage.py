"""Garbage in an address or a form is answered by a page, a sentence or a 404, whatever it is and wherever it stands."""

import os
import random
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from scheduling.models import Appointment
from tests.clinic.test_matrix import NOW, everything, filled, made, world
from tests.clock import freeze_time
from tests.staff import member

__all__ = ["everything", "made", "world"]

SEED, ROUNDS = os.environ.get("GARBAGE_SEED", "4"), int(os.environ.get("GARBAGE_ROUNDS", "15"))


def words(text: str) -> list[str]:
    return text.split()


DAYS = words("0001-01-01 9999-12-31 2199-12-31 2200-01-01 1999-12-31 2026-11-10 2026-03-08 2026-02-30 20261110 2026-W46-2")
WORDS = ["", "\0", "a\0b", "\ud7ff\ue000", "\r\nSet-Cookie: a=b", "<script>alert(1)</script>", "'\"><b>", "%s%d%(a)s{0}", "x" * 20_000]
WORDS += [
    "\u202e",
    "_",
    "%",
    "\\",
    "ſİı",
    "1/2/1990",
    "29 Feb 2100",
    "//evil.example",
    "//",
    "/\\evil.example",
    "javascript:alert(1)",
    "/admin/",
]
KINDS = [
    ["0", "-1", "1", "999999", "9" * 18, "9" * 19, str(2**63), "9" * 5000, "1.5", "1e9", "٣", "１", "0x1", "NaN", "on"],
    DAYS,
    ["00:00", "02:30", "24:00", "23:59", "9:00 am", "25:61", "noon", "2:30 AM", "01:30:59.999999"],
    [*(f"{day}T{clock}" for day in DAYS for clock in ("02:30", "23:59")), "2026-11-01T01:30", "T", "2026-11-10T15:00:00+99:99"],
    WORDS,
    ["//", "2026-11-10T15:00/1/1", f"2026-11-10T15:00/{'9' * 18}/1", "9999-99-99T99:99/1/1", "a/b/c", "2026-11-10T15:00/\0/1"],
    ["1/1/1/1/x", f"{'9' * 18}/{'9' * 18}/1/1/x", "1/7000000000/1/1/x", "////", "1/2/3/4/", "\0/1/1/1/x", "1/1/1/1/x/y"],
    words("day week month practitioner room none move today past over all overdue newcomer another texts quiet"),
]

LIST = words(
    "q p o all e when answer status standing location__id__exact practitioner__id__exact is_active__exact _facets _popup _to_field"
)
STEP = ["next", "completed_at_0", "completed_at_1", "product", "wants_quiet_nights", "reason", "confirmed", "preview", "then_book"]
MOVE = ["starts_at", "practitioner", "room", "slot", "along", "seen", "next", "from", "confirmed"]
WAIT = words("patient appointment treatment location practitioner first_on last_on starts_from starts_until shown_for")
BOOK = words(
    "patient treatment practitioner room location starts_at starts_at_0 starts_at_1 next q who with from later"
    " all_of show choose slot nights is_somebody_else new-first_name new-last_name new-birth_date new-phone new-"
    " email new-language new-time_zone new-wants_quiet_nights"
)
PREVIEW = words("ended_on ended_at time_zone nights language reached_by location product late_on late_at")
REPORT = words("as_of bucket location practitioner treatment due_from due_until sort dir after before part")
ONE = "/admin/scheduling/appointment/{appointment}"
ADDRESSES = {
    "GET /admin/board/": ["view", "by", "location", "day", "who"],
    f"GET {ONE}/card/": ["next"],
    "GET /admin/scheduling/appointment/add/": BOOK,
    "POST /admin/scheduling/appointment/add/": BOOK,
    "GET /admin/scheduling/appointment/add/patients/": ["q"],
    f"GET {ONE}/move/": MOVE,
    f"POST {ONE}/move/": MOVE,
    "POST /admin/scheduling/appointment/move/{move}/undo/": ["next"],
    f"POST {ONE}/confirm/": ["next"],
    f"GET {ONE}/step/complete/preview/": STEP,
    f"POST {ONE}/step/complete/": STEP,
    f"POST {ONE}/step/cancel/": STEP,
    "GET /admin/scheduling/appointment/{completed}/next/": ["next"],
    "GET /admin/scheduling/appointment/": LIST,
    "GET /admin/scheduling/patient/": LIST,
    "GET /admin/scheduling/waitlistentry/": LIST,
    "GET /admin/scheduling/waitlistentry/add/": WAIT,
    "POST /admin/scheduling/waitlistentry/add/": WAIT,
    "POST /admin/scheduling/practitioner/{practitioner}/calendar/": ["make", "revoke"],
    "GET /admin/inbox/": ["show", "location", "q", "p", "part", "seen", "newest"],
    "GET /admin/inbox/{patient}/": ["all", "part", "seen"],
    "GET /admin/inbox/unknown/{unknown reply}/": ["all", "part", "seen"],
    "POST /admin/inbox/{patient}/answer/": ["words", "seen", "heard", "concern"],
    "POST /admin/inbox/{patient}/count/": ["words"],
    "POST /admin/inbox/{patient}/read/": ["seen"],
    "POST /admin/inbox/{patient}/raise/": ["said", "severity"],
    "POST /admin/inbox/unknown/{unknown reply}/read/": ["seen"],
    "POST /admin/inbox/concern/{concern}/acknowledge/": ["next", "heard"],
    "POST /admin/inbox/concern/{concern}/resolve/": ["note", "heard"],
    "GET /admin/aftercare/protocol/{aftercare.protocol}/preview/": PREVIEW,
    "GET /admin/aftercare/protocol/{aftercare.protocol}/preview/email/serum-day-1/": PREVIEW,
    "GET /admin/maintenance-due/": REPORT,
    "GET /admin/calls/": REPORT,
    "POST /admin/maintenance-due/views/": ["name", "query", "is_shared"],
    "POST /admin/maintenance-due/send/": ["patient", "all", "query", "press", "next"],
    "POST /admin/maintenance-due/automatic/": ["is_on", "days_before", "weeks_after", "most", "hour", "sends_digest"],
    "POST /admin/maintenance-due/views/{saved view}/": ["name", "is_shared", "delete"],
    "POST /admin/maintenance-due/snooze/": ["patient", "all", "query", "until", "confirmed", "next"],
    "POST /admin/maintenance-due/export/": ["format", "query"],
    "GET /admin/maintenance-due/patients/{patient}/call/": ["session", "next"],
    "POST /admin/maintenance-due/patients/{patient}/call/": words("outcome reason note session seen then_book next"),
    "POST /admin/maintenance-due/patients/{patient}/resume/": ["session", "next"],
    "POST /admin/maintenance-due/patients/{patient}/take-back/": ["call", "next"],
    "GET /admin/maintenance-due/outcomes/": ["first", "last", "location", "practitioner", "treatment"],
    "GET /admin/autocomplete/?app_label=scheduling&model_name=appointment&field_name=room": ["term", "page"],
}
# Of the report, as a form carries it along.
QUERIES = ["bucket=all", "all=on&as_of=0001-01-01", "as_of=2199-12-31&sort=name&after=%00", f"location={'9' * 40}&treatment=a%00b"]
QUERIES += [
    "as_of=2000-01-01&bucket=lapsed&bucket=nothing",
    "due_from=9999-12-31&due_until=2000-01-01",
    "a=1&" * 1500,
    "%",
    "&&=&",
    "#",
    "?",
]
# What is right about it, often, so that it comes further than to the first thing that is wrong.
LIKELY = {
    "snooze/": {"patient": "{patient}", "until": "2026-12-01", "confirmed": "yes"},
    "export/": {"format": "csv", "query": "bucket=all"},
    "call/": {"outcome": "no_answer", "session": "{completed}", "seen": "999999"},
    "appointment/add/": {
        "patient": "{scheduling.patient}",
        "treatment": "{scheduling.treatment}",
        "practitioner": "{practitioner}",
        "room": "{scheduling.room}",
        "starts_at_0": "2026-11-12",
        "starts_at_1": "10:00 am",
    },
    "waitlistentry/add/": {
        "patient": "{scheduling.patient}",
        "treatment": "{scheduling.treatment}",
        "location": "{scheduling.location}",
        "first_on": "2026-11-12",
        "last_on": "2026-11-20",
    },
}


def asked_of(dice: random.Random, address: str, fields: list[str], world: dict[str, Any]) -> dict[str, Any]:
    known = [str(pk) for pk in world.values()]
    right = next((likely for end, likely in LIKELY.items() if address.endswith(end)), {})
    asked: dict[str, Any] = {name: filled(value, world) for name, value in right.items() if dice.random() < 0.7}
    for field in dice.sample(fields, dice.randint(1, min(len(fields), 9))):
        kind = dice.choice([known, *KINDS])
        if field == "query":
            kind = QUERIES
        asked[field] = dice.choice(kind) if dice.random() < 0.93 else [dice.choice(kind), dice.choice(kind)]
    return asked


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_garbage_makes_an_error_or_leads_elsewhere(world, address):
    """The same requests each time; GARBAGE_SEED and GARBAGE_ROUNDS make others, and more."""
    dice, client = random.Random(f"{SEED}{address}"), Client()
    client.force_login(member("Manager"))
    method, path = address.split(maxsplit=1)
    here, failed = filled(path, world), {}
    for _round in range(ROUNDS):
        asked = asked_of(dice, path, ADDRESSES[address], world)
        headers = {"HX-Request": "true"} if dice.random() < 0.3 else {}
        if "?" in here and method == "GET":
            asked |= dict(pair.split("=") for pair in here.partition("?")[2].split("&"))
        try:
            with transaction.atomic(), freeze_time(NOW):
                answer = getattr(client, method.lower())(here.partition("?")[0], asked, headers=headers)
                transaction.set_rollback(True)
            way = answer.headers.get("Location", "/admin/")
            assert answer.status_code in (200, 302, 400, 403, 404)
            assert way.startswith(("/admin/", "?"))
            assert b"<script>alert(1)" not in b"".join(answer)
        except Exception as error:  # gathered, so that all of them are seen
            failed.setdefault(f"{type(error).__name__}: {str(error)[:200]}", str(asked)[:300])

    assert failed == {}


@pytest.mark.parametrize("elsewhere", ["day", "//", "a:b", "https://evil.example.org/", "/\\evil.example.org"])
def test_what_is_booked_leads_to_its_page_where_the_way_back_is_no_path(world, elsewhere):
    """A bare word was taken for a view's name: booked, and an error on the screen."""
    client = Client()
    client.force_login(member("Front desk"))
    before = set(Appointment.objects.values_list("pk", flat=True))
    asked = {name: filled(value, world) for name, value in LIKELY["appointment/add/"].items()} | {
        "next": elsewhere,
        "starts_at_0": "2026-12-15",
    }
    with freeze_time(NOW):
        answer = client.post("/admin/scheduling/appointment/add/", asked)

    [booked] = Appointment.objects.exclude(pk__in=before)
    assert answer.headers["Location"] == f"/admin/scheduling/appointment/{booked.pk}/change/"


def test_a_newcomer_about_whom_all_is_said_already_is_asked_for_nothing_more(world):
    client = Client()
    client.force_login(member("Front desk"))
    said = {"first_name": "Nora", "last_name": "Novak", "birth_date": "5/17/1990", "phone": "212 555 0155", "email": "nora@example.org"}
    said |= {"language": "en", "time_zone": "America/New_York", "wants_quiet_nights": "on", "care_by_sms": "on", "care_by_email": "on"}
    said |= {"recall_by_sms": "on", "recall_by_email": "on"}
    answer = client.post(
        "/admin/scheduling/appointment/add/", {"who": "new", "show": "newcomer"} | {f"new-{name}": value for name, value in said.items()}
    )

    assert answer.status_code == 200
    assert 'value="Novak"' in answer.content.decode()
