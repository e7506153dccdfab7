"""The second factor: what somebody's phone shows, or one of her recovery codes, after name and password."""

from typing import Any

import django_otp
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.util import random_hex

from clinic.models import Phone, RecoveryCodes
from clinic.models.second_factor import as_typed
from clinic.models.trail import Action
from clinic.services import trail
from clinic.signing_in.moments import from_when

FEW = 2  # codes left: time for new ones
MAY_SET_UP = "may_set_up_in_turn"  # in a session: `turn_of` her when its password was given, and there was no phone
WORDS = {Phone: "code of the phone", RecoveryCodes: "recovery code"}  # for the trail


class CodeRefused(Exception):
    """A code that isn't taken, in a sentence for whoever typed it."""


def is_complete(request: HttpRequest) -> bool:
    """Whether nothing more is asked of whoever is signed in."""
    user: Any = request.user
    return not settings.SECOND_FACTOR or user.is_verified()


def has_to_begin_anew(request: HttpRequest) -> bool:
    """Whether her phone was reset since this session's password was given: whoever has the computer is to set up none without it."""
    is_to_set_up = not is_complete(request) and phone_of(request.user) is None
    return is_to_set_up and request.session.get(MAY_SET_UP) != turn_of(request.user)


def note_password(request: HttpRequest, user: Any) -> None:
    """Where she has no phone this session may set one up, for as long as nothing else was set up or reset."""
    turn = turn_of(user)  # first: whatever is set up just now moves it on
    request.session[MAY_SET_UP] = turn if phone_of(user) is None else None


def turn_of(user: Any) -> int:
    """Another number after each set-up and each reset: both put her codes, were it none of them, into another row."""
    return RecoveryCodes.objects.filter(user=user).values_list("pk", flat=True).first() or 0


def phone_of(user: Any) -> Phone | None:
    return Phone.objects.filter(user=user).first()


def codes_left(user: Any) -> int:
    return StaticToken.objects.filter(device__user=user).count()


def new_phone(user: Any, key: str = "") -> Phone:
    """One that isn't anybody's yet, and not saved: the page shows its secret until somebody's app knows it."""
    return Phone(user=user, name="phone", key=key or random_hex(20))


def set_up(user: Any, key: str, code: str, *, in_place_of: Phone | None, turn: int | None) -> tuple[Phone, list[str]]:
    """Make her phone the one that knows the secret of `key`, which `code` proves. Starts a transaction.

    Answers with the phone, and with ten recovery codes where she has none. Each session of hers is asked for a code. Raises CodeRefused
    where the code isn't right, and where her phone isn't `in_place_of` any more, or, of the first one, `turn_of` her isn't `turn`: of two
    who set one up with the same password only the first gets in, and after a reset neither of them.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if phone_of(user) != in_place_of or (in_place_of is None and turn_of(user) != turn):
            raise CodeRefused(_("A phone was set up for this account just now, or reset, not with this page. Sign out, and sign in again."))
        if in_place_of:
            in_place_of.delete()
        phone = new_phone(user, key)
        phone.save()
        if not phone.verify_token(as_typed(code)):
            raise CodeRefused(not_shown())
        codes: list[str] = []
        if codes_left(user):
            RecoveryCodes.objects.get(user=user).begin_anew()
        else:
            _device, codes = _renew(user)
        how = "another phone in its place" if in_place_of else "the first phone"
        trail.note(Action.SECOND_FACTOR_SET_UP, user=user, about="auth.user", object_id=user.pk, note=how)
    return phone, codes


def not_shown() -> str:
    return _("This isn’t what the app should show. Type the code that it shows now, and check your phone’s clock.")


def renew_codes(request: HttpRequest, proof: str) -> list[str]:
    """Ten new recovery codes, for whoever proves that she has the phone or one of the old ones, which are void. Starts transactions.

    Raises CodeRefused. Of the sessions that an old one opened this one alone goes on.
    """
    proven = verify(request.user, proof)
    with transaction.atomic():
        device, codes = _renew(request.user)
        trail.note(Action.RECOVERY_CODES_MADE, user=request.user, about="auth.user", object_id=request.user.pk)
    take(request, proven if isinstance(proven, Phone) else device)
    return codes


def _renew(user: Any) -> tuple[RecoveryCodes, list[str]]:
    User.objects.select_for_update().get(pk=user.pk)
    RecoveryCodes.objects.filter(user=user).delete()
    device = RecoveryCodes.objects.create(user=user, name="recovery codes")
    return device, device.fill()


def verify(user: Any, given: str) -> Phone | RecoveryCodes:
    """Take what her phone shows, or one of her recovery codes, which is used up then. Starts a transaction.

    Raises CodeRefused. After each wrong one the next has to wait twice as long.
    """
    code = as_typed(given)
    model: type[Phone] | type[RecoveryCodes] = Phone if code.isdecimal() else RecoveryCodes
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # before her device, as new codes and another phone do
        device = model.objects.select_for_update().filter(user=user).first()
        if device:
            is_allowed, why = device.verify_is_allowed()
            if not is_allowed:
                when = from_when(why["locked_until"], timezone.now())
                raise CodeRefused(_("Too many wrong codes. Try again %(when)s.") % {"when": when})
        is_right = device is not None and device.verify_token(code)
    if device is None or not is_right:
        trail.note(Action.SIGN_IN_FAILED, user=user, about="auth.user", object_id=user.pk, note=f"wrong {WORDS[model]}")
        raise CodeRefused(
            _("This code isn’t right, or is used up. Type the one that your app shows now, and check your phone’s clock.")
            if model is Phone
            else _("This recovery code isn’t right, or is used up. Try another one.")
        )
    return device


def give(request: HttpRequest, given: str) -> Phone | RecoveryCodes:
    """Complete the sign-in. Raises CodeRefused."""
    device = verify(request.user, given)
    with_what = ""
    if isinstance(device, RecoveryCodes):
        left = codes_left(request.user)
        with_what = ngettext("with a recovery code; %(count)s is left", "with a recovery code; %(count)s are left", left) % {"count": left}
    take(request, device)
    trail.note(Action.SIGNED_IN, user=request.user, note=with_what)
    return device


def take(request: HttpRequest, device: Phone | RecoveryCodes) -> None:
    """This session has given what it takes. It gets another number, as it does with the password."""
    django_otp.login(request, device)
    request.session.pop(MAY_SET_UP, None)
    request.session.cycle_key()


def reset(user: Any, *, by: Any = None) -> bool:
    """Forget her phone and her codes: she sets one up when she signs in next, and every session of hers asks for it. Starts a transaction.

    Says whether there was anything to forget. A session that was about to set up her first phone asks for the password again even so.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        had_any = codes_left(user) > 0
        phones, _each = Phone.objects.filter(user=user).delete()
        RecoveryCodes.objects.filter(user=user).delete()
        RecoveryCodes.objects.create(user=user, name="recovery codes")  # none of them, for `turn_of`
        if phones or had_any:
            trail.note(Action.SECOND_FACTOR_RESET, user=by, about="auth.user", object_id=user.pk, note=f"of {user.get_username()}")
    return bool(phones or had_any)
