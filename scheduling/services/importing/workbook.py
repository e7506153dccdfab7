"""The first sheet of an Excel file (.xlsx), row by row.

openpyxl makes an object of each cell, style and string before anything can be counted: 17 KB, unpacked, took a gigabyte. Here a file is
read from front to back, and what that takes is bounded, whatever is in it. Which numbers are dates, and which dates, openpyxl says.
"""

import io
import posixpath
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any
from xml.parsers.expat import ParserCreate

from scheduling.errors import FileRefused

CHUNK = 2**16
LONGEST_TAG = 2**20  # bytes: expat holds a tag, or a comment, until it ends
LONGEST_TEXT = 100_000  # letters; a cell of Excel's has 32,767
LONGEST_FORMAT = 255  # Excel's own most; openpyxl's look at one takes the square of its length
MOST_LETTERS = 20_000_000  # of all the strings together
MOST_ELEMENTS = 1_500_000  # of the strings, and of the sheet: twenty thousand patients with sixteen columns have half of it
MOST_ELEMENTS_ASIDE, MOST_BYTES_ASIDE = 200_000, 10_000_000  # of each other part: all the formats that Excel takes have less
MOST_BYTES = 100_000_000
MOST_NAMES = 1_000  # of elements and attributes, each of which expat remembers
DEEPEST = 64
WIDEST = 16_384  # cells in a row, as in Excel


class TooLarge(Exception):
    pass


class Unreadable(Exception):
    pass


@dataclass(frozen=True, slots=True)
class FirstSheet:
    title: str
    of: int  # how many sheets there are
    rows: Iterator[tuple[int, list[str]]]


def first_sheet(content: bytes, most_columns: int) -> FirstSheet:
    """Columns further out aren't read. Raises TooLarge or FileRefused, and for what is broken in it any kind of error, also from `rows`."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    [path] = (path for kind, path in _related(archive, "").values() if kind == "officeDocument")
    book, related = _Book(), _related(archive, path)
    book.read(archive, path)
    sheets = [(title, related[key][1]) for title, key in book.sheets if related[key][0] == "worksheet"]
    strings, styles, places = _Strings(), _Styles(), dict(related.values())
    for part, kind in ((strings, "sharedStrings"), (styles, "styles")):
        if places.get(kind) in archive.namelist():
            part.read(archive, places[kind])
    if not sheets:
        return FirstSheet("", 0, iter(()))
    title, place = sheets[0]
    rows = _Rows(strings.texts, _reader_of_numbers(styles, book.counts_from_1904), most_columns)
    return FirstSheet(title, len(sheets), rows.walk(archive, place))


class _Part:
    """An XML document in the file. What is in it is told to `begin` and `end`, while `above` names the elements around it."""

    most_elements, most_bytes = MOST_ELEMENTS_ASIDE, MOST_BYTES_ASIDE

    def __init__(self) -> None:
        self.above: list[str] = []
        self._elements = self._letters = self._length = 0
        self._text: list[str] = []

    def begin(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str, text: str) -> None: ...

    def read(self, archive: zipfile.ZipFile, path: str) -> None:
        for _chunk in self.chunks(archive, path):
            pass

    def chunks(self, archive: zipfile.ZipFile, path: str) -> Iterator[None]:
        """Comes back after each."""
        entry = archive.getinfo(path)
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable  # zipfile unpacks the other kinds by more than it is asked for, and no spreadsheet program uses them
        if entry.file_size > self.most_bytes:  # more isn't read, whatever there is
            raise TooLarge
        parser = ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = self._begin, self._end, self._hear
        parser.StartDoctypeDeclHandler = self._refuse  # with it come entities within entities
        with archive.open(path) as file:
            silent = 0
            while chunk := file.read(CHUNK):
                before = self._elements, self._letters
                parser.Parse(chunk, False)
                silent = 0 if before != (self._elements, self._letters) else silent + len(chunk)
                if silent > LONGEST_TAG or len(parser.intern) > MOST_NAMES:
                    raise Unreadable
                yield
        parser.Parse(b"", True)
        yield

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > self.most_elements:
            raise TooLarge
        self.above.append(name := name.rpartition(":")[2])
        if len(self.above) > DEEPEST:
            raise Unreadable
        self._forget()
        self.begin(name, attributes)

    def _end(self, _name: str) -> None:
        self.end(self.above[-1], "".join(self._text))
        self.above.pop()
        self._forget()

    def _hear(self, text: str) -> None:
        self._letters += len(text)
        self._length += len(text)
        if self._length > LONGEST_TEXT:
            raise TooLarge
        self._text.append(text)

    def _forget(self) -> None:
        if self._text:
            self._text, self._length = [], 0

    def _refuse(self, *_doctype: Any) -> None:
        raise Unreadable


class _Relations(_Part):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            self.found.append((attributes["Id"], attributes["Type"].rpartition("/")[2], attributes["Target"]))


def _related(archive: zipfile.ZipFile, path: str) -> dict[str, tuple[str, str]]:
    """What a part, or for "" the file itself, names as belonging to it: by its key, what kind it is and where."""
    folder, name = posixpath.split(path)
    relations = _Relations()
    relations.read(archive, posixpath.join(folder, "_rels", f"{name}.rels"))
    return {key: (kind, posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")) for key, kind, target in relations.found}


class _Book(_Part):
    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, str]] = []
        self.counts_from_1904 = False

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            key = next((value for name, value in attributes.items() if name.rpartition(":")[2] == "id"), "")
            self.sheets += [(attributes["name"], key)] if key else []
        elif name == "workbookPr":
            self.counts_from_1904 = attributes.get("date1904") in ("1", "true")


class _Strings(_Part):
    most_elements, most_bytes = MOST_ELEMENTS, MOST_BYTES

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._pieces: list[str] = []

    def end(self, name: str, text: str) -> None:
        if self._letters > MOST_LETTERS:
            raise TooLarge
        if name == "t" and "rPh" not in self.above:  # how it is pronounced
            self._pieces.append(text)
        elif name == "si":
            self.texts.append(_as_typed(self._pieces))
            self._pieces = []


def _as_typed(pieces: list[str]) -> str:
    """Without blanks around it: many cells may be one string, and each would be looked through for them."""
    return "".join(pieces).replace("x005F_", "").strip()


class _Styles(_Part):
    def __init__(self) -> None:
        super().__init__()
        self.formats: dict[int, str] = {}
        self.of_cells: list[int] = []

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        around = self.above[-2:-1]
        if name == "numFmt" and around == ["numFmts"]:
            self.formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")[:LONGEST_FORMAT]
        elif name == "xf" and around == ["cellXfs"]:
            self.of_cells.append(int(attributes.get("numFmtId", 0)))


def _reader_of_numbers(styles: _Styles, counts_from_1904: bool) -> Callable[[str, int], str]:
    # A tenth of a second, that not every process has to wait for.
    from openpyxl.styles.numbers import builtin_format_code, is_date_format, is_timedelta_format
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

    epoch = MAC_EPOCH if counts_from_1904 else WINDOWS_EPOCH
    formats = {number: styles.formats.get(number) or builtin_format_code(number) for number in set(styles.of_cells)}
    dates = {number for number, code in formats.items() if is_date_format(code)}
    spans = {number for number in dates if is_timedelta_format(formats[number])}

    def read(text: str, style: int) -> str:
        of_style = styles.of_cells[style] if 0 <= style < len(styles.of_cells) else None
        if of_style not in dates and text.isdecimal():
            return text  # longer than a float is exact
        number = float(text)
        if of_style not in dates:
            return str(int(number)) if number.is_integer() else str(number)
        try:
            day = from_excel(number, epoch, timedelta=of_style in spans)
        except (OverflowError, ValueError):
            return "#VALUE!"
        is_midnight = hasattr(day, "date") and (day.hour, day.minute, day.second, day.microsecond) == (0, 0, 0, 0)
        return day.date().isoformat() if is_midnight else str(day)

    return read


class _Rows(_Part):
    most_elements, most_bytes = MOST_ELEMENTS, MOST_BYTES

    def __init__(self, strings: list[str], read_number: Callable[[str, int], str], most_columns: int) -> None:
        super().__init__()
        self._strings, self._read_number, self._most_columns = strings, read_number, most_columns
        self._ready: list[tuple[int, list[str]]] = []
        self._number = self._column = self._in_row = self._style = 0
        self._cells: list[str] = []
        self._kind = self._value = ""
        self._formula: str | None = None
        self._pieces: list[str] = []

    def walk(self, archive: zipfile.ZipFile, path: str) -> Iterator[tuple[int, list[str]]]:
        for _chunk in self.chunks(archive, path):
            yield from self._ready
            self._ready.clear()

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c" and self.above[-2:-1] == ["row"]:
            self._in_row += 1
            if self._in_row > WIDEST:
                raise FileRefused(
                    f"Row {self._number} of this Excel file has more than {WIDEST:,} cells. Delete the empty ones at its end."
                )
            self._column = _column_number(attributes["r"].rstrip("0123456789")) if "r" in attributes else self._column + 1
            self._kind, self._style = attributes.get("t", "n"), int(attributes.get("s", 0))
            self._value, self._formula, self._pieces = "", None, []
        elif name == "row":
            self._number = int(float(attributes["r"])) if "r" in attributes else self._number + 1
            self._column, self._in_row, self._cells = 0, 0, []

    def end(self, name: str, text: str) -> None:
        if name == "v":
            self._value = text
        elif name == "f":
            self._formula = text
        elif name == "t" and "rPh" not in self.above:
            self._pieces.append(text)
        elif name == "c" and 0 < self._column <= self._most_columns:
            self._cells += [""] * (self._column - len(self._cells))
            self._cells[self._column - 1] = self._shown()
        elif name == "row":
            self._ready.append((self._number, self._cells))

    def _shown(self) -> str:
        # Not the value that a program once computed: whoever wrote the file may have stored none, and a phone would be missing in silence.
        if self._formula is not None:
            return f"={self._formula}"
        if self._kind == "inlineStr":
            return _as_typed(self._pieces)
        if not self._value:
            return ""
        match self._kind:
            case "s":
                return self._strings[int(self._value)]
            case "b":
                return "no" if self._value in ("0", "false") else "yes"
            case "d":
                return self._value.removesuffix("Z")
            case "n":
                return self._read_number(self._value, self._style)
        return self._value


@lru_cache(maxsize=WIDEST)
def _column_number(letters: str) -> int:
    """_column_number("AB") is 28."""
    if not 1 <= len(letters) <= 3 or not letters.isascii() or not letters.isalpha():
        raise Unreadable
    return sum((ord(letter) - 64) * 26**power for letter, power in zip(reversed(letters.upper()), count(), strict=False))
