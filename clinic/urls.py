from typing import Any

from django.conf import settings
from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from clinic.ops.views import healthz, metrics, readyz


class Favicon(RedirectView):
    """Browsers ask for it where no page names another picture, as with a file that is shown."""

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str:
        return static("clinic/mark.svg")  # as late as that: before static files are collected, it has no address


urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("", include("scheduling.urls")),
    path("", include("aftercare.urls")),
    path("webhooks/", include("notifications.urls")),
    path("favicon.ico", Favicon.as_view()),
    path("healthz", healthz),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
handler400 = "clinic.refusals.unreadable"
handler403 = "clinic.refusals.forbidden"
handler404 = "clinic.refusals.nothing_here"
handler500 = "clinic.refusals.failed"
if settings.DEMO:
    urlpatterns.append(path("demo/", include("clinic.demo.urls")))
