"""“Saved.”, “Booked for 9:00 AM.”: what a step says on the page that follows it (django.contrib.messages)."""

from collections.abc import Iterator

from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.session import SessionStorage


class PageMessages(SessionStorage):
    """They stay until a page is shown whole: of what htmx fetches a part is shown, and they aren't in it.

    Whoever leaves a field by pressing Save sends two requests at once. The first is nobody's any more, and if it is answered
    last, it would take away unread what the second one said.
    """

    def __iter__(self) -> Iterator[Message]:
        return iter(()) if self._is_for_a_part else super().__iter__()

    def __len__(self) -> int:
        return 0 if self._is_for_a_part else super().__len__()

    @property
    def _is_for_a_part(self) -> bool:
        return bool(getattr(self.request, "htmx", False))
