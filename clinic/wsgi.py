import os
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

from clinic.environment import or_a_sentence

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")


class Request(WSGIRequest):
    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        """Django fails, before there is any page to answer, on a charset that Python knows and no text is written in, such as rot13."""
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]
        except Exception:
            self.content_type, self.content_params, self._encoding = "", {}, None


# By this code gunicorn knows that another worker process would come no further; by any other it starts one after the other.
with or_a_sentence(exit_code=4):
    application = get_wsgi_application()
application.request_class = Request
