"""A clinician makes a new version, publishes it, and from then on nobody changes it: neither a service nor raw SQL."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from aftercare import services
from aftercare.domain.protocol import Kind, Step, Text
from aftercare.errors import ChangedMeanwhile, NameTaken, NotADraft, NotReady, StepGone, StillNeeded
from aftercare.models import Plan, Protocol, ProtocolStep
from aftercare.services import draft_of, load_protocol, protocol_for, publish, retire
from aftercare.services.protocols.drafts import details_seen, step_seen
from aftercare.services.protocols.loading import read_protocol
from tests.clinic_world import TODAY, WEEK, Clinic, waiting_for_a_lock
from tests.staff import member

LATER = TODAY + WEEK


def published() -> Protocol:
    return Protocol.objects.get(version=1, slug="microneedling")


def step_of(draft: Protocol, slug: str = "check-in-day-4") -> ProtocolStep:
    return draft.steps.get(slug=slug)


def reworded(row: ProtocolStep, sms: str) -> Step:
    step = row.as_domain()
    return replace(step, texts={**step.texts, "en": replace(step.texts["en"], sms=sms)})


@pytest.fixture
def dana(db: None) -> User:
    return member("Clinician")


class TestADraft:
    def test_it_is_a_copy_and_says_who_began_it(self, clinic, dana):
        draft = draft_of(published(), by=dana, now=TODAY)
        assert (draft.version, draft.is_draft, draft.made_by, draft.made_at) == (2, True, dana, TODAY)
        assert draft.as_domain() == published().as_domain()
        assert {s.slug: s.texts for s in draft.as_domain().steps} == {s.slug: s.texts for s in published().as_domain().steps}

    def test_it_is_for_the_same_treatments(self, clinic):
        own = load_protocol(replace(read_protocol("microneedling"), slug="own"), treatments=[clinic.scalp], now=TODAY)
        assert list(draft_of(own, by=None, now=TODAY).treatments.all()) == [clinic.scalp]

    def test_who_comes_second_goes_on_with_the_one_that_is_there(self, clinic, dana):
        draft = draft_of(published(), by=dana, now=TODAY)
        assert draft_of(published(), by=member("Manager"), now=TODAY) == draft
        assert draft_of(draft, by=None, now=TODAY) == draft
        assert Protocol.objects.count() == 2

    def test_nothing_of_it_is_used_before_it_is_published(self, clinic):
        draft = draft_of(published(), by=None, now=TODAY)
        services.change_step(step_of(draft), reworded(step_of(draft), "changed"), seen=step_seen(step_of(draft).as_domain()))
        assert protocol_for(clinic.face) == published()
        assert step_of(published()).texts.get(language="en").sms != "changed"

    def test_discarded_it_is_gone_and_another_can_be_begun(self, clinic):
        draft = draft_of(published(), by=None, now=TODAY)
        services.discard(draft)
        assert Protocol.objects.get() == published()
        assert draft_of(published(), by=None, now=TODAY).version == 2
        with pytest.raises(NotADraft, match="was published at"):
            services.discard(published())

    def test_a_step_is_added_moved_and_removed(self, clinic):
        draft = draft_of(published(), by=None, now=TODAY)
        words = Text("{clinic}: call {phone}", "Hello", "Hello.")
        new = Step("hello", Kind.EDUCATION, "email", timedelta(hours=1), 1, timedelta(days=1), texts={"en": words, "es": words})
        added = services.add_step(draft, new)
        assert [step.slug for step in draft.steps.all()][-1] == "hello"
        for _step in range(20):
            services.shift_step(added, -1)
        assert [step.slug for step in draft.steps.all()][:2] == ["hello", "serum-day"]
        services.shift_step(added, 1)
        assert [step.slug for step in draft.steps.all()][:2] == ["serum-day", "hello"]
        services.remove_step(added)
        assert draft.as_domain() == published().as_domain()
        with pytest.raises(StepGone, match="Somebody else has removed this step meanwhile"):
            services.remove_step(added)
        with pytest.raises(StepGone):
            services.change_step(added, new, seen=step_seen(new))
        assert draft.as_domain() == published().as_domain()

    def test_two_steps_of_one_name_are_refused(self, clinic):
        draft = draft_of(published(), by=None, now=TODAY)
        row = step_of(draft)
        with pytest.raises(NameTaken, match="“serum-day”"):
            services.change_step(row, replace(row.as_domain(), slug="serum-day"), seen=step_seen(row.as_domain()))
        with pytest.raises(NameTaken, match="“check-in-day-4”"):
            services.add_step(draft, row.as_domain())
        assert draft.as_domain() == published().as_domain()

    def test_the_second_of_two_who_change_a_step_is_told(self, clinic):
        draft = draft_of(published(), by=None, now=TODAY)
        seen = step_seen(step_of(draft).as_domain())
        services.change_step(step_of(draft), reworded(step_of(draft), "Dana's"), seen=seen)
        with pytest.raises(ChangedMeanwhile, match="Somebody else has changed this step"):
            services.change_step(step_of(draft), reworded(step_of(draft), "Eli's"), seen=seen)
        assert step_of(draft).texts.get(language="en").sms == "Dana's"

    def test_so_is_the_second_of_two_who_change_its_name(self, clinic):
        draft = draft_of(published(), by=None, now=TODAY)
        seen = details_seen(draft)
        services.describe(draft, name="Dana's", treatments=[], note="", seen=seen)
        with pytest.raises(ChangedMeanwhile):
            services.describe(draft, name="Eli's", treatments=[], note="", seen=seen)
        with pytest.raises(ChangedMeanwhile):
            services.describe(draft, name="Eli's", treatments=[], note="", seen="")
        assert Protocol.objects.get(pk=draft.pk).name == "Dana's"


class TestANewProtocol:
    def test_empty_or_as_a_copy(self, clinic, dana):
        empty = services.begin_protocol("After a peel", treatments=[clinic.face], by=dana, now=TODAY)
        assert (empty.slug, empty.version, empty.is_draft, empty.steps.count()) == ("after-a-peel", 1, True, 0)
        assert list(empty.treatments.all()) == [clinic.face]
        copy = services.begin_protocol("Scalp", treatments=[clinic.scalp], like=published(), by=dana, now=TODAY)
        assert copy.as_domain().steps == published().as_domain().steps
        assert publish(copy, by=dana, now=LATER) == protocol_for(clinic.scalp)
        assert protocol_for(clinic.face) == published()

    @pytest.mark.parametrize("name", ["Microneedling", "…", "皮膚"])
    def test_its_name_is_new_and_can_be_written(self, clinic, name):
        with pytest.raises(NameTaken):
            services.begin_protocol(name, by=None, now=TODAY)
        assert Protocol.objects.count() == 1


class TestPublishing:
    def test_from_then_on_sessions_follow_it_and_plans_under_way_keep_theirs(self, clinic, dana):
        clinic.treat(clinic.ana)
        draft = draft_of(published(), by=dana, now=TODAY)
        publish(draft, by=dana, now=LATER)
        newest = protocol_for(clinic.face)
        assert (newest, newest.published_at, newest.published_by) == (draft, LATER, dana)
        assert Plan.objects.get().protocol == published()

    def test_with_anything_to_mend_it_isnt_published(self, clinic):
        draft = draft_of(published(), by=None, now=TODAY)
        services.change_step(step_of(draft), reworded(step_of(draft), "Your face"), seen=step_seen(step_of(draft).as_domain()))
        with pytest.raises(NotReady) as refused:
            publish(draft, by=None, now=LATER)
        assert refused.value.problems == services.problems_of(draft) != []
        assert protocol_for(clinic.face) == published()

    def test_once(self, clinic, dana):
        draft = publish(draft_of(published(), by=dana, now=TODAY), by=dana, now=LATER)
        with pytest.raises(NotADraft, match="was published by"):
            publish(draft, by=member("Manager"), now=LATER + WEEK)
        draft.refresh_from_db()
        assert draft.published_by == dana

    def test_a_step_saved_after_that_is_refused(self, clinic):
        draft = draft_of(published(), by=None, now=TODAY)
        row = step_of(draft)
        publish(draft, by=None, now=LATER)
        with pytest.raises(NotADraft, match="make a new version"):
            services.change_step(row, reworded(row, "late"), seen=step_seen(row.as_domain()))
        with pytest.raises(NotADraft):
            services.remove_step(row)
        assert step_of(draft).texts.get(language="en").sms != "late"

    def test_the_software_s_own_loader_still_publishes_and_leaves_a_draft_alone(self, clinic):
        assert load_protocol(read_protocol("microneedling"), now=LATER) == protocol_for(clinic.face)
        draft = draft_of(published(), by=None, now=TODAY)
        with pytest.raises(IntegrityError), transaction.atomic():
            load_protocol(read_protocol("microneedling"))
        assert Protocol.objects.get(published_at=None) == draft


class TestRetiring:
    def test_its_treatments_follow_the_general_one_again(self, clinic, dana):
        own = services.begin_protocol("Scalp", treatments=[clinic.scalp], like=published(), by=dana, now=TODAY)
        publish(own, by=dana, now=TODAY)
        retired = retire(own, by=dana, now=LATER)
        assert (retired.retired_at, retired.retired_by) == (LATER, dana)
        assert protocol_for(clinic.scalp) == published()
        with pytest.raises(StillNeeded, match="isn’t in use"):
            retire(own, by=dana, now=LATER)

    def test_the_last_one_for_every_treatment_stays(self, clinic):
        with pytest.raises(StillNeeded, match="only protocol for every treatment"):
            retire(published(), by=None, now=LATER)
        assert protocol_for(clinic.face) == published()

    def test_an_older_version_isnt_in_use_any_more(self, clinic):
        publish(draft_of(published(), by=None, now=TODAY), by=None, now=LATER)
        with pytest.raises(StillNeeded, match="isn’t in use"):
            retire(published(), by=None, now=LATER)

    def test_a_newer_version_brings_it_back(self, clinic):
        own = publish(services.begin_protocol("Own", treatments=[clinic.face], like=published(), by=None, now=TODAY), by=None, now=TODAY)
        retire(own, by=None, now=LATER)
        again = publish(draft_of(own, by=None, now=LATER), by=None, now=LATER)
        assert protocol_for(clinic.face) == again


class TestTheDatabase:
    """`published` is version 1; each statement is refused for it, and let through for a draft."""

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE aftercare_protocol SET name = 'Other' WHERE id = %(protocol)s",
            "UPDATE aftercare_protocol SET version = 7 WHERE id = %(protocol)s",
            "UPDATE aftercare_protocolstep SET valid_minutes = 5 WHERE protocol_id = %(protocol)s",
            "UPDATE aftercare_protocolstep SET position = position + 1 WHERE protocol_id = %(protocol)s",
            "INSERT INTO aftercare_protocolstep"
            " (protocol_id, position, slug, kind, channel, facts, first_after_hours, at, times, valid_minutes)"
            " VALUES (%(protocol)s, 99, 'more', 'dose', 'sms', '', 1, '{}', 1, 5)",
            "UPDATE aftercare_steptext SET sms = 'Other' WHERE step_id = %(step)s",
            "DELETE FROM aftercare_steptext WHERE step_id = %(step)s",
            "INSERT INTO aftercare_steptext (step_id, language, sms, subject, email) VALUES (%(step)s, 'fr', '', '', '')",
            "INSERT INTO aftercare_protocol_treatments (protocol_id, treatment_id) VALUES (%(protocol)s, %(treatment)s)",
        ],
    )
    def test_a_published_version_is_unchangeable(self, clinic, sql):
        draft = draft_of(published(), by=None, now=TODAY)
        for protocol, is_refused in ((published(), True), (draft, False)):
            about = {"protocol": protocol.pk, "step": step_of(protocol).pk, "treatment": clinic.face.pk}
            with connection.cursor() as cursor, refused(is_refused):
                cursor.execute(sql, about)

    def test_nor_can_anything_of_it_be_deleted_or_brought_in(self, clinic):
        draft = draft_of(published(), by=None, now=TODAY)
        with refused():
            published().delete()
        with refused():
            step_of(published()).delete()
        with refused():
            step_of(draft).texts.update(step=step_of(published(), "serum-day"))
        with refused():
            ProtocolStep.objects.filter(pk=step_of(draft).pk).update(protocol=published(), slug="brought")
        with refused():
            Protocol.objects.filter(pk=published().pk).update(published_at=None)
        assert published().steps.count() == draft.steps.count()

    def test_its_treatments_stay(self, clinic):
        own = load_protocol(replace(read_protocol("microneedling"), slug="own"), treatments=[clinic.scalp], now=TODAY)
        with refused():
            own.treatments.clear()
        assert list(own.treatments.all()) == [clinic.scalp]

    def test_the_migration_can_be_taken_back(self, clinic):
        migration = import_module("aftercare.migrations.0003_held_by_the_database")
        with connection.cursor() as cursor:
            cursor.execute(migration.CHANGEABLE)
            cursor.execute("UPDATE aftercare_protocol SET name = 'Other'")
            cursor.execute(migration.IMMUTABLE)
        with refused():
            Protocol.objects.update(name="Another")

    @pytest.mark.parametrize("changed", [{"retired_at": None}, {"retired_at": LATER}, {"retired_by": "eli"}])
    def test_what_went_out_of_use_doesnt_come_back(self, clinic, dana, changed):
        own = services.begin_protocol("Scalp", treatments=[clinic.scalp], like=published(), by=dana, now=TODAY)
        publish(own, by=dana, now=TODAY)
        retire(own, by=dana, now=TODAY)
        if "retired_by" in changed:
            changed = {"retired_by": member("Manager")}
        with refused():
            Protocol.objects.filter(pk=own.pk).update(**changed)
        own.refresh_from_db()
        assert (own.retired_at, own.retired_by) == (TODAY, dana)

    def test_who_leaves_the_clinic_may_be_forgotten(self, clinic, dana):
        publish(draft_of(published(), by=dana, now=TODAY), by=dana, now=LATER)
        own = services.begin_protocol("Scalp", treatments=[clinic.scalp], like=published(), by=dana, now=TODAY)
        publish(own, by=dana, now=TODAY)
        retire(own, by=dana, now=LATER)
        dana.delete()
        assert Protocol.objects.get(version=2).published_by is None
        assert Protocol.objects.get(pk=own.pk).retired_by is None


@contextmanager
def refused(is_refused: bool = True) -> Iterator[None]:
    if not is_refused:
        yield
        return
    with pytest.raises(IntegrityError, match="is unchangeable: make a new one"), transaction.atomic():
        yield


class TestAtOnce:
    @pytest.fixture
    def draft(self, committed_clinic: Clinic) -> Protocol:
        return draft_of(published(), by=None, now=TODAY)

    def test_of_two_who_publish_one_wins_and_the_other_reads_a_sentence(self, draft, at_once):
        dana, eli = member("Clinician"), member("Manager")
        outcomes = at_once([lambda by=by: publish(draft, by=by, now=LATER) for by in (dana, eli)])
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NotADraft", "Protocol"]
        draft.refresh_from_db()
        winner = next(outcome for outcome in outcomes if isinstance(outcome, Protocol))
        assert draft.published_by == winner.published_by
        assert str(draft) in str(next(outcome for outcome in outcomes if isinstance(outcome, NotADraft)))

    def test_of_two_who_begin_a_version_both_get_the_same(self, committed_clinic, at_once):
        one, other = at_once([lambda: draft_of(published(), by=None, now=TODAY)] * 2)
        assert one == other
        assert Protocol.objects.filter(published_at=None).count() == 1

    def test_of_two_who_save_a_step_one_is_told(self, draft, at_once):
        row = step_of(draft)
        seen = step_seen(row.as_domain())
        outcomes = at_once([lambda sms=sms: services.change_step(row, reworded(row, sms), seen=seen) for sms in ("Dana's", "Eli's")])
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ChangedMeanwhile", "ProtocolStep"]

    def test_control_without_the_lock_both_would_save(self, draft, at_once, monkeypatch):
        """Each looks before the other has saved."""

        def unguarded(found: Protocol) -> Protocol:
            return Protocol.objects.get(pk=found.pk)

        looked, both_have_looked = step_seen, Barrier(2)

        def slowly(step: Step) -> str:
            seen = looked(step)
            both_have_looked.wait(timeout=20)
            return seen

        row = step_of(draft)
        seen = looked(row.as_domain())
        monkeypatch.setattr("aftercare.services.protocols.drafts.held", unguarded)
        monkeypatch.setattr("aftercare.services.protocols.drafts.step_seen", slowly)
        outcomes = at_once([lambda sms=sms: services.change_step(row, reworded(row, sms), seen=seen) for sms in ("Dana's", "Eli's")])
        assert [type(outcome).__name__ for outcome in outcomes] == ["ProtocolStep"] * 2

    def test_raw_sql_that_changes_a_text_waits_for_who_is_publishing(self, draft, at_once):
        """The trigger looks at the row once it has it: what was a draft when the statement began is published by then."""
        text = step_of(draft).texts.get(language="en")

        def publishing() -> None:
            with transaction.atomic():
                publish(draft, by=None, now=LATER)
                deadline = time.monotonic() + 20
                while not waiting_for_a_lock() and time.monotonic() < deadline:
                    time.sleep(0.02)

        def changing() -> None:
            deadline = time.monotonic() + 20
            while not held_by_somebody(draft) and time.monotonic() < deadline:
                time.sleep(0.02)
            with connection.cursor() as cursor:
                cursor.execute("UPDATE aftercare_steptext SET sms = 'late' WHERE id = %s", [text.pk])

        done, error = at_once([publishing, changing])
        assert done is None
        assert isinstance(error, IntegrityError)
        text.refresh_from_db()
        assert text.sms != "late"


def held_by_somebody(draft: Protocol) -> bool:
    with transaction.atomic():
        return not Protocol.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=draft.pk).exists()
