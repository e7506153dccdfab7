"""`make audit` passes only where the advisory service has answered, and knows of nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# `make test` would have this one say which folders it enters.
OURS = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
NO_PASS = "Nothing was audited, so this is no pass"


@pytest.fixture
def audit(tmp_path):
    """`make audit` with another pip-audit: a script, or the installed one. Gives its exit code and what it said."""

    def run(pip_audit: str | Path, **environment: str) -> tuple[int, str]:
        venv = tmp_path / "venv"
        (venv / "bin").mkdir(parents=True)
        program = venv / "bin" / "pip-audit"
        if isinstance(pip_audit, Path):
            program.symlink_to(pip_audit)
        else:
            program.write_text(f"#!/bin/sh\n{pip_audit}\n")
            program.chmod(0o755)
        for made in ("bin/python", "installed", "installed-lint"):  # in this order make takes them for up to date
            (venv / made).touch()
        shutil.copy(ROOT / "Makefile", tmp_path)
        shutil.copytree(ROOT / "requirements", tmp_path / "requirements", copy_function=shutil.copy2)
        shutil.copy2(ROOT / "requirements.txt", tmp_path)
        done = subprocess.run(
            ["make", "audit", f"VENV={venv}", f"PYTHON3={sys.executable}"],
            cwd=tmp_path,
            env=OURS | {"HOME": str(tmp_path)} | environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_nothing_known_is_a_pass(audit):
    code, said = audit('echo "No known vulnerabilities found" >&2')

    assert (code, said) == (0, "Nothing is known against any of the pinned versions.\n")


def test_what_is_known_is_shown_and_fails(audit):
    code, said = audit('echo "django 5.2.1 CVE-2025-48432 5.2.2"; echo "Found 1 known vulnerability" >&2; exit 1')

    assert code != 0
    assert "django 5.2.1 CVE-2025-48432 5.2.2\nRaise these versions" in said
    assert NO_PASS not in said


def test_a_service_that_knows_no_package_is_no_pass(audit):
    """A mirror of the packages that keeps no advisories."""
    code, said = audit('echo "django: Dependency not found on PyPI and could not be audited: django (5.2.19)" >&2; exit 1')

    assert code != 0
    assert NO_PASS in said


def test_a_service_that_is_not_reached_is_no_pass(audit):
    installed = Path(sys.executable).with_name("pip-audit")
    if not installed.exists():
        pytest.skip("make lint installs pip-audit")

    code, said = audit(installed, HTTPS_PROXY="http://127.0.0.1:9", https_proxy="http://127.0.0.1:9")

    assert code != 0
    assert NO_PASS in said
    assert "Traceback" not in said
