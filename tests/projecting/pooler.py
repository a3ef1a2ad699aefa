"""A pooler as pgbouncer is in transaction mode: who begins a transaction gets any free session, until it ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final, Self

_HEADER_BYTES: Final = 5
_LENGTH_BYTES: Final = 4
_READY: Final = b"Z"
_TERMINATE: Final = b"X"
_OUTSIDE: Final = b"I"
_ENCRYPTION_REQUESTS: Final = {80877103, 80877104}


class _Session:
    """One connection to the server; what it said at its beginning is told to every client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def answers(self) -> AsyncIterator[tuple[bytes, bytes]]:
        """Each message, and the state of the transaction where it tells one, until the session is ready."""
        while True:
            header = await self._reader.readexactly(_HEADER_BYTES)
            body = await self._reader.readexactly(int.from_bytes(header[1:]) - _LENGTH_BYTES)
            is_ready = header[:1] == _READY
            yield header + body, body if is_ready else b""
            if is_ready:
                return


class Pooler:
    """Listens on loopback in a thread of its own."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._free: list[_Session] = []
        self._greeting = b""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._server: asyncio.Server
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(timeout=10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for session in self._free:
            session.writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            startup = await _startup(reader, writer)
            self._free.append(await self._session(startup))
            writer.write(self._greeting)
            while (asked := await reader.read(65_536)) and asked[:1] != _TERMINATE:
                await self._run_transaction(await self._session(startup), asked, reader, writer)
        writer.close()

    async def _run_transaction(
        self, session: _Session, asked: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        state = b""
        while state != _OUTSIDE and asked:
            session.writer.write(asked)
            async for answer, told in session.answers():
                writer.write(answer)
                state = told
            if state != _OUTSIDE:
                asked = await reader.read(65_536)
        self._free.append(session)

    async def _session(self, startup: bytes) -> _Session:
        if self._free:
            return self._free.pop()
        session = _Session(*await asyncio.open_connection("127.0.0.1", self._server_port))
        session.writer.write(startup)
        self._greeting = b"".join([answer async for answer, _ in session.answers()])
        return session


async def _startup(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    while True:
        length = await reader.readexactly(_LENGTH_BYTES)
        rest = await reader.readexactly(int.from_bytes(length) - _LENGTH_BYTES)
        if int.from_bytes(rest[:_LENGTH_BYTES]) not in _ENCRYPTION_REQUESTS:
            return length + rest
        writer.write(b"N")
