from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("", include("scheduling.urls")),
    path("", include("aftercare.urls")),
    path("webhooks/", include("notifications.urls")),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("clinic.demo.urls")))
