from django.urls import path

from notifications import views

urlpatterns = [
    path("twilio/status/<int:message_id>/", views.status, name="twilio_status"),
    path("twilio/inbound/", views.inbound, name="twilio_inbound"),
    path("twilio/inbound", views.inbound),  # as somebody may enter it in Twilio's console: a redirect would lose the reply
]
