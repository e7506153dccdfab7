"""Patients in bulk: a file is read, shown, and only then imported."""

from scheduling.errors import FileRefused
from scheduling.services.importing.files import (
    FORGOTTEN,
    GONE,
    KEPT_FOR,
    MOST_BYTES,
    bring_file,
    forget_files,
    forget_waiting_files,
    import_file,
    put_away,
    show_file,
)
from scheduling.services.importing.lines import Line, Preview
from scheduling.services.importing.sheets import MOST_ROWS

__all__ = [
    "FORGOTTEN",
    "GONE",
    "KEPT_FOR",
    "MOST_BYTES",
    "MOST_ROWS",
    "FileRefused",
    "Line",
    "Preview",
    "bring_file",
    "forget_files",
    "forget_waiting_files",
    "import_file",
    "put_away",
    "show_file",
]
