"""The whole demo clinic, in one transaction: the same for the same seed, relative to `now`."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.dispatch import Signal
from django.utils.timezone import localdate

from clinic.demo.archive.filling import costs, fill_archive
from clinic.demo.archive.progress import LIVING, Progress
from clinic.demo.catalogue import create_clinic
from clinic.demo.correspondence import confirm, correspond
from clinic.demo.diary import Diary
from clinic.demo.drafting import begin_a_version
from clinic.demo.history import live_through
from clinic.demo.journeys import DiaryFull, Storyteller
from clinic.demo.people import ask_for_consent, make_patients
from clinic.demo.recalling import ask_back
from clinic.demo.settling import settle
from clinic.demo.signins import create_signins
from clinic.demo.stages import Stage, stages
from clinic.demo.untrailed import without_a_trail
from clinic.demo.waitlist import let_some_confirm, put_some_on_the_waitlist
from clinic.demo.worries import put_on_call, worry
from notifications import receivers as sending
from notifications.models import Message
from notifications.signals import messages_due
from scheduling import receivers as offering
from scheduling.models import Location, Opening, Patient, Treatment
from scheduling.signals import openings_due

# Autovacuum can't see an open transaction, and PostgreSQL takes a table that it knows nothing of for a tiny one.
ANALYZE_AFTER = {2**power for power in range(1, 24)}


class DemoRefused(Exception):
    """Nothing was changed. `str()` says why."""


# So many are lived through the services, with all their messages. Of more than that only a few are, and the rest go into the archive.
MOST_LIVED, LIVED_BESIDE_AN_ARCHIVE = 240, 60


@transaction.atomic
@without_a_trail()
def build(patients: int, seed: int, *, now: datetime, say: Callable[[str], None] = print, lived: int | None = None) -> None:
    """All of it or nothing. `lived`: how many to live through, where not as many as usual. Raises DemoRefused."""
    _require_an_empty_demo(patients)
    lived = lived or (patients if patients <= MOST_LIVED else LIVED_BESIDE_AN_ARCHIVE)
    archived = patients - lived
    progress = Progress(say, costs(lived, archived)) if archived else None
    now = now.replace(microsecond=0)
    zone = ZoneInfo(settings.TIME_ZONE)
    random = Random(seed)  # noqa: S311 - a made-up clinic
    signins = create_signins()
    clinic = create_clinic(localdate(now, zone), signins["clinician"])
    put_on_call(signins)
    storyteller = Storyteller(now, Diary(clinic, random), random, clinic.treatments, zone)
    people = Patient.objects.bulk_create(make_patients(lived, random, storyteller.today), batch_size=1000)
    with _quietly():
        told = _tell_stories(people, storyteller, signins, progress)
        firsts = {stage: patients[0] for stage, patients in told.items()}
        worry(firsts, signins, now=now)
        correspond(firsts, read_by=signins["frontdesk"], now=now)
    Patient.objects.bulk_update(people, ["created_at"], batch_size=1000)
    settle(until=now)
    confirm(until=now)
    with _quietly():
        let_some_confirm(now)
        put_some_on_the_waitlist(now, signins["frontdesk"])
        ask_back(told, signins["frontdesk"], random, zone, now)
    begin_a_version(signins["clinician"], now)
    if progress:
        fill_archive(archived, seed, treatments=clinic.treatments, signins=signins, now=now, progress=progress)
    messages_due.send(Message)
    openings_due.send(Opening)


def _require_an_empty_demo(patients: int) -> None:
    if not settings.DEMO:
        raise DemoRefused("Demo data is for the local demo only: it needs DEBUG=true and SMS_BACKEND=demo.")
    if patients < 1:
        raise DemoRefused("A demo needs at least one patient.")
    for model in (Patient, Location, Treatment):
        if model.objects.exists():
            raise DemoRefused(f"There are {model._meta.verbose_name_plural} here already, and demo data goes into an empty database only.")


def _tell_stories(
    people: list[Patient], storyteller: Storyteller, signins: dict[str, User], progress: Progress | None
) -> dict[Stage, list[Patient]]:
    """The patients of each stage, in their order."""
    told: defaultdict[Stage, list[Patient]] = defaultdict(list)
    for index, (patient, stage) in enumerate(zip(people, stages(len(people)), strict=True)):
        if progress:
            progress.at(LIVING, index / len(people), f"{index:,} of {len(people):,}")
        if index in ANALYZE_AFTER:
            _analyze()
        try:
            visits = storyteller.visits(stage, len(told[stage]))
        except DiaryFull as error:
            raise DemoRefused(str(error)) from error
        patient.created_at = visits[0].booked_at
        ask_for_consent(patient, index, by=signins["frontdesk"], now=patient.created_at)
        live_through(patient, visits, front_desk=signins["frontdesk"], clinician=signins["clinician"])
        told[stage].append(patient)
    return told


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_message, aftercare_caremessage, aftercare_plan, scheduling_appointment")


@contextmanager
def _quietly() -> Iterator[None]:
    """One wake-up for all of it instead of one for every booking, and every cancellation, in the past."""
    wakers: tuple[tuple[Signal, Callable[..., None]], ...] = (
        (messages_due, sending.wake_after_commit),
        (openings_due, offering.wake_after_commit),
    )
    for signal, waker in wakers:
        signal.disconnect(waker)
    try:
        yield
    finally:
        for signal, waker in wakers:
            signal.connect(waker)
