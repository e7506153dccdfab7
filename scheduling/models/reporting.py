"""What people keep of the report, and who took it away."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    """Filters and sorting under a name. A shared one is everybody's to use and its owner's to change."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("whose"))
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=1000, help_text=_("As in the page's address."))
    is_shared = models.BooleanField(_("for everybody"), default=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="one_saved_view_per_name")]

    def __str__(self) -> str:
        return self.name


FORMATS = [("csv", _("CSV")), ("xlsx", _("Excel"))]
COMPLETE, BROKEN_OFF, FAILED = "complete", "broken_off", "failed"
ENDINGS = [
    ("", _("still running, or the server was stopped")),
    (COMPLETE, _("complete")),
    (BROKEN_OFF, _("broken off by the browser")),
    (FAILED, _("ended by an error")),
]


class ReportExport(models.Model):
    """That somebody took the report out of the house. Append-only, by trigger: how it ended is written once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("who"))
    at = models.DateTimeField(_("when"))
    format = models.CharField(_("format"), max_length=10, choices=FORMATS)
    as_of = models.DateField(_("as of"))
    words = models.TextField(_("what was asked for"), help_text=_("As it was called on that day."))
    query = models.CharField(_("filters"), max_length=1000, blank=True, help_text=_("As in the page's address."))
    has_addresses = models.BooleanField(_("phone numbers and emails"))
    rows = models.PositiveIntegerField(_("patients"), null=True, help_text=_("At most so many left the house."))
    ending = models.CharField(_("how it ended"), max_length=20, blank=True, choices=ENDINGS)
    finished_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("export of the report")
        verbose_name_plural = _("exports of the report")

    def __str__(self) -> str:
        return f"{self.get_format_display()}, {self.at:%Y-%m-%d}"
