"""What goes on the skin afterwards."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.fields import validate_currency, validate_name


class Product(models.Model):
    """A serum that the clinic uses and sells (F16). It is chosen when a session is completed, and the texts name it."""

    name = models.CharField(
        _("name"),
        max_length=60,
        unique=True,
        validators=[validate_name],
        help_text=_("As patients read it in the middle of a sentence."),
    )
    name_es = models.CharField(
        _("name in Spanish"), max_length=60, blank=True, validators=[validate_name], help_text=_("Left empty: the same.")
    )
    price = models.DecimalField(_("price"), max_digits=8, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)])
    currency = models.CharField(_("currency"), max_length=3, default="USD", validators=[validate_currency])
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("product")
        verbose_name_plural = _("products")

    def __str__(self) -> str:
        return self.name

    def name_in(self, language: str) -> str:
        return (self.name_es if language == "es" else "") or self.name
