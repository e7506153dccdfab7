"""What a browser would send of a page's form, as somebody finds it."""

from html.parser import HTMLParser

NOT_SENT, TICKED = ("submit", "button", "file"), ("checkbox", "radio")
Sent = dict[str, str | list[str]]


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sent: dict[str, list[str]] = {}
        self._textarea = self._select = ""
        self._is_many = self._is_first = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        name, kind = about.get("name") or "", about.get("type") or "text"
        if tag == "textarea":
            self._textarea, self.sent[name] = name, [""]
        elif tag == "select":
            self._select, self._is_many, self._is_first = name, "multiple" in about, True
        elif tag == "option" and self._select:
            value = about.get("value") or ""
            if "selected" in about and self._is_many:
                self.sent.setdefault(self._select, []).append(value)
            elif not self._is_many and ("selected" in about or self._is_first):
                self.sent[self._select] = [value]
            self._is_first = False
        elif tag == "input" and name and kind not in NOT_SENT and (kind not in TICKED or "checked" in about):
            self.sent.setdefault(name, []).append(about.get("value") or ("on" if kind == "checkbox" else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.sent[self._textarea][0] += data if self.sent[self._textarea][0] else data.removeprefix("\n")  # a browser drops it, too


def sent_by(page: str, form: str) -> Sent:
    """By the form with that attribute, untouched: name → its value, or its values."""
    begins = page.index(form)
    reader = _Form()
    reader.feed(page[page.rindex("<form", 0, begins) : page.index("</form>", begins)])
    return {name: values[0] if len(values) == 1 else values for name, values in reader.sent.items()}
