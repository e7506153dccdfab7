"""What somebody is about to import."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PatientFile(models.Model):
    """A list of patients between its preview and the decision about it; then, or after an hour, it is deleted. It lies here and not in
    a folder, so that only the one who brought it sees it, and every machine that serves pages does."""

    brought_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("brought by"))
    brought_at = models.DateTimeField(_("brought"), db_index=True)
    name = models.CharField(_("name"), max_length=200)
    content = models.BinaryField()

    class Meta:
        verbose_name = _("file of patients")
        verbose_name_plural = _("files of patients")
        default_permissions = ()  # whoever may import patients, and only one's own

    def __str__(self) -> str:
        return f"File of patients {self.pk}"

    @property
    def is_forgotten(self) -> bool:
        """Somebody was erased meanwhile. The row stays for its hour, to tell whoever brought it."""
        return not self.content
