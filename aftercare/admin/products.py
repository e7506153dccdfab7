"""A product's page, which knows that texts name it."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from aftercare import services
from notifications.domain.segments import segments
from scheduling.admin import ProductAdmin
from scheduling.models import Product

MOST_SEGMENTS = 2

admin.site.unregister(Product)


@admin.register(Product)
class ProductInTextsAdmin(ProductAdmin):
    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not {"name", "name_es"} & set(form.changed_data):
            return
        for language, called in settings.PATIENT_LANGUAGES:
            number = segments(services.dearest_text(obj, language)).number
            if number > MOST_SEGMENTS:
                said = _(
                    "With this name a text in %(language)s can take %(number)s SMS segments, which are paid for one by one. A shorter name"
                    " helps, and so does one without á, í, ó and ú."
                )
                messages.warning(request, said % {"language": called, "number": number})
