"""What is written down beside a dump: what must come out of it, and what it can be restored with."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from django.conf import settings

from clinic.backups.contents import Contents
from clinic.backups.errors import BackupError

FORMAT = 1


class Manifest(NamedTuple):
    made_at: datetime
    afterglow: str  # its version
    postgresql: str  # the server's, such as “18.6”
    sha256: str  # of the dump
    size: int  # of the dump, in bytes
    address_hash_key: str  # a fingerprint: the key itself is never in a backup
    secret_key: str  # likewise
    contents: Contents

    def to_json(self) -> str:
        told: dict[str, Any] = (
            {"format": FORMAT} | self._asdict() | {"made_at": self.made_at.isoformat(), "contents": self.contents._asdict()}
        )
        return json.dumps(told, indent=2) + "\n"

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises BackupError."""
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            if told.pop("format") != FORMAT:
                raise BackupError(f"{path} was written by another version of Afterglow, which is the one to restore it with.")
            contents = Contents(**told["contents"])
            read = cls(**told | {"made_at": datetime.fromisoformat(told["made_at"]), "contents": contents})
            # What couldn't be used is found now, and not once the database is another one.
            if read.major and sum(contents.rows.values()) >= 0 and {*map(type, contents.migrations + contents.held)} <= {str}:
                return read
            raise ValueError
        except FileNotFoundError:
            raise BackupError(f"{path.name} isn't beside the dump: it says what must come out of it. Bring both files.") from None
        except OSError as error:
            raise BackupError(f"{path} can't be read: {error.strerror}.") from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise BackupError(f"{path} isn't what `backup` writes. Take another copy of the backup, or another backup.") from error

    @property
    def major(self) -> int:
        return int(self.postgresql.partition(".")[0])

    @property
    def when(self) -> str:
        return f"{self.made_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def fingerprint(key: str) -> str:
    """By which a key is known again, and not found out."""
    return hmac.new(key.encode(), b"Afterglow's backups", hashlib.sha256).hexdigest()


def fingerprints() -> dict[str, str]:
    return {"address_hash_key": fingerprint(settings.ADDRESS_HASH_KEY), "secret_key": fingerprint(settings.SECRET_KEY)}
