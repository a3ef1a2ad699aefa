"""A server that reads nothing and always says the same: the ceiling of the load generator."""

from __future__ import annotations

import asyncio
import re
import signal
from typing import Final, cast

_ANSWER: Final = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{"status":"nothing"}'
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class _Answering(asyncio.Protocol):
    def __init__(self) -> None:
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        received = self._received + data if self._received else data
        head = received.find(b"\r\n\r\n")
        length = _LENGTH.search(received) if head >= 0 else None
        if head < 0 or (length and len(received) < head + 4 + int(length[1])):
            self._received = received
            return
        self._received = b""
        self._transport.write(_ANSWER)


async def serve(port: int) -> None:
    """Serve until SIGTERM."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    async with await loop.create_server(_Answering, "127.0.0.1", port):
        await stopped.wait()
