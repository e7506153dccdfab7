"""Two change a protocol at once: whoever comes second reads a sentence, and nothing of what was typed is lost."""

from aftercare.models import Protocol
from aftercare.services import discard, publish, remove_step
from tests.clinic.protocol_pages import PROTOCOLS, form_of, page, published, read, step_of, step_page
from tests.clinic_world import TODAY


class TestTwoAtOnce:
    def test_the_second_who_saves_a_step_reads_a_sentence_and_may_save_again(self, dana, draft):
        row = step_of(draft)
        mine = form_of(dana, step_page(row)) | {"en-subject": "Mine"}
        dana.post(step_page(row), form_of(dana, step_page(row)) | {"en-subject": "Hers"})
        answer = dana.post(step_page(row), mine)
        assert "Somebody else has changed this step meanwhile." in read(answer)
        assert 'value="Mine"' in read(answer)
        assert row.texts.get(language="en").subject == "Hers"
        dana.post(step_page(row), mine | {"seen": answer.context["seen"]})
        assert row.texts.get(language="en").subject == "Mine"

    def test_who_saves_after_it_was_published_reads_a_sentence(self, dana, draft):
        row = step_of(draft)
        mine = form_of(dana, step_page(row)) | {"en-subject": "Mine"}
        details = form_of(dana, page(draft)) | {"name": "Mine"}
        publish(draft, by=None, now=TODAY)
        for address, typed in ((step_page(row), mine), (page(draft), details)):
            answer = dana.post(address, typed)
            assert "was published at" in read(answer)
            assert 'value="Mine"' in read(answer)
        assert "is published already" in read(dana.get(page(draft, "publish")))
        assert "was published at" in read(dana.post(page(draft, "publish")))
        assert "can’t be changed" in read(dana.get(step_page(row, "remove/")))
        assert "make a new version" in read(dana.post(step_page(row, "shift/"), {"later": ""}, follow=True))

    def test_the_name_too(self, dana, draft):
        mine = form_of(dana, page(draft)) | {"note": "Mine"}
        dana.post(page(draft), form_of(dana, page(draft)) | {"note": "Hers"})
        answer = dana.post(page(draft), mine)
        assert "Somebody else has changed the name, the treatments or the note meanwhile." in read(answer)
        assert "Mine" in read(answer)
        assert Protocol.objects.get(pk=draft.pk).note == "Hers"

    def test_what_the_other_has_saved_stands_beside_what_was_typed(self, dana, draft):
        row = step_of(draft)
        mine = form_of(dana, step_page(row)) | {"en-subject": "Mine", "valid_hours": "5"}
        dana.post(step_page(row), form_of(dana, step_page(row)) | {"en-subject": "Hers"})
        said = read(dana.post(step_page(row), mine))
        assert "How yours differs from what is saved now" in said
        assert "“education-day-1”, worth sending for: “5 hours”, instead of “10 hours”." in said
        saved, typed = said[said.index("As it is saved now") :].split("As you typed it")[:2]
        assert ("Hers" in saved, "Mine" in typed) == (True, True)

    def test_a_mistake_of_mine_does_not_hide_that_it_was_changed(self, dana, draft):
        """The page that comes back with the mistake is still the one that was opened before."""
        row = step_of(draft)
        mine = form_of(dana, step_page(row)) | {"en-subject": "Mine", "times": "0"}
        details = form_of(dana, page(draft)) | {"name": "", "note": "Mine"}
        dana.post(step_page(row), form_of(dana, step_page(row)) | {"en-subject": "Hers"})
        dana.post(page(draft), form_of(dana, page(draft)) | {"note": "Hers"})
        seen = dana.post(step_page(row), mine).context["seen"]
        assert "Somebody else has changed this step" in read(dana.post(step_page(row), mine | {"times": "1", "seen": seen}))
        assert row.texts.get(language="en").subject == "Hers"
        seen = dana.post(page(draft), details).context["seen"]
        assert "Somebody else has changed the name" in read(dana.post(page(draft), details | {"name": "Ours", "seen": seen}))
        assert Protocol.objects.get(pk=draft.pk).note == "Hers"

    def test_what_doesn_t_say_what_it_saw_saves_nothing(self, dana, draft):
        row = step_of(draft)
        step, details = form_of(dana, step_page(row)) | {"en-subject": "Mine"}, form_of(dana, page(draft)) | {"note": "Mine"}
        for address, typed in ((step_page(row), step), (page(draft), details)):
            del typed["seen"]
            assert "Somebody else has changed" in read(dana.post(address, typed))
        assert row.texts.get(language="en").subject != "Mine"
        assert Protocol.objects.get(pk=draft.pk).note == ""


class TestAStepThatIsRemovedMeanwhile:
    def test_what_was_typed_stays_and_may_be_added_as_a_new_step(self, dana, draft):
        row = step_of(draft)
        mine = form_of(dana, step_page(row)) | {"en-sms": "{clinic}: rest. Call {phone}.", "es-email": "Escrito con cuidado."}
        address = step_page(row)
        remove_step(row)
        answer = dana.post(address, mine)
        said = read(answer)
        assert answer.status_code == 200
        assert "Somebody else has removed this step meanwhile." in said
        assert "What you typed is still here: saving adds it as a new step, the last one." in said
        assert "{clinic}: rest. Call {phone}." in said
        assert "Escrito con cuidado." in said
        assert f'action="{page(draft, "step")}"' in said
        assert not draft.steps.filter(slug="education-day-1").exists()
        assert "is added, as the last step." in read(dana.post(page(draft, "step"), mine, follow=True))
        assert draft.steps.last().as_domain().texts["es"].email == "Escrito con cuidado."

    def test_its_page_leads_back_with_a_sentence(self, dana, draft):
        row = step_of(draft)
        address, to_remove, to_shift = (step_page(row, what) for what in ("", "remove/", "shift/"))
        remove_step(row)
        for answer in (dana.get(address, follow=True), dana.post(to_remove, follow=True), dana.post(to_shift, {"later": ""}, follow=True)):
            assert answer.redirect_chain == [(page(draft), 302)]
            assert "Somebody else has removed this step meanwhile." in read(answer)
        assert draft.steps.count() == published().steps.count() - 1

    def test_a_step_of_another_version_is_none_of_this_one(self, dana, draft):
        assert dana.get(f"{PROTOCOLS}{draft.pk}/step/{step_of(published()).pk}/").status_code == 302


class TestADraftThatIsDiscardedMeanwhile:
    def test_what_was_typed_is_shown_to_be_copied(self, dana, draft):
        row = step_of(draft)
        step = form_of(dana, step_page(row)) | {"es-email": "Escrito con <cuidado>.\nAdiós."}
        details = form_of(dana, page(draft)) | {"note": "Plainer words."}
        addresses = {step_page(row): step, page(draft, "step"): step, page(draft): details}
        discard(draft)
        for address, typed in addresses.items():
            answer = dana.post(address, typed)
            assert answer.status_code == 404
            assert "somebody has discarded it meanwhile, so nothing was saved" in read(answer)
            assert ("Plainer words." if typed is details else "Escrito con <cuidado>.\nAdiós.") in read(answer)
        assert "&lt;cuidado&gt;" in dana.post(step_page(row), step).content.decode()
        assert Protocol.objects.get() == published()

    def test_where_nothing_was_typed_it_is_just_not_found(self, dana, draft, sign_in):
        row = step_of(draft)
        addresses = (step_page(row), page(draft, "step"), page(draft))
        discard(draft)
        for address in addresses:
            assert "so nothing was saved" not in read(dana.post(address, {}))
            assert dana.get(address).status_code == 404
        assert sign_in("Front desk").post(page(draft, "step"), {"slug": "typed"}).status_code == 403
