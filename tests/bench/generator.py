"""The load: prebuilt requests over keep-alive connections in a closed loop, cheap enough to outrun what it measures.

Run as a process of its own (`python -m tests.bench.generator`): a job on standard input, its result on standard output.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, cast

import msgspec
import uvloop

from tests.bench.job import Job, Latency, Result

ANSWER_S_MAX: Final = 15.0
"""How long the last answers are waited for."""
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_STATUS: Final = re.compile(rb'"status": ?"([a-z]+)"')
_OK: Final = b"HTTP/1.1 200"


class Load:
    """What all connections share: the requests that are left, the clock, and the answers so far."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self.requests = requests
        self.measured_from_ns = 0
        self.until_ns = 0
        self.last_ns = 0
        self.latencies_ns: list[int] = []
        self.told: Counter[str] = Counter()
        self.ran_out = False
        self.busy_from_s = 0.0

    def next_request(self, now_ns: int) -> bytes | None:
        """The next one, None where time or requests are up."""
        if now_ns >= self.until_ns:
            return None
        request = next(self.requests, None)
        if request is None:
            self.ran_out = True
        return request

    def take(self, answer: bytes, sent_ns: int, now_ns: int) -> None:
        """Count one answer, and time it where it is in the measured stretch."""
        if not answer.startswith(_OK):
            self.told[answer[9:12].decode()] += 1
        else:
            found = _STATUS.search(answer)
            self.told[found[1].decode() if found else "-"] += 1
        if self.measured_from_ns <= now_ns < self.until_ns:
            if not self.latencies_ns:
                self.busy_from_s = time.process_time()
            self.latencies_ns.append(now_ns - sent_ns)
            self.last_ns = now_ns


class Connection(asyncio.Protocol):
    """One keep-alive connection; puts an answer together however it is cut, then asks again."""

    def __init__(self, load: Load, ended: asyncio.Future[None]) -> None:
        self._load = load
        self._ended = ended
        self._received = b""
        self._sent_ns = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._send(time.perf_counter_ns())

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        if not is_whole(received):
            self._received = received
            return
        self._received = b""
        now_ns = time.perf_counter_ns()
        self._load.take(received, self._sent_ns, now_ns)
        self._send(now_ns)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._ended.done():
            self._ended.set_exception(exc or ConnectionError("the server closed a connection under load"))

    def _send(self, now_ns: int) -> None:
        assert self._transport is not None
        request = self._load.next_request(now_ns)
        if request is None:
            if not self._ended.done():
                self._ended.set_result(None)
            return
        self._sent_ns = now_ns
        self._transport.write(request)


def is_whole(received: bytes) -> bool:
    """Whether the answer is complete; every server here tells its length."""
    head = received.find(b"\r\n\r\n")
    if head < 0:
        return False
    found = _LENGTH.search(received, 0, head)
    if found is None:
        raise ValueError(f"an answer without a length: {received[:head].decode('latin-1')}")
    return len(received) >= head + 4 + int(found[1])


async def run(job: Job, built: Sequence[bytes]) -> Result:
    """Load the server and give what came of it."""
    chosen = built[job.first :][: job.requests_max]
    load = Load(itertools.cycle(chosen) if job.again else iter(chosen))
    started_ns = time.perf_counter_ns()
    load.measured_from_ns = started_ns + int(job.warm_up_s * 1e9)
    load.until_ns = load.measured_from_ns + int(job.seconds * 1e9)
    readers = {name: asyncio.create_task(_read(job, load, paths)) for name, paths in job.reads.items()}
    loop = asyncio.get_running_loop()
    ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(job.connections)]
    for ended in ends:
        await loop.create_connection(lambda ended=ended: Connection(load, ended), "127.0.0.1", job.port)  # type: ignore[misc]
    async with asyncio.timeout(job.warm_up_s + job.seconds + ANSWER_S_MAX):
        await asyncio.gather(*ends)
        reads = {name: latency(await reader) for name, reader in readers.items()}
    # Where the requests ran out, what was measured ended with the last answer.
    measured_s = ((load.last_ns if load.ran_out else load.until_ns) - load.measured_from_ns) / 1e9
    return Result(
        per_s=len(load.latencies_ns) / measured_s if measured_s > 0 else 0.0,
        latency=latency(load.latencies_ns),
        told=dict(load.told),
        ran_out=load.ran_out,
        generator_cores=(time.process_time() - load.busy_from_s) / measured_s if measured_s > 0 else 0.0,
        reads=reads,
    )


async def _read(job: Job, load: Load, paths: Sequence[str]) -> list[int]:
    """Reads at a steady pace beside the load, and times what falls into the measured stretch."""
    reader, writer = await asyncio.open_connection("127.0.0.1", job.port)
    latencies_ns: list[int] = []
    try:
        for number, path in enumerate(itertools.cycle(paths)):
            due_ns = load.measured_from_ns + int(number * 1e9 / job.reads_per_s)
            await asyncio.sleep((due_ns - time.perf_counter_ns()) / 1e9)
            sent_ns = time.perf_counter_ns()
            if sent_ns >= load.until_ns:
                break
            writer.write(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode())
            received = b""
            while not is_whole(received):
                more = await reader.read(65_536)
                if not more:
                    raise ConnectionError("the server closed a reader's connection")
                received += more
            if not received.startswith(_OK):
                raise RuntimeError(f"a read was answered {received[9:12].decode()}")
            latencies_ns.append(time.perf_counter_ns() - sent_ns)
    finally:
        writer.close()
    return latencies_ns


def latency(latencies_ns: list[int]) -> Latency:
    """The figures of many; zeros for none."""
    if not latencies_ns:
        return Latency(0, 0.0, 0.0, 0.0)
    latencies_ns.sort()
    count = len(latencies_ns)
    return Latency(
        count,
        latencies_ns[count // 2] / 1e6,
        latencies_ns[min(count - 1, count * 99 // 100)] / 1e6,
        latencies_ns[-1] / 1e6,
    )


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    prebuilt = msgspec.msgpack.decode(Path(asked.requests).read_bytes(), type=list[bytes])
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(run(asked, prebuilt))))
