"""Errors are told to Sentry, where SENTRY_DSN is set: what failed, where, and in which request or task. Never whom it was about.

Only what is named here leaves: whatever the SDK comes to collect one day doesn't.
"""

from typing import Any

import sentry_sdk
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.transport import Transport
from sentry_sdk.types import Event, Hint

from clinic.masking import chain, described, masked
from clinic.requests import current

KEPT = ("event_id", "timestamp", "level", "logger", "platform", "server_name", "release", "environment", "sdk", "modules")
KEPT_OF_A_FRAME = ("filename", "abs_path", "function", "module", "lineno", "pre_context", "context_line", "post_context", "in_app")


def begin(dsn: str, transport: Transport | None = None) -> None:
    sentry_sdk.init(
        dsn,
        transport=transport,
        integrations=[DjangoIntegration(), CeleryIntegration(propagate_traces=False)],
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,  # SQL, and what was asked of a provider, with numbers in it
        before_send=without_anybody,
    )


def without_anybody(event: Event, hint: Hint) -> Event:
    told: dict[str, Any] = {name: event[name] for name in KEPT if name in event}  # type: ignore[literal-required]
    error = (hint.get("exc_info") or (None, None, None))[1]
    said = {type(each).__name__: described(each) for each in chain(error)} if error else {}
    told["exception"] = {"values": [_error(value, said) for value in (event.get("exception") or {}).get("values", [])]}
    told["transaction"] = masked(event.get("transaction") or "")
    if entry := event.get("logentry"):
        told["logentry"] = {"message": masked(entry.get("message") or "")}  # as it stands in the code: nothing is put in
    work = current()
    tags = {"task": work.task, "task_id" if work.task else "request_id": work.id}
    told["tags"] = {name: value for name, value in tags.items() if value}
    told["user"] = {"id": work.user_id} if work.user_id else {}
    return told  # type: ignore[return-value]


def _error(value: dict[str, Any], said: dict[str, str]) -> dict[str, Any]:
    name = value.get("type") or ""
    frames = (value.get("stacktrace") or {}).get("frames", [])
    return {
        "type": name,
        "module": value.get("module"),
        "value": said.get(name, name),
        "stacktrace": {"frames": [{key: frame[key] for key in KEPT_OF_A_FRAME if key in frame} for frame in frames]},
    }
