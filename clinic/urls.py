from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from clinic.views import healthz

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("", include("scheduling.urls")),
    path("", include("aftercare.urls")),
    path("webhooks/", include("notifications.urls")),
    path("healthz", healthz),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("clinic.demo.urls")))
