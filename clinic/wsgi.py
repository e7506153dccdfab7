import os
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")


class Request(WSGIRequest):
    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        """Django fails, before there is any page to answer, on a charset that Python knows and no text is written in, such as rot13."""
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]
        except Exception:
            self.content_type, self.content_params, self._encoding = "", {}, None


application = get_wsgi_application()
application.request_class = Request
