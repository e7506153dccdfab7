from django.urls import path

from clinic.demo import views

app_name = "demo"
urlpatterns = [
    path("phone/", views.phone_page, name="phone"),
    path("phone/now/", views.phones_now, name="phones_now"),
    path("phone/skip/", views.skip_hours, name="skip"),
    path("phone/write/", views.write, name="write"),
    path("phone/mail/<int:message_id>/", views.mail, name="mail"),
]
