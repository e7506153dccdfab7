"""How much may be sent to us."""

from collections.abc import Callable

from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse

from clinic.refusals import too_large, unreadable
from scheduling.services.importing import MOST_BYTES

MOST_READ = 50_000_000  # bytes: a larger request isn't even begun


class BodySizeMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit()):
            return unreadable(request)
        return too_large(request) if int(length[:20]) > MOST_READ else self.get_response(request)


class LimitedUploadHandler(FileUploadHandler):
    """The first of the handlers. As soon as the only file that is brought here is larger than its form takes, the rest is read and dropped:
    the form is there again, with its sentence, and not a connection that is broken off."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._kept = 0  # of all the files of this request

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if self._kept > MOST_BYTES:
            return None
        self._kept += len(raw_data)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
