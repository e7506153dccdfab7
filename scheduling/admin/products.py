"""What the clinic puts on the skin after a session, and sells."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from scheduling.models import Product


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["name", "name_es", "price_text", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["name", "name_es"]
    fieldsets = [
        (None, {"fields": [("name", "name_es"), ("price", "currency"), "is_active"]}),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        return False  # plans name it; it is taken out of use

    @admin.display(description=_("price"), ordering="price")
    def price_text(self, product: Product) -> str:
        return "" if product.price is None else f"{product.price} {product.currency}"
