"""A concern that was acknowledged, or told to all, and is open still: by email whoever should see to it is reminded."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User

from aftercare.models import Concern, ConcernEvent, OnCallContact
from aftercare.models.concerns import MAY_RESOLVE
from aftercare.services.concerns.ladder import rungs_at
from aftercare.services.concerns.on_call import NOBODY_REMINDED, code_of, key_of, link_to, reference_of, when
from aftercare.services.telling.consent import has_said_stop
from aftercare.services.telling.tellings import values_of
from aftercare.wording import STILL_OPEN, STILL_WAITING, render
from notifications import services as notifications
from notifications.services import Draft
from scheduling.services.staff import staff_name, who_may

OF_USE_FOR = timedelta(days=1)
PAUSED = " Until it is resolved, the patient's routine messages are paused: those of the aftercare, and reminders that a session is due."

What = ConcernEvent.What


def remind(concern: Concern, *, now: datetime) -> None:
    """One letter each, and a step that says to whom; an operator's alarm where nobody has an email address. Requires the concern's lock."""
    people = whom(concern)
    for address, name in people.items():
        event = ConcernEvent.objects.create(concern=concern, what=What.REMINDED, at=now, detail=name[:200])
        letter = render(STILL_OPEN if concern.acknowledged_at else STILL_WAITING, "en", _values(concern), frame="staff")
        reminder = Draft(
            key_of(concern, event),
            "email",
            address,
            **letter.over("email"),
            reference=reference_of(concern),
            send_at=now,
            expires_at=now + OF_USE_FOR,
        )
        notifications.schedule([reminder], now=now)
    if not people:
        said = f"a concern is open still, and nobody who could be reminded has an email address, at {concern.location}"
        notifications.raise_alarm("email", code_of(NOBODY_REMINDED, concern), said, now=now)


def whom(concern: Concern) -> dict[str, str]:
    """Address → name: whoever acknowledged it, the first time alone, if it is theirs to resolve. Then those on call, too, or, where none of
    them has an email address, all who may resolve it."""
    holder = _holder(concern)
    if holder and _may_resolve(concern.acknowledged_by) and not _was_reminded(concern):
        return holder
    on_call = {rung.ways["email"]: rung.contact.name for rung in rungs_at(concern.location) if "email" in rung.ways}
    return holder | (on_call or _resolvers())


def _holder(concern: Concern) -> dict[str, str]:
    """Their own address, or that by which they are on call."""
    user = concern.acknowledged_by
    if user is None or not user.is_active:
        return {}
    theirs = OnCallContact.objects.filter(user=user).order_by("pk").values_list("email", flat=True)
    return dict(list(_reached(dict.fromkeys([user.email, *theirs], staff_name(user))).items())[:1])


def _resolvers() -> dict[str, str]:
    users = who_may(MAY_RESOLVE).exclude(email="").order_by("pk")
    return _reached({user.email: staff_name(user) for user in users})


def _reached(people: dict[str, str]) -> dict[str, str]:
    return {address: name for address, name in people.items() if address and not has_said_stop("email", address)}


def _may_resolve(user: User | None) -> bool:
    return user is not None and user.has_perm(MAY_RESOLVE)


def _was_reminded(concern: Concern) -> bool:
    return concern.events.filter(what=What.REMINDED, at__gte=concern.acknowledged_at).exists()


def _values(concern: Concern) -> dict[str, str]:
    is_holding_up = concern.severity == Concern.Severity.URGENT and concern.patient_id is not None
    return values_of(concern.location, "en") | {
        "severity": concern.get_severity_display(),
        "who": staff_name(concern.acknowledged_by) or "Somebody",
        "at": when(concern.acknowledged_at or concern.raised_at, concern.location),
        "paused": PAUSED if is_holding_up else "",
        "link": link_to(concern),
    }
