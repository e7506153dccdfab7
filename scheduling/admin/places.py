"""The clinic's set-up: where, who, what."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.fields import DateTimeRangeField
from django.contrib.postgres.forms import RangeWidget
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from scheduling.admin.calendar_pages import CalendarPages
from scheduling.forms.sent import LOCAL
from scheduling.forms.untouched import RowsAsStored, UntouchedStays
from scheduling.models import Absence, Closure, Location, OpeningHours, Practitioner, Room, Treatment, WorkingHours

USUAL_PRICES = (300, 700)  # F21


class Rows(admin.TabularInline):
    form = UntouchedStays
    formset = RowsAsStored
    extra = 0


class OpeningHoursInline(Rows):
    model = OpeningHours


class ClosureInline(Rows):
    model = Closure


@admin.register(Location)
class LocationAdmin(admin.ModelAdmin):
    form = UntouchedStays
    list_display = ["name", "address", "phone", "time_zone"]
    search_fields = ["name"]
    inlines = [OpeningHoursInline, ClosureInline]


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):
    form = UntouchedStays
    list_display = ["name", "location", "is_active"]
    list_filter = ["location", "is_active"]
    search_fields = ["name", "location__name"]
    list_select_related = ["location"]


class WorkingHoursInline(Rows):
    model = WorkingHours


class AbsenceInline(Rows):
    model = Absence
    formfield_overrides = {DateTimeRangeField: {"widget": RangeWidget(forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL))}}


@admin.register(Practitioner)
class PractitionerAdmin(CalendarPages):
    form = UntouchedStays
    list_display = ["name", "is_active"]
    list_filter = ["is_active", "locations"]
    search_fields = ["name"]
    filter_horizontal = ["locations", "treatments"]
    inlines = [WorkingHoursInline, AbsenceInline]


@admin.register(Treatment)
class TreatmentAdmin(admin.ModelAdmin):
    form = UntouchedStays
    list_display = ["name", "skin_area", "duration_minutes", "planned_sessions", "minimum_interval_days", "price", "is_active"]
    list_filter = ["skin_area", "is_active"]
    search_fields = ["name"]

    def save_model(self, request: HttpRequest, obj: Treatment, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        least, most = USUAL_PRICES
        if not least <= obj.list_price <= most:
            messages.warning(request, f"{obj} costs {obj.list_price} {obj.currency}; the usual price of a session is {least} to {most}.")

    @admin.display(description=_("list price"), ordering="list_price")
    def price(self, treatment: Treatment) -> str:
        return f"{treatment.list_price} {treatment.currency}"
