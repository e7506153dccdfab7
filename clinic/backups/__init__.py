"""Backups around pg_dump: what is in one is written down beside it, and held against what comes out of it.

The edges are the commands `backup` and `restore`; docs/operations.md says when to use them.
"""

from clinic.backups.errors import BackupError, NobodyKnows

__all__ = ["BackupError", "NobodyKnows"]
