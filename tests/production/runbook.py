"""The commands that docs/operations.md gives, as they stand there, and a terminal to type them into."""

import os
import pty
import re
import subprocess
import time
from pathlib import Path

RUNBOOK = Path(__file__).parents[2] / "docs" / "operations.md"
PATIENCE_SECONDS = 120


def blocks(document: str, part: str, way: str) -> list[list[str]]:
    """The blocks of commands under that heading of the second rank, and under that one of the third below it."""
    below = _under(_under(document, f"## {part}\n"), f"### {way}\n")
    found = [block.group() for block in re.finditer(r"(?:^    .*\n(?:\n(?=    ))?)+", below, re.MULTILINE)]
    assert found, f"The runbook has no commands under “{part}”, “{way}”."
    return [[line[4:] for line in block.splitlines() if line.strip()] for block in found]


def _under(document: str, heading: str) -> str:
    rank = heading.partition(" ")[0]
    _before, found, after = document.partition(f"\n{heading}")
    assert found, f"The runbook has no heading “{heading.strip()}”."
    return re.split(rf"^#{{2,{len(rank)}}} ", after, maxsplit=1, flags=re.MULTILINE)[0]


def typed(line: str, folder: Path, env: dict[str, str], answers: dict[str, str]) -> tuple[int, str]:
    """What a person sees who types it, and its exit code. `answers`: what she types when she is asked that."""
    ours, its = pty.openpty()
    process = subprocess.Popen(["bash", "-c", line], cwd=folder, env=env, stdin=its, stdout=its, stderr=its, start_new_session=True)
    os.close(its)
    said, answered = "", 0
    with process, os.fdopen(ours, "r+b", buffering=0) as terminal:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while chunk := _read(terminal.fileno()):
            said += chunk
            asked = next((question for question in answers if said[answered:].rstrip().endswith(question)), None)
            if asked is not None:
                answered = len(said)
                terminal.write(f"{answers[asked]}\n".encode())
            if time.monotonic() > deadline:
                process.kill()
    return process.returncode, said


def _read(terminal: int) -> str:
    """ "" at the end: Linux has an error for that."""
    try:
        return os.read(terminal, 1 << 16).decode(errors="replace")
    except OSError:
        return ""
