"""What the database can't see by itself is written on the trail here: who looked at something, took it along, signed in."""

from typing import Any

from clinic.models import Entry
from clinic.services.acting import ACTOR


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
        actor=user.get_username() if user is not None else actor or acting.name,
        action=action,
        about=about,
        object_id=object_id,
        patient_id=patient_id,
        changes=changes or {},
        note=note,
    )
