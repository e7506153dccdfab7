"""What patients open without a sign-in: a token in the address is the key."""

from django.urls import path

from aftercare.views import end_emails_page

urlpatterns = [
    path("emails/<str:token>/", end_emails_page, name="end_emails"),
]
