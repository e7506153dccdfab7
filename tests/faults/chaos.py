"""What happens to the processes, at moments that the seed chooses."""

import os
import signal
import time
from contextlib import suppress

import psutil

from tests.faults.fleet import Member
from tests.faults.story import Story


def kill(story: Story, member: Member, how: str) -> bool:
    """SIGKILL to the whole worker, to its parent alone, or to one of its children. Says whether requests of its were on the wire.

    It is stopped first and looked at: so what is said of the moment is true.
    """
    member.signal_all(signal.SIGSTOP)
    is_in_mid_batch = bool(member.ports() & set(story.provider.in_flight))
    children = member.children()
    if how == "child" and children:
        with suppress(psutil.NoSuchProcess):
            story.random.choice(children).kill()
    elif how == "parent":
        os.kill(member.process.pid, signal.SIGKILL)
    else:
        member.signal_all(signal.SIGKILL)
    member.signal_all(signal.SIGCONT)
    return is_in_mid_batch


def choose_busy(story: Story, members: list[Member], seconds: float = 3) -> Member:
    """One that has requests on the wire, and then a little later, so that any moment of them may be hit. After a while: any."""
    deadline = time.monotonic() + seconds
    busy: list[Member] = []
    while not busy and time.monotonic() < deadline:
        busy = [member for member in members if member.ports() & set(story.provider.in_flight)]
        time.sleep(0.01)
    time.sleep(story.random.uniform(0, 0.05))
    return story.random.choice(busy or members)


def freeze(story: Story, member: Member, seconds: float) -> bool:
    """SIGSTOP and, after a while, SIGCONT: as a machine that swaps, or is moved. Says whether requests of its were on the wire."""
    member.signal_all(signal.SIGSTOP)
    is_in_mid_batch = bool(member.ports() & set(story.provider.in_flight))
    time.sleep(seconds)
    member.signal_all(signal.SIGCONT)
    return is_in_mid_batch
