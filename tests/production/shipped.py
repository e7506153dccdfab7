"""What docker-compose.yml and the Dockerfile say, for the tests that hold them to it: there is no container engine here."""

import json
import os
import re
import shlex
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from clinic.engines.places import is_reachable

ROOT = Path(__file__).parents[2]
USER = 10001

# As somebody may have filled it in.
DOTENV = {
    "SECRET_KEY": "s" * 64,
    "ADDRESS_HASH_KEY": "a" * 64,
    "ALLOWED_HOSTS": "clinic.example.org",
    "PUBLIC_BASE_URL": "https://clinic.example.org",
    "EMAIL_URL": "smtp://127.0.0.1:9",
    "DEFAULT_FROM_EMAIL": "aftercare@example.org",
    "TWILIO_ACCOUNT_SID": "AC0",
    "TWILIO_AUTH_TOKEN": "none",
    "TWILIO_FROM_NUMBER": "+12125550100",
    "POSTGRES_PASSWORD": "p",
    "REDIS_PASSWORD": "r",
}


@cache
def compose() -> dict[str, Any]:
    """The merged file, with the values of DOTENV in it."""
    return _filled(YAML(typ="safe").load(ROOT / "docker-compose.yml"))


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each) for each in value]
    if not isinstance(value, str):
        return value
    text = re.sub(r"(?<!\$)\$\{(\w+)(?::([?-])([^}]*))?\}", lambda found: DOTENV.get(found[1]) or _absent(found), value)
    return text.replace("$$", "$")


def _absent(found: re.Match[str]) -> str:
    if found[2] == "?":
        raise AssertionError(found[3])
    return found[3] or ""


@cache
def dockerfile() -> list[tuple[str, str]]:
    """(instruction, what it says), of the last stage."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line and not line.startswith("#")]
    last = max(place for place, (word, _) in enumerate(lines) if word == "FROM")
    return lines[last:]  # type: ignore[return-value]


def command_of_the_image() -> list[str]:
    return json.loads(next(said for word, said in dockerfile() if word == "CMD"))


def command_of(service: str) -> list[str]:
    said = compose()["services"][service].get("command")
    return shlex.split(said) if said else command_of_the_image()


def health_of(service: str) -> list[str]:
    kind, *words = compose()["services"][service]["healthcheck"]["test"]
    return words if kind == "CMD" else ["sh", "-c", *words]


def make_image(folder: Path) -> None:
    """What COPY brings into the image out of this folder, as far as .dockerignore lets it through."""
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")}
    for word, said in dockerfile():
        if word == "COPY" and "--from" not in said:
            *sources, to = said.split()
            for source in sources:
                assert source in let_through, f".dockerignore keeps {source} out of the image."
                if (ROOT / source).is_dir():
                    # Compiled or not, as it is; but not what another process is just writing.
                    shutil.copytree(ROOT / source, folder / to, ignore=shutil.ignore_patterns("*.pyc.*"))
                else:
                    shutil.copy(ROOT / source, folder / to)


def as_nobody(command: list[str]) -> list[str]:
    """The command by this Python's programs; by the image's user, who may read and can't write, where we are root."""
    found = Path(sys.executable).with_name(command[0])
    words = [str(found if found.exists() else shutil.which(command[0])), *command[1:]]
    if os.geteuid():
        return words
    may_read = "-all" if is_reachable(Path(sys.executable).resolve()) else "-all,+dac_read_search"
    caps = [f"--{kind}={may_read}" for kind in ("inh-caps", "ambient-caps", "bounding-set")]
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *caps, "--no-new-privs", *words]
