"""Who changed what in a protocol stands on its history, and what a version does otherwise than the one before it on its page."""

from django.contrib.admin.models import LogEntry
from django.test import Client

from aftercare.models import Protocol
from aftercare.services import begin_protocol, publish
from tests.clinic.protocol_pages import form_of, page, published, read, step_of, step_page
from tests.clinic_world import TODAY


def history(protocol: Protocol) -> list[str]:
    """The oldest first."""
    logged = LogEntry.objects.filter(content_type__model="protocol", object_id=str(protocol.pk)).order_by("pk")
    return [entry.get_change_message() for entry in logged]


def save(client: Client, address: str, **typed: str) -> None:
    changed = {name.replace("__", "-"): value for name, value in typed.items()}
    assert client.post(address, form_of(client, address) | changed).status_code == 302


class TestHistory:
    def test_a_step_s_save_says_what_is_otherwise(self, dana, draft):
        row = step_of(draft)
        save(dana, step_page(row), en__sms="{clinic}: rest. Call {phone}.", en__email="Rest. {phone}", es__subject="Descanse")
        assert history(draft) == ["“education-day-1” has other words in English (text message and email) and Spanish (email’s subject)."]
        save(dana, step_page(row), channel="sms", at="11", valid_hours="3", facts="F2", kind="results", slug="day-1")
        assert history(draft)[1:] == [
            "“day-1”, short name: “day-1”, instead of “education-day-1”. “day-1”, what it is: “results”, instead of “education”. "
            "“day-1”, sent by: “text message”, instead of “email”. "
            "“day-1”, when: “1 message, on day 1 at 11:00 AM”, instead of “1 message, on day 1 at 10:00 AM”. "
            "“day-1”, worth sending for: “3 hours”, instead of “10 hours”. “day-1”, clinical facts: “F2”, instead of “F2 F3 F10 F11 F12”."
        ]

    def test_also_where_the_time_reads_the_same(self, dana, draft):
        save(dana, step_page(step_of(draft)), first_after_hours="11")
        assert history(draft) == ["“education-day-1”, first after: “11 hours”, instead of “12 hours”."]

    def test_saved_as_it_was_it_says_nothing(self, dana, draft):
        save(dana, step_page(step_of(draft)))
        save(dana, page(draft))
        assert history(draft) == []

    def test_from_its_beginning_to_its_publication(self, dana, clinic):
        dana.post(page(published(), "draft"))
        dana.post(page(published(), "draft"))
        draft = Protocol.objects.get(published_at=None)
        save(dana, page(draft), name="After the face", note="Fewer steps.")
        dana.post(step_page(step_of(draft, "education-day-5"), "remove/"))
        new = {"slug": "hello", "kind": "education", "channel": "email", "timing": "elapsed", "first_after_hours": "48", "times": "1"}
        dana.post(page(draft, "step"), new | {"valid_hours": "12"})
        dana.post(step_page(step_of(draft, "hello"), "remove/"))
        dana.post(page(draft, "publish"))
        assert history(draft) == [
            "Begun as a copy of Aftercare for microneedling, version 1.",
            "Name: “After the face”, instead of “Aftercare for microneedling”. What is new in it: “Fewer steps.”, instead of “”.",
            "“education-day-5” is removed.",
            "“hello” is added: 1 message, 2 days after the session’s end.",
            "“hello” is removed.",
            "After the face, version 2 is published: sessions completed from now on follow it.",
        ]
        assert "“education-day-5” is removed." in read(dana.get(page(draft, "history")))

    def test_a_refused_save_isn_t_on_it(self, dana, draft):
        row = step_of(draft)
        dana.post(step_page(row), form_of(dana, step_page(row)) | {"times": "0"})
        dana.post(step_page(row), form_of(dana, step_page(row)) | {"en-sms": "Mine", "seen": "other"})
        dana.post(step_page(row), form_of(dana, step_page(row)) | {"en-sms": "Mine", "show": "1"})
        assert history(draft) == []

    def test_a_discarded_draft_is_on_that_of_the_version_before(self, dana, draft):
        dana.post(page(draft, "discard"))
        assert history(published()) == ["The draft of Aftercare for microneedling, version 2 is discarded."]


class TestWhatIsNew:
    def test_stands_on_a_published_version_s_page(self, dana, draft, clinic):
        assert "What is new since" not in read(dana.get(page(published())))
        save(dana, step_page(step_of(draft)), en__sms="{clinic}: rest. Call {phone}.")
        save(dana, step_page(step_of(draft, "serum-day")), every_hours="2", times="4")
        dana.post(step_page(step_of(draft, "education-day-5"), "remove/"))
        Protocol.objects.filter(pk=draft.pk).update(name="Ours")
        draft.treatments.add(clinic.scalp)
        publish_beside_a_general_one(draft)
        said = read(dana.get(page(draft)))
        assert "What is new since version 1" in said
        assert "Name: “Ours”, instead of “Aftercare for microneedling”." in said
        assert "For: “Microneedling, scalp”, instead of “every treatment that has no protocol of its own”." in said
        assert "“education-day-5” is left out." in said
        assert "“serum-day”, when: “4 doses, every 2 hours from 3 hours after the session’s end”, instead of “8 doses, every" in said
        before, after = said[said.index("Before</span>") :].split("After</span>")[:2]
        assert ("marks, redness" in before, "{clinic}: rest. Call {phone}." in after) == (True, True)

    def test_a_draft_s_stands_there_too(self, dana, draft):
        assert "Nothing differs from version 1." in read(dana.get(page(draft)))
        save(dana, step_page(step_of(draft)), es__subject="Descanse")
        assert "“education-day-1” has other words in Spanish (email’s subject)." in read(dana.get(page(draft)))


def publish_beside_a_general_one(draft: Protocol) -> None:
    publish(begin_protocol("General", like=published(), by=None, now=TODAY), by=None, now=TODAY)
    publish(draft, by=None, now=TODAY)
