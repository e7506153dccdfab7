"""What an export holds, in words: for its own second sheet, and for whoever reads the audit trail."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.domain.cadence import Bucket
from scheduling.forms.due import BUCKETS, ReportForm

ORDERS = {
    "due": gettext_lazy("due date"),
    "last_session": gettext_lazy("last session"),
    "name": gettext_lazy("name"),
    "value": gettext_lazy("expected value"),
}


def words_of(asked: ReportForm) -> str:
    """A line each."""
    filters = asked.filters()
    said = [_("As of %s") % date_format(filters.as_of)]
    groups = [str(label) for bucket, label in BUCKETS.items() if bucket in filters.buckets]
    said.append(_("Groups: %s") % (_("all") if len(groups) == len(Bucket) else ", ".join(groups)))
    for name, label in (("location", _("Location")), ("practitioner", _("Practitioner")), ("treatment", _("Treatment"))):
        if chosen := asked.chosen(name):
            said.append(f"{label}: {chosen}")
    for day, label in ((filters.due_from, _("Due from")), (filters.latest, _("Due until"))):
        if day:
            said.append(f"{label} {date_format(day)}")
    order = ORDERS[asked.sorted_by]
    said.append(_("Sorted by %s, descending") % order if asked.is_descending else _("Sorted by %s") % order)
    return "\n".join(said)
