from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth import authenticate
from django.contrib.auth import forms as auth_forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from clinic.models import Phone
from clinic.signing_in.lockout import is_locked, one_by_one, too_many_tries
from clinic.signing_in.second_factor import CodeRefused, new_phone, verify
from scheduling.forms import UntouchedStays

KEY_SALT, KEY_SECONDS = "clinic.signing_in.set-up", 3600
DIGITS = {"autocomplete": "one-time-code", "inputmode": "numeric"}
LETTERS = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class SignInForm(AdminAuthenticationForm):
    """Says the same whether there is somebody of that name or not, while one has to wait too."""

    error_messages = {
        "invalid_login": _(
            "That is no name and password of somebody who may sign in here. Mind capitals, and try again. If you have forgotten"
            " yours, ask whoever runs Afterglow for a new password."
        ),
        "inactive": _("That account is no longer in use."),
    }

    def clean(self) -> dict[str, Any]:
        refused = None
        with one_by_one(self.cleaned_data.get("username", "")):
            try:
                super().clean()
            except ValidationError as error:  # which would take back that it was counted
                refused = error
        if refused:
            raise refused
        return self.cleaned_data

    def get_invalid_login_error(self) -> ValidationError:
        if self.request is None or not is_locked(self.request):
            return super().get_invalid_login_error()
        return too_many_tries(self.request, self.cleaned_data["username"])


class GivenPasswordForm(auth_forms.AdminPasswordChangeForm):
    """By whom Django asks, too, whether there is to be a password: without one nobody signs in here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)


class StaffForm(UntouchedStays, auth_forms.UserChangeForm):
    password = auth_forms.ReadOnlyPasswordHashField(label=_("Password"))


class NewPasswordForm(AdminPasswordChangeForm):
    """The old one is tried as at the sign-in, and counts there: whoever finds the computer unlocked can't guess it here."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        old: str = self.cleaned_data["old_password"]
        name = self.user.get_username()
        with one_by_one(name):
            found = authenticate(self.request, username=name, password=old)
        if found is None and is_locked(self.request):
            raise too_many_tries(self.request, name)
        if found is None:
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old


class CodeForm(forms.Form):
    """What the phone shows, or else one of the recovery codes."""

    code = forms.CharField(label=_("Six digits"), max_length=20, required=False, widget=forms.TextInput(DIGITS | {"autofocus": True}))
    recovery_code = forms.CharField(label=_("Recovery code"), max_length=40, required=False, widget=forms.TextInput(LETTERS))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors and not given.get("code") and not given.get("recovery_code"):
            self.add_error("code", _("Type what your app shows, or one of your recovery codes."))
        return given

    @property
    def given(self) -> str:
        return self.cleaned_data["code"] or self.cleaned_data["recovery_code"]

    @property
    def used(self) -> str:
        """The field that the code came by."""
        return "code" if self.cleaned_data["code"] else "recovery_code"


class NewCodesForm(forms.Form):
    """Whoever finds the computer unlocked is to take none with him."""

    proof = forms.CharField(label=_("A code of your phone, or a recovery code"), max_length=40, widget=forms.TextInput(LETTERS))


class SetUpForm(forms.Form):
    """A new phone's code. Whoever has a phone already proves that she has it, or one of her recovery codes.

    The secret travels in the form, signed, and is kept nowhere until the phone has shown that it knows it.
    """

    key = forms.CharField(widget=forms.HiddenInput)
    code = forms.CharField(label=_("What the app shows now"), max_length=20, widget=forms.TextInput(DIGITS))
    proof = forms.CharField(
        label=_("A code of the phone that you have used so far, or a recovery code"), max_length=40, widget=forms.TextInput(LETTERS)
    )

    def __init__(self, *args: Any, user: Any, has_phone: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        key = self._key_of(self.data.get("key", "")) if self.is_bound else ""
        self.phone: Phone = new_phone(user, key)
        self.is_stale = self.is_bound and not key
        if not has_phone:
            del self.fields["proof"]

    def _key_of(self, signed: str) -> str:
        try:
            pk, key = signing.loads(signed, salt=KEY_SALT, max_age=KEY_SECONDS)
        except (signing.BadSignature, TypeError, ValueError):
            return ""
        return str(key) if pk == self.user.pk else ""

    @property
    def signed_key(self) -> str:
        return signing.dumps([self.user.pk, self.phone.key], salt=KEY_SALT)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if self.is_stale:
            raise ValidationError(_("This page was open for too long, and shows another picture now. Let the app see this one."))
        return given

    def prove(self) -> bool:
        """Take the proof, which uses it up; so only once the new phone's code is right."""
        if "proof" not in self.fields:
            return True
        try:
            verify(self.user, self.cleaned_data["proof"])
        except CodeRefused as refused:
            self.add_error("proof", str(refused))
            return False
        return True
