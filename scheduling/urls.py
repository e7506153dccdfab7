"""What is open without a sign-in: a token in the address is the key."""

from django.urls import path

from scheduling.views import calendar_file

urlpatterns = [
    path("calendar/<str:token>.ics", calendar_file, name="calendar"),
]
