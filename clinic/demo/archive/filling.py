"""Fills the archive: some processes work out what happened, this one has PostgreSQL write it down, all in the caller's transaction.

So a demo that is cut off leaves nothing behind. Memory holds a few practitioners' patients at a time, whatever their number.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from random import Random

from django.contrib.auth.models import User
from django.db import connection

from clinic.demo.archive.bare import lay_bare
from clinic.demo.archive.chain import area_codes, create_chain
from clinic.demo.archive.lives import World, courses_before
from clinic.demo.archive.making import MAKERS, in_order
from clinic.demo.archive.progress import LIVING, Progress
from clinic.demo.archive.writing import COURSES, PATIENTS, TABLES, make, reserve, write
from scheduling.models import Treatment

SORTING_MEMORY = "192MB"

NAMES = ", ".join(table.name for table in TABLES)

WRITING = "Writing the archive"
CHECKING = "Holding it to every rule"


def costs(lived: int, archived: int) -> dict[str, float]:
    """Step → about how many seconds it takes on two processors, in the order of the steps."""
    return {LIVING: lived * 0.4, WRITING: archived * 320e-6, CHECKING: archived * 180e-6}


def fill_archive(
    patients: int, seed: int, *, treatments: Sequence[Treatment], signins: dict[str, User], now: datetime, progress: Progress
) -> None:
    """Requires a transaction, in which these tables were empty or as good as empty before."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what still waits to be checked would keep the tables from being changed
        cursor.execute(f"SET LOCAL maintenance_work_mem = '{SORTING_MEMORY}'")
        practices = create_chain(
            patients,
            Random(seed),  # noqa: S311 - a made-up clinic
            treatments,
            first_patient=reserve(cursor, PATIENTS, patients),
            first_course=reserve(cursor, COURSES, courses_before(patients)),
        )
        world = World(seed, now, signins["frontdesk"].pk, signins["clinician"].pk, area_codes())
        rules = lay_bare(cursor, [table.name for table in TABLES])
        jobs = [(practice, world) for practice in practices]
        done: Counter[str] = Counter()
        for chunk in in_order(make, jobs) if len(jobs) > MAKERS else map(make, jobs):
            write(cursor, chunk)
            done.update(patients=len(chunk.patients), appointments=len(chunk.appointments))
            words = f"{done['patients']:,} of {patients:,} patients, {done['appointments']:,} appointments"
            progress.at(WRITING, done["patients"] / patients, words)
        so_far, whole = 0.0, sum(rule.cost for rule in rules)
        for rule in rules:
            progress.at(CHECKING, so_far / whole, f"{rule.name}, {rule.table}", now_or_never=rule.is_long)
            rule.restore(cursor)
            so_far += rule.cost
        cursor.execute(f"ANALYZE {NAMES}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def tidy() -> None:
    """After the commit: what PostgreSQL would do by itself a minute later, when somebody looks at the first report."""
    if not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM (ANALYZE) {NAMES}")
