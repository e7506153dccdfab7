"""Whether an Excel file may be read at all.

openpyxl makes an object of each cell, style and string before anything can be counted: 17 KB, unpacked, took a gigabyte. So the file is
gone through beforehand, by the parser that openpyxl itself stands on, which keeps nothing.
"""

import zipfile
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from scheduling.errors import FileRefused

CHUNK = 2**16
LONGEST_TAG = 2**20  # bytes: the parser holds a tag, or a comment, until it ends
LONGEST_TEXT = 100_000  # letters; a cell of Excel's has 32,767
LONGEST_FORMAT = 255  # Excel's own most; openpyxl's look at one takes the square of its length
MOST_LETTERS = 20_000_000  # of a part
# Of a part: of cells and of strings, that openpyxl lets go of one by one, half of it are twenty thousand patients with sixteen columns; of
# anything else it keeps all, and what Excel allows for styles has less.
MOST_ELEMENTS = {"worksheet": 1_500_000, "sst": 1_500_000}
MOST_ELEMENTS_ASIDE = 200_000
MOST_NAMES = 1_000  # of elements and attributes, each of which the parser remembers
DEEPEST = 64
WIDEST = 16_384  # cells in a row, as in Excel


class TooLarge(Exception):
    pass


class Unreadable(Exception):
    pass


def require_modest(archive: zipfile.ZipFile) -> None:
    """Raises TooLarge, Unreadable, or FileRefused where a row is to be mended. What is no XML openpyxl will say."""
    for entry in archive.infolist():
        # zipfile unpacks the other kinds by more than it is asked for, and no spreadsheet program uses them.
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable
        with archive.open(entry) as part:
            _Part().count(part)


class _Part:
    def __init__(self) -> None:
        self._most = self._elements = self._letters = self._length = self._depth = self._rows = self._cells = 0

    def count(self, part: Any) -> None:
        parser = ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = self._begin, self._end, self._hear
        parser.StartDoctypeDeclHandler = self._refuse  # with it come entities within entities
        silent = 0
        while chunk := part.read(CHUNK):
            before = self._elements, self._letters
            try:
                parser.Parse(chunk, False)
            except ExpatError:
                return
            silent = 0 if before != (self._elements, self._letters) else silent + len(chunk)
            if silent > LONGEST_TAG or len(parser.intern) > MOST_NAMES:
                raise Unreadable

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        self._most = self._most or MOST_ELEMENTS.get(name, MOST_ELEMENTS_ASIDE)
        self._elements += 1
        self._depth += 1
        self._length = 0
        if self._elements > self._most:
            raise TooLarge
        if self._depth > DEEPEST or len(attributes.get("formatCode", "")) > LONGEST_FORMAT:
            raise Unreadable
        if name == "row":
            self._rows, self._cells = self._rows + 1, 0
        elif name == "c":
            self._cells += 1
            if self._cells > WIDEST:
                raise FileRefused(f"Row {self._rows} of this Excel file has more than {WIDEST:,} cells. Delete the empty ones at its end.")

    def _end(self, _name: str) -> None:
        self._depth -= 1
        self._length = 0

    def _hear(self, text: str) -> None:
        self._letters += len(text)
        self._length += len(text)
        if self._length > LONGEST_TEXT or self._letters > MOST_LETTERS:
            raise TooLarge

    def _refuse(self, *_doctype: Any) -> None:
        raise Unreadable
