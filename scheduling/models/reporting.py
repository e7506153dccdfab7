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


class ReportExport(models.Model):
    """That somebody took the report out of the house. Append-only: its end is written once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("who"))
    at = models.DateTimeField(_("when"))
    format = models.CharField(_("format"), max_length=10)
    query = models.CharField(_("filters"), max_length=1000, blank=True)
    as_of = models.DateField(_("as of"))
    has_addresses = models.BooleanField(_("with phone numbers and emails"))
    rows = models.PositiveIntegerField(_("rows"), null=True, help_text=_("None: the download wasn't finished."))
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("export of the report")
        verbose_name_plural = _("exports of the report")

    def __str__(self) -> str:
        return f"{self.format}, {self.at:%Y-%m-%d}"
