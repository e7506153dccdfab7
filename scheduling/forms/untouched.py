"""Two who have the same page open: what somebody hasn't touched stays as it is stored by then; what both have changed is asked once more.

Otherwise whoever saves an older page puts back all that stood on it: a number that was mended, a consent that was withdrawn. What the page
showed comes along in Django's hidden initial values. A form that comes without them, from a program, is taken as it is.
"""

from contextlib import suppress
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet, BoundField, MultiValueField
from django.utils.formats import localize
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

LONGEST = 100  # characters of what somebody else wrote


class AsShown(BoundField):
    form: "UntouchedStays"

    def as_widget(self, widget: Any = None, attrs: Any = None, only_initial: bool = False) -> SafeString:
        """Whoever was told what somebody else made of it has seen that now."""
        if only_initial and self.name in self.form.told_of:
            about = {"id": self.html_initial_id}
            return widget.render(self.html_initial_name, self.field.prepare_value(self.initial), about, renderer=self.form.renderer)
        return super().as_widget(widget, attrs, only_initial)

    @property
    def is_stale(self) -> bool:
        """It isn't stored any more as it was shown."""
        shown = self.form._widget_data_value(self.field.hidden_widget(), self.html_initial_name)  # type: ignore[attr-defined]
        return self.field.has_changed(_on_unix(self.initial), _on_unix(shown))


class UntouchedStays(forms.ModelForm):
    bound_field_class = AsShown

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told_of: set[str] = set()
        if self.instance.pk:
            self.compare()

    def compare(self) -> None:
        """With what the page showed, where that came along."""
        if not self.is_bound or any(name.startswith(self.add_initial_prefix("")) for name in self.data):
            for field in self.fields.values():
                field.show_hidden_initial = not (field.disabled or field.widget.is_hidden)

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]
        for name, bound in self._bound_items():  # type: ignore[attr-defined]
            if not (bound.field.show_hidden_initial and bound.is_stale):
                continue
            if name not in self.changed_data:
                self._errors.pop(name, None)  # type: ignore[attr-defined]
                with suppress(ValidationError):
                    self.cleaned_data[name] = bound.field.clean(_as_typed(bound))
            elif bound.field.has_changed(bound.initial, bound.data):
                self.told_of.add(name)
                self.add_error(name, _told_of(bound))


class RowsAsStored(BaseInlineFormSet):
    """A row that somebody else has deleted meanwhile is gone from the page, too; whoever has changed it is told so, once."""

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form: Any = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        if self._is_gone(form, i):
            number = form.fields[self.model._meta.pk.name]  # type: ignore[union-attr]
            number.required, number.disabled, form.empty_permitted = False, True, True
            form.compare()
        return form

    def _is_gone(self, form: Any, place: int) -> bool:
        return self.is_bound and place < self.initial_form_count() and form.instance.pk is None

    @property
    def initial_forms(self) -> list[Any]:
        return [form for place, form in enumerate(super().initial_forms) if not self._is_gone(form, place)]

    def clean(self) -> None:
        super().clean()
        if any(self._is_gone(form, place) and form.has_changed() for place, form in enumerate(self.forms)):
            raise ValidationError(_("Meanwhile somebody has deleted a row that you have changed. Add it anew where it is still wanted."))


def _as_typed(bound: BoundField) -> Any:
    if isinstance(bound.field, MultiValueField):
        return bound.field.widget.decompress(bound.initial)
    return bound.field.prepare_value(bound.initial)


def _told_of(bound: BoundField) -> str:
    stored = _in_words(bound)
    if not stored:
        return _("Meanwhile somebody has emptied this. Save once more to have yours instead.")
    return _("Meanwhile somebody has made this “%(stored)s”. Save once more to have yours instead.") % {"stored": stored}


def _in_words(bound: BoundField) -> str:
    stored, field = bound.initial, bound.field
    if stored in field.empty_values:
        return ""
    if hasattr(field, "choices"):
        chosen = {str(one) for one in _several(field.prepare_value(stored))}
        return ", ".join(str(name) for value, name in field.choices if str(value) in chosen)
    said = " ".join(str(localize(stored)).split())
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


def _several(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | set) else [value]


def _on_unix(value: Any) -> Any:
    """A browser sends each line's end as two characters, whatever is stored."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value
