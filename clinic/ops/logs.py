"""Log lines: one JSON object each in production, for programs to read; text in development, for people."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from clinic.masking import masked, traced
from clinic.requests import current


class JsonLines(logging.Formatter):
    """When, how bad, who says it, what; whose request or task it was; of a request's own line, how it went. Never what an error says, or
    what its variables held."""

    def format(self, record: logging.LogRecord) -> str:
        work = current()
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(record.getMessage()),
            "task_id" if work.task else "request_id": work.id,
            "task": work.task,
            "user_id": work.user_id,
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["error"] = traced(record.exc_info[1])
        return json.dumps({name: value for name, value in line.items() if value != ""}, ensure_ascii=False)


class TextLines(logging.Formatter):
    """Whoever develops sees what an error says."""

    def format(self, record: logging.LogRecord) -> str:
        return str(masked(super().format(record)))
