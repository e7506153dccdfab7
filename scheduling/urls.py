"""What is open without a sign-in: a token in the address is the key."""

from django.urls import re_path

from scheduling.views import calendar_file

urlpatterns = [
    re_path(r"^calendar/(?P<token>[A-Za-z0-9_-]{32})\.ics$", calendar_file, name="calendar"),
]
