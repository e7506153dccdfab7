"""Two workers and one web process that have been started, have answered, and now have nothing to do: as docker-compose.yml starts them."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from clinic.engines.places import free_port
from tests.bench.figures import Figure, say
from tests.bench.sizes import Sizes
from tests.bench.world import family_of, wait_until

WORKERS = 2
PRODUCTION = {  # in DEBUG, Django keeps each statement
    "DEBUG": "false",
    "ALLOWED_HOSTS": "127.0.0.1",
    "EMAIL_URL": "smtp://127.0.0.1:9",
    "DEFAULT_FROM_EMAIL": "aftercare@example.org",
}
ANSWERED = 40  # by then each of the web's processes has


def at_rest(sizes: Sizes) -> Iterator[Figure]:
    """Proportional: what processes share is counted once (PSS, from smaps_rollup, which only Linux has)."""
    from tests.production.shipped import command_of, make_image

    port = free_port()
    env = os.environ | PRODUCTION | {"PYTHONWARNINGS": "ignore"}
    web = [f"127.0.0.1:{port}" if word == "0.0.0.0:8000" else word for word in command_of("web")]
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        image, log = Path(name) / "image", Path(name) / "log"
        image.mkdir()
        make_image(image)
        manage = [sys.executable, "manage.py", "collectstatic", "--noinput"]
        subprocess.run(manage, cwd=image, env=env, check=True, stdout=subprocess.DEVNULL)
        with log.open("wb") as output:
            commands = {f"worker {number + 1}": [*command_of("worker"), "--hostname", f"{number}@bench"] for number in range(WORKERS)}
            families = {
                name: stack.enter_context(family_of([sys.executable, "-m", *command], image, env, output))
                for name, command in {"web": web, **commands}.items()
            }
            wait_until(lambda: log.read_text().count(" ready.") == WORKERS and _answers(port))
            for _ in range(min(ANSWERED, int(sizes.resting_seconds * 2) + 1)):
                assert _answers(port)
            time.sleep(sizes.resting_seconds)
            each = {name: family.proportional_memory() / 1e6 for name, family in families.items()}
    say("  " + ", ".join(f"{name}: {megabytes:.0f} MB" for name, megabytes in each.items()))
    yield Figure("memory.at_rest", f"MB: {WORKERS} workers and web", sum(each.values()), goal="ours <= 450")


def _answers(port: int) -> bool:
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/admin/login/", headers={"X-Forwarded-Proto": "https"})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy doesn't know our 127.0.0.1
    try:
        with direct.open(asked, timeout=10) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:
        raise
    except OSError:
        return False
