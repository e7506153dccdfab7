"""A product's page, which knows that texts name it."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.utils.translation import gettext as _

from aftercare import services
from notifications.domain.segments import segments
from scheduling.admin import ProductAdmin
from scheduling.forms import UntouchedStays
from scheduling.models import Product

MOST_SEGMENTS = 2

admin.site.unregister(Product)


class ProductInTextsForm(UntouchedStays):
    """A name with which a text would burst is refused, where a short one would not."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not {"name", "name_es"} & set(self.changed_data) or not cleaned.get("name"):
            return cleaned
        wanted, short = Product(name=cleaned["name"], name_es=cleaned.get("name_es", "")), Product(name="x")
        for language, called in settings.PATIENT_LANGUAGES:
            number = segments(services.dearest_text(wanted, language)).number
            if number > MOST_SEGMENTS >= segments(services.dearest_text(short, language)).number:
                said = _(
                    "With this name a text in %(language)s takes %(number)s SMS segments, and it may take %(most)s. Please choose a shorter"
                    " one, or one without á, í, ó and ú."
                )
                field = "name_es" if language == "es" and wanted.name_es else "name"
                self.add_error(field, said % {"language": called, "number": number, "most": MOST_SEGMENTS})
        return cleaned


@admin.register(Product)
class ProductInTextsAdmin(ProductAdmin):
    form = ProductInTextsForm
