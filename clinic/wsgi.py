import os
from codecs import lookup
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

from clinic.environment import or_a_sentence

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")


class Request(WSGIRequest):
    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        """Whatever is sent is read as UTF-8, or not at all.

        Django would take any charset that Python knows. On some, such as rot13, it fails before there is any page to answer; others, such
        as raw_unicode_escape, make text that can't be written, hashed or looked for.
        """
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
            is_read = lookup(self.content_params.get("charset", "utf-8")).name == "utf-8"
        except Exception:
            is_read = False
        if not is_read:
            self.content_type, self.content_params = "", {}


# By this code gunicorn knows that another worker process would come no further; by any other it starts one after the other.
with or_a_sentence(exit_code=4):
    application = get_wsgi_application()
application.request_class = Request
