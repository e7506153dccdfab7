"""A file of patients that is made to take more than it weighs is refused soon, and in little memory; what programs write is read."""

import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.styles import Font

from scheduling.domain.lists import column_of
from scheduling.errors import FileRefused
from scheduling.services.importing.sheets import MOST_COLUMNS, Sheet, read_sheet

NAMES = ["First name", "Last name", "DOB"]
GITA = ["Gita", "Gupta", "1988-02-29"]
SHEET, STYLES, STRINGS = "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml"
FAR_TOO_LARGE = "This Excel file is far too large once unpacked. At most 5,000 rows can be imported at a time."
UNREADABLE = "This Excel file can't be read."
MOST_MEMORY = 60_000_000  # bytes; each of these took hundreds of megabytes, or half a minute
MOST_SECONDS = 20  # of the processor, on a machine that has other things to do


def book(*rows: list[Any]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as made:
        sheet = made.add_worksheet()
        for number, row in enumerate(rows or (NAMES, GITA)):
            sheet.write_row(number, 0, row)
    return file.getvalue()


def changed(content: bytes, part: str, change: Callable[[bytes], bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(packed, "w", compression) as after:
        for name in before.namelist():
            after.writestr(name, change(before.read(name)) if name == part else before.read(name))
    return packed.getvalue()


def put_before(mark: bytes, what: bytes) -> Callable[[bytes], bytes]:
    def change(part: bytes) -> bytes:
        assert mark in part
        return part.replace(mark, what + mark, 1)

    return change


def refusal(content: bytes) -> str:
    """What is said of it; and it wasn't dear to find out."""
    assert len(content) < 5_000_000
    tracemalloc.start()
    try:
        began = time.process_time()
        with pytest.raises(FileRefused) as refused:
            read_sheet(content)
        assert time.process_time() - began < MOST_SECONDS
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()
    return str(refused.value)


# --- Excel --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "mark", "what", "sentence"),
    [
        (SHEET, b"</row>", b"<c/>" * 1_000_000, "Row 1 of this Excel file has more than 16,384 cells. Delete the empty ones at its end."),
        (SHEET, b"</sheetData>", b"<row>" + b"<c/>" * 1_000_000 + b"</row>", "Row 3 of this Excel file has more than 16,384 cells."),
        (SHEET, b"<sheetData>", b"<x/>" * 2_000_000, FAR_TOO_LARGE),
        (SHEET, b"</sheetData>", b"<row/>" * 1_000_000, "There are more than 50,000 lines in this file."),
        (SHEET, b"</sheetData>", b'<row r="99999999"><c><v>1</v></c></row>', "There are more than 50,000 lines in this file."),
        (SHEET, b"</sheetData>", b"<row>" * 1_000_000, UNREADABLE),
        (SHEET, b"</sheetData>", b'<row><c t="inlineStr"><is><t>' + b"x" * 2_000_000 + b"</t></is></c></row>", FAR_TOO_LARGE),
        (SHEET, b"</sheetData>", b"".join(b"<x%d/>" % number for number in range(200_000)), UNREADABLE),
        (SHEET, b"</sheetData>", b'<row r="' + b"1" * 20_000_000 + b'"/>', UNREADABLE),
        (SHEET, b"</sheetData>", b"<!--" + b"x" * 20_000_000 + b"-->", UNREADABLE),
        (STYLES, b"</cellXfs>", b"<xf/>" * 800_000, FAR_TOO_LARGE),
        (STYLES, b"<fonts", b'<numFmts><numFmt numFmtId="165" formatCode="' + b"[" * 1000 + b'"/></numFmts>', UNREADABLE),
        (STRINGS, b"</sst>", b"<si><t>a</t></si>" * 800_000, FAR_TOO_LARGE),
        (STRINGS, b"</sst>", (b"<si><t>" + b"a" * 50_000 + b"</t></si>") * 500, FAR_TOO_LARGE),
        ("xl/_rels/workbook.xml.rels", b"</Relationships>", b'<Relationship Id="a" Type="b" Target="c"/>' * 250_000, FAR_TOO_LARGE),
        ("xl/workbook.xml", b"</sheets>", b'<sheet name="a" id="b"/>' * 250_000, FAR_TOO_LARGE),
    ],
    ids=[
        *(
            "cells of a row",
            "cells of the last row",
            "other elements",
            "rows",
            "a row far below",
            "rows within rows",
            "a long cell",
            "names",
        ),
        *("a long tag", "a long comment", "styles", "a long format", "strings", "long strings", "relations", "sheets"),
    ],
)
def test_an_excel_file_that_unpacks_to_much(part, mark, what, sentence):
    content = changed(book(), part, put_before(mark, what))
    assert refusal(content).startswith(sentence)


def test_one_long_text_in_many_cells():
    """It is there once; read as what is in each of them, it would be looked through thousands of times."""
    content = book([*NAMES, "Notes"], *[[f"Given{number}", "Gupta", "1988-02-29", "x" * 30_000] for number in range(400)])
    assert refusal(content).startswith("There is far more text in this file than in a list of patients. Split it")


def test_one_long_gap_in_many_cells():
    began = time.process_time()
    read = read_sheet(book(NAMES, GITA, *[[" " * 32_000] * 50] * 1000))
    assert [row.number for row in read.rows] == [2]
    assert time.process_time() - began < MOST_SECONDS


def test_what_no_spreadsheet_program_packs_with():
    """zipfile would unpack these by whole blocks, of 4 KB as many as 80 MB."""
    assert refusal(changed(book(), SHEET, bytes, zipfile.ZIP_BZIP2)).startswith(UNREADABLE)


# --- CSV ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "below", "sentence"),
    [
        ("," * 4_000_000, "", "Line 1 of the file can't be read: with more than 200,000 letters it is longer than any patient's."),
        (",a" * 2_000_000, "", "Line 1 of the file can't be read: with more than 200,000 letters it is longer than any patient's."),
        (",a" * 80_000, "", "The first row names more than 200 columns. Delete those that aren't needed, and choose the file again."),
        ("", "," * 4_000_000, "Line 2 of the file can't be read: with more than 200,000 letters"),
        ("", '"\n",' * 900_000, "Line 50002 of the file can't be read: with more than 200,000 letters"),
        ("", "\n" * 4_000_000, "There are more than 50,000 lines in this file."),
        ("".join("," + "(" * 100_000 for _ in range(40)), "", "Line 1 of the file can't be read"),
    ],
    ids=["commas", "columns", "fewer columns", "commas below", "lines of one row", "lines", "brackets"],
)
def test_a_csv_file_of_nothing_but_commas(header, below, sentence):
    assert refusal(f"{','.join(NAMES)}{header}\r\n{below or ','.join(GITA)}".encode()).startswith(sentence)


def test_an_old_macs_lines_end_too():
    """To a reader that knows only the other kind, the whole file is its header."""
    read = read_sheet("\r".join([",".join(NAMES), *[",".join(GITA)] * 5000]).encode())
    assert len(read.rows) == 5000


def test_a_name_of_a_column_that_goes_on_and_on():
    began = time.process_time()
    assert column_of("(" * 130_000) is None
    assert time.process_time() - began < 1


def test_empty_cells_at_the_end_are_as_good_as_none():
    """A spreadsheet program writes them where somebody gave far cells a colour."""
    rows = [",".join(row) + "," * 16_000 for row in (NAMES, GITA)]
    read = read_sheet("\n".join(rows).encode())
    assert (len(read.rows), read.unread, read.rows[0].beyond) == (1, [], False)


def test_as_many_columns_as_a_large_program_exports():
    others = [f"Other {number}" for number in range(MOST_COLUMNS - len(NAMES))]
    for content in ("\n".join([",".join([*others, *NAMES]), "," * len(others) + ",".join(GITA)]).encode(), book([*others, *NAMES])):
        if content.startswith(b"PK"):
            content = book([*others, *NAMES], [None] * len(others) + GITA)
        read = read_sheet(content)
        assert (len(read.unread), read.rows[0].values["first_name"]) == (197, "Gita")


# --- what is read -------------------------------------------------------------------------------------------------------


def many(number: int, write: Callable[[int, list[Any]], Any]) -> None:
    """Sixteen columns, each cell another one."""
    write(0, [*NAMES, "Phone", *[f"Other {column}" for column in range(12)]])
    for row in range(1, number + 1):
        others = [f"{row} and {column}" for column in range(12)]
        write(row, [f"Given{row}", f"Family{row}", date(1950 + row % 50, 5, 17), 2125550100 + row % 100, *others])


def as_excel_writes_it(number: int) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "m/d/yyyy"}) as made:
        sheet = made.add_worksheet()
        many(number, lambda row, cells: sheet.write_row(row, 0, cells))
    return file.getvalue()


def as_openpyxl_writes_it(number: int) -> bytes:
    made = openpyxl.Workbook()
    many(number, lambda _row, cells: made.active.append(cells))
    for row, cells in enumerate(made.active.iter_rows(max_col=4)):
        for cell in cells:
            cell.font = Font(size=8 + row % 40)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


@pytest.mark.parametrize("written", [as_excel_writes_it, as_openpyxl_writes_it])
def test_a_long_list_with_many_columns_strings_and_styles(written):
    read = read_sheet(written(3000))
    assert len(read.rows) == 3000
    assert read.rows[-1].values == {
        "first_name": "Given3000",
        "last_name": "Family3000",
        "birth_date": "1950-05-17",
        "phone": "2125550100",
    }


def test_of_a_list_that_is_too_long_it_is_said_that_it_is():
    with pytest.raises(FileRefused, match=r"There are more than 5,000 patients in this file\. Split it"):
        read_sheet(as_excel_writes_it(20_000))


def read_as(change: Callable[[str], str], part: str = SHEET, content: bytes = b"") -> Sheet:
    return read_sheet(changed(content or book(), part, lambda before: change(before.decode()).encode()))


def prefixed(sheet: str) -> str:
    for name in ("worksheet", "sheetData", "row", "c", "v"):
        sheet = sheet.replace(f"<{name} ", f"<x:{name} ").replace(f"<{name}>", f"<x:{name}>").replace(f"</{name}>", f"</x:{name}>")
    return sheet.replace("xmlns=", "xmlns:x=", 1)


INLINE = '<c t="inlineStr"><is><r><t>Gi</t></r><r><t>ta</t></r><rPh sb="0" eb="1"><t>ghee</t></rPh></is></c>'
WAYS: dict[str, Callable[[str], str]] = {
    "with a prefix": prefixed,
    "without places": lambda sheet: sheet.replace(' r="', ' x="'),
    "in the cell itself": lambda sheet: sheet.replace('<c r="A2" t="s"><v>3</v></c>', INLINE.replace("<c ", '<c r="A2" ')),
    "with a size that isn't so": lambda sheet: sheet.replace('<dimension ref="A1:C2"', '<dimension ref="A1"'),
}


@pytest.mark.parametrize("way", WAYS)
def test_programs_write_it_in_their_own_ways(way):
    def change(sheet: str) -> str:
        after = WAYS[way](sheet)
        assert after != sheet
        return after

    [row] = read_as(change).rows
    assert (row.number, row.values) == (2, {"first_name": "Gita", "last_name": "Gupta", "birth_date": "1988-02-29"})


@pytest.mark.filterwarnings("ignore:Cell C9 is marked as a date")
@pytest.mark.parametrize("counts_from_1904", [False, True])
def test_what_stands_in_a_cell(counts_from_1904):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "date_1904": counts_from_1904}) as made:
        sheet, as_date, bold = made.add_worksheet(), made.add_format({"num_format": "m/d/yyyy h:mm"}), made.add_format({"bold": True})
        sheet.write_row(0, 0, [*NAMES, "Notes"])
        day = datetime(1988, 2, 29)
        cells: list[Any] = [True, 7.0, 0.25, 2125550144, "<b> & é", None]
        for row, what in enumerate(cells, start=1):
            sheet.write_row(row, 0, ["Gita", "Gupta"])
            sheet.write_datetime(row, 2, day, as_date)
            sheet.write(row, 3, what)
        sheet.write_datetime(7, 2, datetime(1988, 2, 29, 15, 30), as_date)
        sheet.write_formula(7, 3, "=B2", None, "Gupta")
        sheet.write_number(8, 2, 9e9, as_date)
        sheet.write_rich_string(8, 3, "likes ", bold, "tea")
        sheet.write(8, MOST_COLUMNS, "too far out")
    rows = read_sheet(file.getvalue()).rows
    assert [row.values["notes"] for row in rows] == ["yes", "7", "0.25", "2125550144", "<b> & é", "", "=B2", "likes tea"]
    assert [row.values["birth_date"] for row in rows] == ["1988-02-29"] * 6 + ["1988-02-29 15:30:00", "#VALUE!"]
    assert not any(row.beyond for row in rows)
