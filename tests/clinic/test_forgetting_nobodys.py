"""What is held of somebody whom nobody knows goes by itself: no patient's page has it, so nobody can erase it."""

from datetime import timedelta

import pytest

from aftercare.models import Concern
from aftercare.services import raise_concern, resolve
from clinic.models import Entry
from clinic.services.forgetting import forget
from notifications.models import Reply
from notifications.services import receive_reply
from tests.clinic_world import FIRST
from tests.staff import member

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class TestConcerns:
    @pytest.fixture
    def concern(self, clinic):
        receive_reply("sms", "+12125550177", "my friend Wilma is bleeding", provider_id="SM1", now=FIRST)
        return Concern.objects.get()

    @pytest.fixture
    def over(self, concern):
        return resolve(concern, note="Wilma was called.", by=member("Clinician"), now=FIRST + HOUR)

    def test_its_words_go_with_those_of_the_replies_and_how_it_was_seen_to_stays(self, over):
        forget(FIRST + 730 * DAY)
        over.refresh_from_db()
        assert "Wilma" in over.said
        forget(FIRST + 731 * DAY)
        kept = Concern.objects.get()
        assert (kept.said, kept.flags, kept.note) == ("", [], "erased")
        assert (kept.severity, kept.raised_at, kept.resolved_at, kept.resolved_by) == ("urgent", FIRST, over.resolved_at, over.resolved_by)

    def test_the_trail_keeps_none_of_them_either(self, over):
        of_it = Entry.objects.filter(about="aftercare.concern", object_id=over.pk)
        assert "Wilma" in str(list(of_it.values_list("changes", flat=True)))
        forget(FIRST + 731 * DAY)
        assert of_it.count() >= 2
        assert "Wilma" not in str(list(of_it.values_list("changes", flat=True)))

    def test_one_that_is_open_stays(self, concern):
        forget(FIRST + 3000 * DAY)
        concern.refresh_from_db()
        assert "Wilma" in concern.said

    def test_a_patients_stays_for_a_person_to_erase(self, clinic):
        raised = raise_concern(patient=clinic.ana, severity="soon", said="worried", by=member("Clinician"), now=FIRST)
        resolve(raised, note="All is well.", by=member("Clinician"), now=FIRST + HOUR)
        forget(FIRST + 3000 * DAY)
        assert Concern.objects.get().said == "worried"

    def test_while_the_replies_are_kept_so_is_it(self, over, settings):
        settings.KEEP_DAYS = settings.KEEP_DAYS | {"replies": 0}
        forget(FIRST + 3000 * DAY)
        assert Reply.objects.get().body
        assert "Wilma" in Concern.objects.get().said
