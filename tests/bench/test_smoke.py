"""Each bench runs, at a size that measures nothing."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.bench.figures import Figure, compared, write

NAMES = {
    "memory": ("at_rest", "flat", "pending"),
    "plan": ("cpu", "round_trips", "sessions_per_second"),
    "dispatch": (
        *("throughput", "cpu", "throughput_solo", "cpu_solo", "tutorial_prefork", "tutorial_threads"),
        *("lateness", "wake"),
    ),
    "claim": ("1000", "2000", "scrape"),
    "free_slots": ("1000", "2000", "growth", "all", "far"),
    "report": (
        *("first_page", "naive", "naive_each", "any_page", "slowest_page", "tiles", "later_page", "later_tiles", "past_page", "past_tiles"),
        *("export_memory", "export_rows", "refresh"),
        *("export_csv", "export_csv_memory", "export_xlsx", "export_xlsx_memory"),
    ),
    "trail": ("booking", "first", "far", "patient", "person", "exports"),
}
KEYS = {"name", "unit", "ours", "reference", "reference_name", "ratio", "goal", "holds"}


def run_bench(local: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | environment | {"LOCAL_DIR": str(local)}
    command = [sys.executable, "-m", "tests.bench"]
    return subprocess.run(command, env=env, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=480, check=False)


@pytest.fixture(scope="module")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[dict]]:
    """All of them in one world: what was printed, and what was written."""
    folder = tmp_path_factory.mktemp("bench")
    done = run_bench(folder, SIZE="tiny", ONLY=",".join(NAMES))
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads((folder / "bench.json").read_text())


@pytest.mark.timeout(500)
@pytest.mark.parametrize("bench", NAMES)
def test_every_bench_prints_its_lines_and_writes_its_objects(tiny_run, bench):
    printed, written = tiny_run
    figures = [figure for figure in written if figure["name"].startswith(f"{bench}.")]
    assert {figure["name"] for figure in figures} == {f"{bench}.{name}" for name in NAMES[bench]}
    assert all(set(figure) == KEYS and figure["ours"] >= 0 for figure in figures)
    assert all(figure["name"] in printed for figure in figures)
    assert [figure["ours"] for figure in figures if figure["name"] == "plan.round_trips"] == [1] * (bench == "plan")


def test_those_that_are_named_are_run_in_that_order(tiny_run):
    printed, _written = tiny_run
    assert re.findall(r"^(\w+) …$", printed, re.M) == list(NAMES)


def test_an_unknown_bench_is_told_from_the_known_ones(tmp_path):
    done = run_bench(tmp_path, ONLY="plan,fly")
    assert done.returncode == 2
    assert "There is no bench called fly; there are plan, dispatch, memory, claim, free_slots, report, trail." in done.stdout


def test_what_was_measured_before_under_other_names_stays(tmp_path):
    path = tmp_path / "bench.json"
    write([Figure("plan.cpu", "ms", 2), Figure("claim.10k", "ms", 3)], path)
    write([Figure("plan.cpu", "ms", 1)], path)
    assert [(figure["name"], figure["ours"]) for figure in json.loads(path.read_text())] == [("claim.10k", 3), ("plan.cpu", 1)]


def test_a_goal_holds_or_not():
    assert Figure("a", "s", 6, goal="ours <= 6").holds is True
    assert Figure("a", "s", 6.1, goal="ours <= 6").holds is False
    assert Figure("a", "s", 3).holds is None
    assert (Figure("a", "s", 3, 4, "the usual way", "ratio >= 0.7").ratio, Figure("a", "s", 3, 4, goal="ratio >= 0.7").holds) == (
        0.75,
        True,
    )


def test_of_several_rounds_the_median_counts():
    figure = compared("a", "s", [(70, 100), (50, 100), (36, 40)], "the usual way", "ratio >= 0.7")
    assert (figure.ours, figure.reference, figure.ratio, figure.holds) == (50, 100, 0.7, True)
