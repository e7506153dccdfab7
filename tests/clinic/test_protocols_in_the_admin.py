"""A clinician, who is no programmer, makes a new version of a protocol in the admin."""

from html import unescape

import pytest
from django.contrib.auth.models import User

from aftercare.models import Protocol
from aftercare.services import protocol_for, publish
from tests.clinic.protocol_pages import PROTOCOLS, form_of, page, published, read, step_of, step_page
from tests.clinic_world import TODAY


class TestReading:
    def test_the_newest_version_comes_first_and_a_draft_is_marked(self, dana, draft):
        said = read(dana.get(PROTOCOLS))
        assert said.index('<span class="status status-draft">draft</span>') < said.index('<span class="status status-in-use">in use</span>')
        assert "every treatment without its own" in said

    def test_a_version_says_in_words_when_each_step_is_sent(self, dana, clinic):
        said = read(dana.get(page(published())))
        assert "8 doses, every 3 hours from 3 hours after the session’s end." in said
        assert "14 doses at 8:00 AM and 8:00 PM, from 26 hours after the session’s end." in said
        assert "1 message, on day 1 at 10:00 AM." in said
        assert "By text message; worth sending for 2 hours." in said
        assert "Make a new version" in said
        assert "<textarea" not in said

    def test_what_the_facts_say_stands_on_both_pages(self, dana, clinic):
        f12 = "With bruising, bleeding, peeling or signs of infection that are more than mild, the patient calls the clinic at once."
        said = read(dana.get(page(published())))
        assert f'<dt id="fact-F12">F12</dt><dd>{f12}</dd>' in said
        assert '<a class="fact" href="#fact-F12">F12</a>' in said
        assert 'id="fact-F21"' not in said
        assert f12 in read(dana.get(step_page(step_of(published()))))

    def test_who_published_it_is_called_by_name(self, dana, draft, clinic):
        maya = User.objects.create_user("maya", first_name="Maya", last_name="Lindqvist")
        publish(draft, by=maya, now=TODAY)
        assert '<td class="field-publisher">Maya Lindqvist</td>' in read(dana.get(PROTOCOLS))

    def test_a_published_step_shows_both_languages_and_nothing_to_change(self, dana, clinic):
        row = step_of(published())
        said = read(dana.get(step_page(row)))
        assert "English" in said
        assert "Spanish" in said
        assert "<textarea" not in said
        assert row.texts.get(language="es").subject in said

    def test_a_manager_reads_and_changes_nothing(self, sign_in, draft):
        manager = sign_in("Manager")
        said = read(manager.get(page(draft)))
        assert "Add a step" not in said
        assert "Make a new version" not in said
        assert "<textarea" not in read(manager.get(step_page(step_of(draft))))
        for address in (page(draft), page(draft, "publish"), page(draft, "discard"), step_page(step_of(draft)), page(draft, "draft")):
            assert manager.post(address, {}).status_code == 403
        assert Protocol.objects.count() == 2

    def test_the_front_desk_doesn_t_come_here(self, sign_in, draft):
        desk = sign_in("Front desk")
        for address in (PROTOCOLS, page(draft), step_page(step_of(draft))):
            assert desk.get(address).status_code == 403


class TestANewVersion:
    def test_it_is_begun_with_a_button_and_found_again(self, dana, clinic):
        answer = dana.post(page(published(), "draft"), follow=True)
        draft = Protocol.objects.get(published_at=None)
        assert answer.redirect_chain == [(page(draft), 302)]
        assert draft.made_by.username == answer.wsgi_request.user.username
        assert "It is ready to be published" in read(answer)
        assert "Go on with the draft of version 2" in read(dana.get(page(published())))
        assert dana.get(page(published(), "draft")).status_code == 405

    def test_a_text_is_changed_and_published(self, dana, draft, clinic):
        row = step_of(draft)
        changed = form_of(dana, step_page(row)) | {"en-sms": "{clinic}: rest today. Something wrong? Call {phone}.\r\nBye."}
        answer = dana.post(step_page(row), changed | {"back": ""}, follow=True)
        assert "“education-day-1” is saved." in read(answer)
        assert answer.redirect_chain == [(f"{page(draft)}#step-{row.pk}", 302)]
        assert row.texts.get(language="en").sms == "{clinic}: rest today. Something wrong? Call {phone}.\nBye."
        assert row.texts.get(language="es").sms == step_of(published()).texts.get(language="es").sms

        said = read(dana.get(page(draft, "publish")))
        assert "Sessions that are completed from now on follow it, for every treatment that has no protocol of its own." in said
        assert "“education-day-1” has other words in English (text message)." in said
        before = unescape(said[said.index("Before") :])
        assert before.index("marks, redness, slight swelling") < before.index("After") < before.index("rest today. Something wrong?")
        assert said.count("Before</span>") == 1
        assert "Nobody has written for your colleagues what is new in it." in said
        Protocol.objects.filter(pk=draft.pk).update(note="Shorter words for day 1.")
        assert "Shorter words for day 1." in read(dana.get(page(draft, "publish")))
        assert protocol_for(clinic.face) == published()
        answer = dana.post(page(draft, "publish"), follow=True)
        assert "version 2 is published: sessions completed from now on follow it." in read(answer)
        assert protocol_for(clinic.face) == draft

    def test_saved_as_it_is_nothing_changes(self, dana, draft):
        for slug in ("serum-day", "serum-week", "check-in-week-4"):
            row = step_of(draft, slug)
            before = row.as_domain()
            assert dana.post(step_page(row), form_of(dana, step_page(row))).status_code == 302
            after = step_of(draft, slug).as_domain()
            assert (after, after.texts) == (before, before.texts)

    def test_times_are_typed_as_people_write_them(self, dana, draft):
        row = step_of(draft, "serum-week")
        changed = form_of(dana, step_page(row)) | {
            "at": "7:30 pm; 9am and 14",
            "valid_hours": "1.5",
            "facts": "f17, f16",
            "until_hours": "96",
        }
        assert dana.post(step_page(row), changed).status_code == 302
        row.refresh_from_db()
        assert [f"{at:%H:%M}" for at in row.at] == ["09:00", "14:00", "19:30"]
        assert (row.valid_minutes, row.facts, row.until_hours) == (90, "F17 F16", 96)
        words = "14 doses at 9:00 AM, 2:00 PM and 7:30 PM, from 26 hours after the session’s end, none later than 4 days after"
        assert words in read(dana.get(page(draft)))

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ({"at": "", "timing": "clock"}, "At which times of day?"),
            ({"at": "25:00", "timing": "clock"}, "“25:00” is no time of day"),
            ({"at": "13 pm", "timing": "clock"}, "“13 pm” is no time of day"),
            ({"timing": "elapsed", "times": "8", "every_hours": ""}, "How many hours lie between two of them?"),
            ({"facts": "F2 F22"}, "There is no fact “F22”: they are F1 to F21."),
            ({"slug": "¡!"}, "Please use letters from A to Z."),
            ({"slug": "serum-day"}, "There is a step “serum-day” already"),
            ({"times": "0"}, "Enter 1 or more."),
            ({"times": "99999999999999999999"}, "Enter 60 or less."),
            ({"first_after_hours": "-1"}, "Enter 0 or more."),
            ({"valid_hours": "0"}, "Enter 0.1 or more."),
            ({"first_after_hours": "8785"}, "Enter 8784 or less."),
            ({"first_after_hours": ""}, "Please fill in “First after … hours”."),
            ({"kind": "recall"}, "recall is not one of the available choices"),
            ({"en-subject": "x" * 121}, "It is 1 character too long: 120 are the most."),
            ({"en-sms": "x" * 1_600}, "It is 600 characters too long: 1,000 are the most."),
            ({"slug": "x" * 53}, "It is 3 characters too long: 50 are the most."),
            ({"at": "8, " * 80}, "characters too long: 200 are the most."),
            ({"en-sms": "nul \0"}, "Null characters are not allowed."),
        ],
    )
    def test_what_can_t_be_is_said_and_what_was_typed_stays(self, dana, draft, typed, sentence):
        row = step_of(draft)
        before = row.as_domain()
        answer = dana.post(step_page(row), form_of(dana, step_page(row)) | {"es-email": "Escrito con cuidado."} | typed)
        assert answer.status_code == 200
        assert sentence in read(answer)
        assert "Escrito con cuidado." in read(answer)
        after = step_of(draft)
        assert (after.as_domain(), after.as_domain().texts) == (before, before.texts)

    def test_what_must_be_mended_is_said_on_both_pages_and_leads_to_the_step(self, dana, draft):
        row = step_of(draft)
        bad = {"en-sms": "{clinic}: your {patient} face. Call {phone}.", "es-email": ""}
        dana.post(step_page(row), form_of(dana, step_page(row)) | bad)
        said = read(dana.get(page(draft)))
        assert "What must be mended before it is published" in said
        assert f'<a href="{step_page(row)}">“education-day-1”, English: “{{patient}}” in the text message stands for nothing.' in said
        assert "“education-day-1”, Spanish: the email is empty." in said
        assert "3 things to mend" in said
        assert "Publish" not in said
        on_its_own_page = read(dana.get(step_page(row)))
        assert '<a href="#words-en">English: The text message says “face”.' in on_its_own_page
        assert "“education-day-1”, English:" not in on_its_own_page
        refused = dana.post(page(draft, "publish"))
        assert "It can’t be published yet: see what must be mended." in read(refused)
        assert Protocol.objects.get(pk=draft.pk).is_draft

    def test_a_dose_more_often_than_its_fact_says_is_remarked_and_may_be_published(self, dana, draft):  # F16
        row = step_of(draft, "serum-day")
        changed = form_of(dana, step_page(row)) | {"every_hours": "2", "times": "5"}
        said = read(dana.post(step_page(row), changed, follow=True))
        assert "F16 says every 3 hours; this step says every 2 hours." in said
        asked = read(dana.get(page(draft, "publish")))
        linked = f'<a href="{step_page(row)}">“serum-day”</a>: F16 says every 3 hours; this step says every 2 hours.'
        assert linked in asked
        assert linked in read(dana.get(page(draft)))
        assert linked in read(dana.get(page(draft, "preview")))
        dana.post(page(draft, "publish"))
        assert not Protocol.objects.get(pk=draft.pk).is_draft
        assert "F16 says" not in read(dana.get(step_page(step_of(published(), "serum-day"))))

    def test_who_saves_what_must_be_mended_is_told_so_at_once(self, dana, draft):
        row = step_of(draft)
        answer = dana.post(step_page(row), form_of(dana, step_page(row)) | {"es-email": ""}, follow=True)
        [message] = answer.context["messages"]
        assert (message.level_tag, str(message)) == (
            "warning",
            "“education-day-1” is saved. It can’t be published like this: see what must be mended.",
        )
        said = read(answer)
        assert said.index("What must be mended before it is published") < said.index("What, how and when")
        assert '<a href="#words-es">Spanish: The email is empty. It is what patients get.</a>' in said

    def test_a_step_is_added_moved_and_removed(self, dana, draft):
        here = f"{PROTOCOLS}{draft.pk}/step/"
        assert dana.get(here).status_code == 200
        new = {"slug": "Hello there", "kind": "education", "channel": "email", "timing": "elapsed", "first_after_hours": "48"}
        new |= {"times": "1", "valid_hours": "12", "en-sms": "{clinic}: hello. Call {phone}."}
        dana.post(here, new)
        row = draft.steps.get(slug="hello-there")
        assert (row, row.every_hours, row.at) == (draft.steps.last(), None, [])
        assert "has no words" not in read(dana.get(page(draft)))
        dana.post(step_page(row, "shift/"), {"earlier": ""})
        assert [step.slug for step in draft.steps.all()][-2] == "hello-there"
        assert "Its words go with it." in read(dana.get(step_page(row, "remove/")))
        assert draft.steps.filter(pk=row.pk).exists()
        dana.post(step_page(row, "remove/"))
        assert draft.as_domain() == published().as_domain()

    def test_the_draft_is_discarded_after_a_question(self, dana, draft):
        assert "gone for good" in read(dana.get(page(draft, "discard")))
        assert Protocol.objects.count() == 2
        dana.post(page(draft, "discard"))
        assert Protocol.objects.get() == published()
        assert "can’t be discarded" in read(dana.get(page(published(), "discard")))
        assert dana.post(page(published(), "discard")).status_code == 200
        assert Protocol.objects.get() == published()


class TestAWhollyNewOne:
    def test_for_one_treatment_with_the_steps_of_another(self, dana, clinic):
        typed = {"name": "After the scalp", "like": published().pk, "treatments": [clinic.scalp.pk]}
        answer = dana.post(f"{PROTOCOLS}add/", typed, follow=True)
        begun = Protocol.objects.get(slug="after-the-scalp")
        assert "“After the scalp” is begun." in read(answer)
        assert begun.as_domain().steps == published().as_domain().steps
        dana.post(page(begun, "publish"))
        assert protocol_for(clinic.scalp) == begun
        assert "Take out of use" in read(dana.get(page(begun)))
        asked = read(dana.get(page(begun, "retire")))
        assert "Its treatments follow “Aftercare for microneedling”." in asked
        assert "Plans under way go on to their end." in asked
        dana.post(page(begun, "retire"))
        assert protocol_for(clinic.scalp) == published()
        assert "out of use" in read(dana.get(PROTOCOLS))

    def test_empty_it_says_what_is_missing(self, dana, clinic):
        answer = dana.post(f"{PROTOCOLS}add/", {"name": "Empty"}, follow=True)
        assert "It has no step yet: add what patients are to be told." in read(answer)

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ({"name": "Microneedling"}, "There is a protocol of that name already"),
            ({"name": ""}, "Please fill in “Name”."),
            ({"name": "Mine", "treatments": ["99999999999999999999"]}, "Select a valid choice"),
            ({"name": "Mine", "like": "x"}, "Select a valid choice"),
        ],
    )
    def test_what_can_t_be_is_said(self, dana, clinic, typed, sentence):
        answer = dana.post(f"{PROTOCOLS}add/", typed)
        assert (answer.status_code, Protocol.objects.count()) == (200, 1)
        assert sentence in read(answer)

    def test_the_last_general_one_isn_t_taken_out_of_use(self, dana, clinic):
        assert "Take out of use" not in read(dana.get(page(published())))
        for said in (read(dana.get(page(published(), "retire"))), read(dana.post(page(published(), "retire")))):
            assert "It is the only protocol for every treatment." in said
            assert "Its treatments follow" not in said
            assert "Take it out of use</button>" not in said
        assert protocol_for(clinic.face) == published()


@pytest.mark.parametrize("pk", ["0", "99999999999999999999999"])
def test_what_there_isn_t_is_not_found(dana, pk):
    for what in ("change/", "publish/", "retire/", "discard/", "step/"):
        assert dana.get(f"{PROTOCOLS}{pk}/{what}").status_code == 404
    for what in ("", "remove/"):
        assert dana.get(f"{PROTOCOLS}{pk}/step/1/{what}").status_code == 404


@pytest.mark.parametrize("pk", ["x", "1%00", "²", "-1"])
def test_nor_is_what_is_no_number(dana, pk):
    assert dana.get(f"{PROTOCOLS}{pk}/change/").status_code == 404
    assert dana.post(f"{PROTOCOLS}{pk}/change/", {}).status_code == 404
