"""What a clinician may want to think over, and may publish all the same."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from aftercare.domain.protocol import Kind, Step
from aftercare.domain.remarks import remarks_on
from aftercare.services.protocols.loading import read_protocol

HOUR = timedelta(hours=1)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
DOSES = Step("serum-day", Kind.DOSE, "sms", 3 * HOUR, 8, 2 * HOUR, every=3 * HOUR, facts="F16")
RESULTS = Step("results", Kind.RESULTS, "email", 6 * WEEK - DAY, 1, 12 * HOUR, at=(time(10),), facts="F18 F19")


def test_of_the_software_s_own_protocol_there_is_nothing_to_say():
    assert [said for step in read_protocol("microneedling").steps for said in remarks_on(step)] == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        ({"every": 2 * HOUR}, ["F16 says every 3 hours; this step says every 2 hours."]),
        ({"every": None, "at": (time(8), time(20)), "facts": "F17"}, []),
        ({"every": None, "at": (time(8),), "facts": "F17"}, ["F17 says twice a day; this step says once a day."]),
        ({"every": HOUR, "facts": ""}, []),
    ],
)
def test_doses_as_often_as_the_facts_say(changed, said):  # F16, F17
    assert remarks_on(replace(DOSES, **changed)) == said


@pytest.mark.parametrize(
    ("changed", "days"),
    [
        ({}, None),
        ({"first_after": 6 * WEEK}, None),
        ({"first_after": 6 * WEEK + DAY}, 43),
        ({"times": 3}, 43),
        ({"times": 3, "until": 6 * WEEK}, None),
        ({"at": (), "every": WEEK, "times": 2}, 48),
        ({"at": (), "every": None, "first_after": 13 * WEEK, "facts": ""}, 91),
    ],
)
def test_what_comes_once_the_next_session_may_have_ended_the_plan(changed, days):  # F19
    said = remarks_on(replace(RESULTS, **changed))
    assert [remark.split(";")[0] for remark in said] == (["F19 says sessions are 4 to 6 weeks apart"] if days else [])
    assert all(f"this step goes on until {days} days after one." in remark for remark in said)
