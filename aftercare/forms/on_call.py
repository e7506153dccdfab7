"""Who is on call, in which turn: at each location every turn is one person's."""

from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from aftercare.models import OnCallContact
from scheduling.forms import UntouchedStays


class OnCallForm(UntouchedStays):
    def clean(self) -> dict[str, Any]:
        """Only here: a model doesn't know its locations before it is saved."""
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        if typed.get("is_active") and typed.get("position") is not None and "locations" in typed:
            self._require_a_turn_of_its_own(typed)
        return typed

    def _require_a_turn_of_its_own(self, typed: dict[str, Any]) -> None:
        here = set(typed["locations"])
        others = OnCallContact.objects.filter(is_active=True, position=typed["position"]).exclude(pk=self.instance.pk)
        for other in others.prefetch_related("locations"):
            there = set(other.locations.all())
            if not here or not there or here & there:
                said = _("Turn %(turn)s is %(name)s’s: take another, such as %(next)s, or change theirs first.")
                self.add_error("position", said % {"turn": typed["position"], "name": other.name, "next": next_turn()})
                return


def next_turn() -> int:
    """After everybody who is on call."""
    last = OnCallContact.objects.filter(is_active=True).aggregate(last=Max("position"))["last"]
    return (last or 0) + 1
