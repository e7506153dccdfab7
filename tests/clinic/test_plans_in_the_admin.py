"""A clinician reads a plan, stops it, starts it again, and moves running plans over to a protocol's new version."""

from datetime import timedelta
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry

from aftercare.models import Plan
from aftercare.services import load_protocol
from aftercare.services.protocols.loading import read_protocol
from scheduling import services as scheduling
from tests.aftercare.test_plans_follow import sent_until, told
from tests.clinic_world import FIRST, outbox
from tests.clock import freeze_time

END = FIRST + timedelta(hours=1)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOW = END + 4 * HOUR  # 18:00; the first dose has gone out


@pytest.fixture
def plan(clinic) -> Plan:
    clinic.treat(clinic.consents(clinic.ana))
    sent_until(END + 3 * HOUR)
    return Plan.objects.get()


@pytest.fixture
def at_six():
    with freeze_time(NOW):
        yield


def page(client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return " ".join(unescape(answer.content.decode()).split())


def stop(plan: Plan) -> str:
    return f"/admin/aftercare/plan/{plan.pk}/stop/"


pytestmark = pytest.mark.usefixtures("at_six")


class TestReadingOne:
    def test_it_says_what_is_ahead_and_what_was_told(self, plan, sign_in):
        said = page(sign_in("Clinician"), f"/admin/aftercare/plan/{plan.pk}/change/")
        assert '<span class="status status-sending">running</span>' in said
        assert said.index("serum dose 2 of 8") < said.index("Told so far") < said.index("serum dose 1 of 8")
        assert f'href="/admin/aftercare/caremessage/?appointment={plan.appointment_id}&when=all"' in said
        assert "+12125550101" not in said

    def test_a_manager_reads_it_and_can_stop_nothing(self, plan, sign_in):
        said = page(sign_in("Manager"), f"/admin/aftercare/plan/{plan.pk}/change/")
        assert "Stop the aftercare" not in said
        assert "+12125550101" in said

    def test_the_front_desk_has_no_button_on_the_sessions_page(self, plan, sign_in):
        here = f"/admin/scheduling/appointment/{plan.appointment_id}/change/"
        assert "Stop the aftercare" not in page(sign_in("Front desk"), here)
        assert f"/admin/aftercare/plan/{plan.pk}/stop/?next={here}" in page(sign_in("Clinician"), here)


class TestStopping:
    def test_asking_says_what_wont_go_out_and_stops_nothing(self, plan, sign_in):
        said = page(sign_in("Clinician"), stop(plan))
        assert "31 messages to Ana are still to come. None of them will be sent." in said
        assert "Today" in said or "Tue, Nov 3, 8:00 PM" in said
        assert len(outbox()) == 31

    def test_with_a_reason_it_stops_and_says_who_and_why(self, plan, sign_in):
        clinician = sign_in("Clinician")
        here = f"/admin/scheduling/appointment/{plan.appointment_id}/change/"
        answer = clinician.post(stop(plan), {"reason": "Allergic to the serum", "next": here})
        assert (answer.status_code, answer.url) == (302, here)
        assert outbox() == []
        said = page(clinician, here)
        assert "The aftercare is stopped: 31 messages won’t go out." in said
        assert "Tue, Nov 3, 2026, 6:00 PM by clinician: Allergic to the serum" in said
        assert "Start the aftercare again" in said
        assert LogEntry.objects.get().change_message == "Stopped: Allergic to the serum"

    @pytest.mark.parametrize("reason", ["", "  ", "\0", "x" * 300])
    def test_without_one_the_page_asks_again_and_what_was_typed_stays(self, plan, sign_in, reason):
        answer = sign_in("Clinician").post(stop(plan), {"reason": reason})
        assert answer.status_code == 200
        said = unescape(answer.content.decode())
        assert ("Say in a few words why the plan is stopped." in said) or ("Keep the reason to 200 characters." in said)
        assert f'value="{reason}"'.replace("\0", "") in said
        assert len(outbox()) == 31

    def test_a_second_click_says_so(self, plan, sign_in):
        clinician = sign_in("Clinician")
        clinician.post(stop(plan), {"reason": "allergic"})
        assert "allergic" in page(clinician, stop(plan))
        assert "stopped" in clinician.post(stop(plan), {"reason": "another"}).content.decode()
        assert Plan.objects.get().stop_reason == "allergic"

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_nobody_but_a_clinician(self, plan, sign_in, method):
        for role in ("Front desk", "Manager"):
            assert getattr(sign_in(role), method)(stop(plan), {"reason": "no"}).status_code == 403
        assert Plan.objects.get().stopped_at is None

    def test_a_plan_that_isnt_there(self, sign_in):
        for pk in (0, 10**17, 10**30):
            assert sign_in("Clinician").get(f"/admin/aftercare/plan/{pk}/stop/").status_code == 404
            assert sign_in("Clinician").post(f"/admin/aftercare/plan/{pk}/start-again/").status_code == 404

    def test_started_again_what_lies_ahead_goes_out(self, plan, sign_in):
        clinician = sign_in("Clinician")
        clinician.post(stop(plan), {"reason": "allergic"})
        answer = clinician.post(f"/admin/aftercare/plan/{plan.pk}/start-again/")
        second = Plan.objects.get(stopped_at=None)
        assert answer.url == f"/admin/aftercare/plan/{second.pk}/change/"
        assert len(outbox()) == 31
        assert "Another plan of this session is running already." in unescape(
            clinician.post(f"/admin/aftercare/plan/{plan.pk}/start-again/", follow=True).content.decode()
        )
        assert Plan.objects.count() == 2

    def test_both_lead_to_each_other_and_the_second_names_why_the_first_stopped(self, plan, sign_in):
        clinician = sign_in("Clinician")
        clinician.post(stop(plan), {"reason": "allergic"})
        first = page(clinician, f"/admin/aftercare/plan/{plan.pk}/change/")
        told, given_up = first.index("Told so far"), first.index("What won’t go out any more")
        assert told < first.index("serum dose 1 of 8") < given_up < first.index("serum dose 2 of 8")
        assert "other plans of this session" not in first.lower()

        clinician.post(f"/admin/aftercare/plan/{plan.pk}/start-again/")

        second = Plan.objects.get(stopped_at=None)
        said = page(clinician, f"/admin/aftercare/plan/{second.pk}/change/")
        assert f'<a href="/admin/aftercare/plan/{plan.pk}/change/">The plan before this one</a>' in said
        assert "by clinician: allergic" in said
        assert "told before" not in said
        assert "What won’t go out any more" not in said
        assert "The plan after this one" in page(clinician, f"/admin/aftercare/plan/{plan.pk}/change/")


class TestCompletedAgain:
    def test_the_preview_says_what_isnt_sent_again(self, plan, sign_in):
        scheduling.reopen(plan.appointment, now=NOW)
        asked = {"completed_at_0": "2026-11-03", "completed_at_1": "14:05", "wants_quiet_nights": "texts"}
        answer = sign_in("Front desk").get(f"/admin/scheduling/appointment/{plan.appointment_id}/step/complete/preview/", asked)
        said = " ".join(unescape(answer.content.decode()).split())
        assert "Completed before: 1 dose went out then, and isn’t sent again (Tue, Nov 3: 5:05 PM)." in said
        assert "24 texts" in said


class TestMovingOver:
    @pytest.fixture
    def newer(self, plan):
        return load_protocol(read_protocol("microneedling"), now=NOW)

    def here(self, protocol) -> str:
        return f"/admin/aftercare/protocol/{protocol.pk}/move-over/"

    def test_first_it_says_what_it_would_do(self, newer, plan, sign_in):
        said = page(sign_in("Clinician"), self.here(newer))
        assert "<dt>Running plan of an older version</dt><dd>1</dd>" in said
        assert "<dt>Messages taken back</dt><dd>31</dd>" in said
        assert "<dt>Planned anew</dt><dd>31</dd>" in said
        assert "Ana Alvarez" in said
        plan.refresh_from_db()
        assert plan.protocol.version == 1

    def test_of_many_each_stands_on_a_page(self, clinic, plan, sign_in, monkeypatch):
        monkeypatch.setattr("aftercare.admin.protocols.moving_over.ON_A_PAGE", 1)
        clinic.treat(clinic.consents(clinic.ben), FIRST + 2 * HOUR)
        newer = load_protocol(read_protocol("microneedling"), now=NOW)
        clinician = sign_in("Clinician")
        first, second = page(clinician, self.here(newer)), page(clinician, f"{self.here(newer)}?page=2")
        assert "<dt>Running plans of older versions</dt><dd>2</dd>" in first
        assert "1 to 1 of 2" in first
        assert ("Ana Alvarez" in first, "Ben" in first) == (True, False)
        assert '<a class="button" href="?page=2#which">Next</a>' in first
        assert "2 to 2 of 2" in second
        assert '<a class="button" href="?page=1#which">Previous</a>' in second
        assert "Planned anew</dt>" not in first
        assert "2 to 2 of 2" in page(clinician, f"{self.here(newer)}?page=99")
        assert "1 to 1 of 2" in page(clinician, f"{self.here(newer)}?page=x")

    def test_then_it_does_it_once(self, newer, plan, sign_in):
        clinician = sign_in("Clinician")
        said = unescape(clinician.post(self.here(newer), follow=True).content.decode())
        assert "1 plan follows version 2 now: 31 of its messages were taken back, 31 planned anew." in said
        plan.refresh_from_db()
        assert plan.protocol == newer
        assert told() == [("serum-day-1", "Tue 3 Nov 17:00")]
        said = unescape(clinician.post(self.here(newer), follow=True).content.decode())
        assert "No plan followed an older version any more: nothing was changed." in said
        assert "No running plan follows an older version." in page(clinician, self.here(newer))
        assert len(outbox()) == 31

    def test_to_an_older_version_it_refuses_with_a_sentence(self, newer, plan, sign_in):
        assert "Version 2 is newer: move the plans over to that one." in page(sign_in("Clinician"), self.here(plan.protocol))
        said = unescape(sign_in("Clinician").post(self.here(plan.protocol), follow=True).content.decode())
        assert "Version 2 is newer" in said

    def test_nobody_but_a_clinician(self, newer, plan, sign_in):
        for role in ("Front desk", "Manager"):
            for method in ("get", "post"):
                assert getattr(sign_in(role), method)(self.here(newer)).status_code == 403
        plan.refresh_from_db()
        assert plan.protocol.version == 1
