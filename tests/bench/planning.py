"""Planning completed sessions: what the writing costs, beside the usual bulk_create of the same rows."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import transaction

from tests.bench.figures import Figure, compared
from tests.bench.sizes import Sizes
from tests.wire import round_trips

ROUNDS = 10
REFERENCE = "bulk_create"


def plan(sizes: Sizes) -> Iterator[Figure]:
    from aftercare.services.telling import ledger, tellings

    session, messages = _completed_session()
    ours, usual = ledger.write, as_usual
    per_round = max(sizes.sessions // ROUNDS, 1)
    cpu, rates = [], []
    for _ in range(ROUNDS):
        (our_cpu, our_rate), (their_cpu, their_rate) = (_measured(tellings, session, write, per_round) for write in (ours, usual))
        cpu.append((our_cpu, their_cpu))
        rates.append((our_rate, their_rate))
    yield compared("plan.cpu", f"CPU ms for {messages} messages", cpu, REFERENCE, "ratio <= 0.333")
    trips = [_trips(tellings, session, write) for write in (ours, usual)]
    yield Figure("plan.round_trips", "for a plan's inserts", *trips, REFERENCE, "ours <= 1")
    yield compared("plan.sessions_per_second", "sessions/s, planned and committed", rates, REFERENCE)


def as_usual(lines: Sequence[Any], patient: Any, *, appointment: Any, plan: Any, now: Any) -> None:
    """The same rows, as they are written by those who don't count."""
    from aftercare.models import CareMessage
    from notifications.models import Message, address_hash

    plan.save(force_insert=True)
    drafts = [line.draft for line in lines if line.draft]
    messages = Message.objects.bulk_create(
        [
            Message(
                dedupe_key=draft.dedupe_key,
                reference=draft.reference,
                pause_key=draft.pause_key,
                channel=draft.channel,
                address=draft.address,
                address_hash=address_hash(draft.address),
                subject=draft.subject,
                body=draft.body,
                html=draft.html,
                due_at=draft.send_at,
                send_at=draft.send_at,
                expires_at=draft.expires_at,
                quiet_from=draft.quiet.starts if draft.quiet else None,
                quiet_until=draft.quiet.ends if draft.quiet else None,
                time_zone=draft.time_zone,
            )
            for draft in drafts
        ],
        update_conflicts=True,
        unique_fields=["dedupe_key"],
        update_fields=["dedupe_key"],
    )
    by_key = {message.dedupe_key: message for message in messages}
    CareMessage.objects.bulk_create(
        [
            CareMessage(
                patient=patient,
                appointment=appointment,
                plan=plan,
                kind=line.kind.value,
                channel=line.channel,
                planned_for=line.planned_for,
                key=line.key,
                stands_in_for_id=line.stands_in_for,
                message=by_key[line.draft.dedupe_key] if line.draft else None,
                reason=line.reason,
            )
            for line in lines
        ]
    )


def _measured(telling: Any, session: Any, write: Callable[..., None], sessions: int) -> tuple[float, float]:
    """CPU milliseconds of this process for the writing of one plan, and sessions a second with all that planning is."""
    cpu_seconds = seconds = 0.0

    def timed(*args: Any, **kwargs: Any) -> None:
        nonlocal cpu_seconds
        begun = time.thread_time()
        write(*args, **kwargs)
        cpu_seconds += time.thread_time() - begun

    for _ in range(sessions):
        begun = time.perf_counter()
        _start_plan(telling, session, timed)
        seconds += time.perf_counter() - begun
        _forget(session)
    return cpu_seconds * 1000 / sessions, sessions / seconds


def _trips(telling: Any, session: Any, write: Callable[..., None]) -> int:
    counted = 0

    def traced(*args: Any, **kwargs: Any) -> None:
        nonlocal counted
        with round_trips() as trips:
            write(*args, **kwargs)
        counted = sum("INSERT INTO" in trip for trip in trips)

    _start_plan(telling, session, traced)
    _forget(session)
    return counted


def _start_plan(telling: Any, session: Any, write: Callable[..., None]) -> None:
    from aftercare.services import start_plan

    ours, telling.write = telling.write, write
    try:
        with transaction.atomic():
            start_plan(session, now=session.completed_at)
    finally:
        telling.write = ours


def _completed_session() -> tuple[Any, int]:
    """And how many messages its plan has."""
    from aftercare.models import CareMessage
    from tests.clinic_world import open_clinic

    clinic = open_clinic()
    session = clinic.treat(clinic.consents(clinic.ana))
    messages = CareMessage.objects.filter(plan__appointment=session).count()
    _forget(session)
    return session, messages


def _forget(session: Any) -> None:
    """The session's plan and its messages are gone, so that it can have another: she is never texted more a day than she agreed to."""
    from aftercare.models import CareMessage, Plan
    from notifications.models import Message

    CareMessage.objects.filter(appointment=session).delete()
    Message.objects.all().delete()
    Plan.objects.all().delete()
