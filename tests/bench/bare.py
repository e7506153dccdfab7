"""The raw limit: the same requests from an aiohttp client that does nothing else. `python -m tests.bench.bare URL MESSAGES IN_FLIGHT`."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator

import aiohttp

from tests.bench.people import number_of, words_of
from tests.bench.provider import ACCOUNT_SID, AUTH_TOKEN, FROM_NUMBER, PATH

CALLBACK = "https://clinic.example.org/webhooks/twilio/status/{}/?attempt=0123456789abcdef0123456789abcdef#rc=5&rp=all"


def form(person: int) -> dict[str, str]:
    return {
        "To": number_of(person),
        "StatusCallback": CALLBACK.format(person),
        "ValidityPeriod": "7199",
        "From": FROM_NUMBER,
        "Body": words_of(person),
    }


async def send(session: aiohttp.ClientSession, url: str, people: Iterator[int]) -> None:
    for person in people:
        async with session.post(url, data=form(person)) as answer:
            assert (await answer.json())["sid"]


async def send_all(url: str, messages: int, in_flight: int) -> None:
    auth = aiohttp.BasicAuth(ACCOUNT_SID, AUTH_TOKEN)
    async with aiohttp.ClientSession(auth=auth, connector=aiohttp.TCPConnector(limit=in_flight)) as session:
        people = iter(range(messages))
        await asyncio.gather(*(send(session, url + PATH, people) for _ in range(in_flight)))


if __name__ == "__main__":
    started_at, cpu = time.perf_counter(), time.process_time()
    asyncio.run(send_all(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
    json.dump({"seconds": time.perf_counter() - started_at, "cpu_seconds": time.process_time() - cpu}, sys.stdout)
