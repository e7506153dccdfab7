"""Each bench runs, at a size that measures nothing."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests.bench.figures import Figure, compared

KEYS = {"name", "unit", "ours", "reference", "reference_name", "ratio", "goal", "holds"}


@pytest.mark.timeout(300)
def test_every_bench_prints_its_line_and_writes_its_object(tmp_path):
    env = os.environ | {"SIZE": "tiny", "ONLY": "", "LOCAL_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "tests.bench"]
    done = subprocess.run(command, env=env, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    figures = {figure["name"]: figure for figure in json.loads((tmp_path / "bench.json").read_text())}
    assert set(figures) == {
        *("plan.cpu", "plan.round_trips", "plan.sessions_per_second"),
        *("dispatch.throughput", "dispatch.cpu", "dispatch.throughput_solo", "dispatch.cpu_solo"),
        *("dispatch.tutorial_prefork", "dispatch.tutorial_threads", "dispatch.lateness", "dispatch.wake"),
        *("memory.worker", "claim.1000", "claim.2000"),
    }
    assert all(set(figure) == KEYS and figure["ours"] > 0 for figure in figures.values())
    assert all(name in done.stdout for name in figures)
    assert (figures["plan.round_trips"]["ours"], figures["plan.round_trips"]["holds"]) == (1, True)


def test_an_unknown_bench_is_told_from_the_known_ones(tmp_path):
    env = os.environ | {"ONLY": "plan,fly", "LOCAL_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "tests.bench"]
    done = subprocess.run(command, env=env, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "There is no bench called fly; there are plan, dispatch, memory, claim." in done.stdout


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
