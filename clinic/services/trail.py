"""What the database can't see by itself is written on the trail here: who looked at something, took it along, signed in.

And the two ways in which something leaves it: a patient who is erased takes her values with her, and what is too old goes.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from clinic.models import Entry
from clinic.models.trail import Action
from clinic.requests import current_id
from clinic.services.acting import ACTOR
from scheduling.services import as_eraser

BY_ITSELF = "the system"
NOBODY: tuple[str, tuple[Any, ...]] = ("NULL", ())

SEEN = """
INSERT INTO clinic_trail (user_id, actor, request_id, action, about, object_id, note, patient_id)
SELECT seen.*
  FROM (SELECT %s::bigint AS user_id, %s AS actor, %s AS request_id, %s AS action, %s AS about, %s::bigint AS object_id, %s AS note,
               ({patient})::bigint AS patient_id) seen
"""
# By the statement's time: the clock's is another one for each row, and no index finds those since then.
UNLESS_SEEN = """
 WHERE NOT EXISTS (
   SELECT FROM clinic_trail before
    WHERE before.user_id = seen.user_id AND before.at > statement_timestamp() - interval '1 hour' AND before.action = seen.action
      AND before.about = seen.about AND before.note = seen.note AND before.object_id IS NOT DISTINCT FROM seen.object_id
      AND before.patient_id IS NOT DISTINCT FROM seen.patient_id)
"""
# Nor where this very request has left a line about her already: it did something, and says so.
NAMED = """
INSERT INTO clinic_trail (user_id, actor, request_id, action, note, patient_id)
SELECT %s, %s, %s, 'saw', %s, patient.id
  FROM scheduling_patient patient
 WHERE (patient.id = ANY (%s::bigint[]) OR patient.id = ({whose})::bigint)
   AND NOT EXISTS (
     SELECT FROM clinic_trail before
      WHERE before.user_id = %s AND before.at > statement_timestamp() - interval '1 hour' AND before.patient_id = patient.id
        AND (before.request_id = %s OR before.action = 'saw' AND before.note = %s))
"""
IN_A_SENTENCE = "a sentence that named the patient"

BLANK = """
UPDATE clinic_trail
   SET note = CASE action WHEN 'saw' THEN note ELSE '' END,  -- which page it was
       changes = (SELECT coalesce(jsonb_object_agg(key, '[null, null]'::jsonb), '{}') FROM jsonb_object_keys(changes) key)
 WHERE patient_id = %s OR about = 'aftercare.concern' AND object_id = ANY (%s)
"""


@dataclass(frozen=True, slots=True)
class Look:
    """At a page; `words` say which. `patient` finds whose it is: SQL and its parameters, NULL for nobody's."""

    words: str
    about: str = ""
    object_id: int | None = None
    patient: tuple[str, tuple[Any, ...]] = NOBODY
    action: str = Action.SAW


def note(
    action: str,
    *,
    user: Any = None,
    actor: str = "",
    about: str = "",
    object_id: int | None = None,
    patient_id: int | None = None,
    changes: dict[str, list[Any]] | None = None,
    note: str = "",
) -> None:
    """One row, in one INSERT; within a transaction it stands and falls with it.

    `action` is one of Action's. Whose doing it is: `user` where somebody is named (who signs in isn't signed in yet), `actor` where only
    a name is known (of a failed sign-in), or else whoever acts just now. `about` is a model's label in lower case (scheduling.patient).
    """
    acting = ACTOR.get()
    Entry.objects.create(
        user_id=user.pk if user is not None else None if actor else acting.user_id,
        actor=(user.get_username() if user is not None else actor or acting.name or BY_ITSELF)[:200],
        request_id=current_id(),
        action=action,
        about=about,
        object_id=object_id,
        patient_id=patient_id,
        changes=changes or {},
        note=note,
    )


def note_look(look: Look, *, user: Any, once_an_hour: bool) -> None:
    """One statement. `once_an_hour`: not once more where the same person has looked at the same within the last 60 minutes."""
    patient, parameters = look.patient
    sql = SEEN.format(patient=patient) + (UNLESS_SEEN if once_an_hour else "")
    seen = [user.pk, user.get_username(), current_id(), look.action, look.about, look.object_id, look.words]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*seen, *parameters])


def note_named(patients: Collection[int], whose: tuple[str, tuple[Any, ...]] = NOBODY, *, user: Any) -> None:
    """Each of them, and whoever `whose` finds, as in Look: a sentence that comes with the next page names her. One statement.

    Not once more within the hour.
    """
    found, parameters = whose
    named = [user.pk, user.get_username(), current_id(), IN_A_SENTENCE, list(patients), *parameters, user.pk, current_id(), IN_A_SENTENCE]
    with connection.cursor() as cursor:
        cursor.execute(NAMED.format(whose=found), named)


@contextmanager
def erasing() -> Iterator[None]:
    """A transaction, or a part of one, in which rows of the trail may be changed and deleted, and none gets values."""
    with transaction.atomic(), as_eraser():
        yield


def blank_patient(patient_id: int, *, concerns: Collection[int] = ()) -> int:
    """Takes the values and the words out of all that concerns her: who did what, and when, stays. Answers with how many rows.

    `concerns`: the numbers of those that came from an address of hers before anybody knew whose it was.
    """
    return _blank(patient_id, concerns)


def blank_concerns(concerns: Collection[int]) -> int:
    """Likewise, of those that came from a number that nobody has. Answers with how many rows."""
    return _blank(None, concerns)


def _blank(patient_id: int | None, concerns: Collection[int]) -> int:
    with erasing(), connection.cursor() as cursor:
        cursor.execute(BLANK, [patient_id, list(concerns)])
        return cursor.rowcount


def old_entries(before: datetime) -> QuerySet[Entry]:
    return Entry.objects.filter(at__lt=before)


def forget_entries(rows: QuerySet[Entry]) -> int:
    """Answers with how many there were."""
    with erasing():
        return rows.delete()[0]
