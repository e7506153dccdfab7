"""Where a provider can reach us, and where only we ourselves can."""

from urllib.parse import urlsplit


def is_public(url: str) -> bool:
    return urlsplit(url).hostname not in ("localhost", "127.0.0.1", "::1")
