"""A real PostgreSQL of the tests' own: started, stopped, killed, frozen, copied to a standby and promoted.

with Cluster() as primary:
    url = primary.create_database("one")        # postgresql://…, by the socket; primary.url("one", tcp=True) by TCP
    primary.kill(); primary.start()             # a crash: kill -9 of every process
    primary.freeze(); primary.thaw()            # SIGSTOP, SIGCONT of every process
    with primary.standby("copy") as standby:    # streams; synchronous once the primary is told to wait for it
        primary.configure(synchronous_standby_names="copy")
        primary.kill(); standby.promote()
"""

from __future__ import annotations

import atexit
import contextlib
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from shutil import rmtree
from types import MappingProxyType
from typing import Any, Final, Self
from urllib.parse import quote

import psutil
import psycopg

from tests.postgresql import programs

WAIT_S_MAX: Final = 30.0
USER: Final = "postgres"
SMALL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "shared_buffers": "64MB",
        "max_connections": "60",
        "wal_level": "replica",
        "max_wal_senders": "4",
        "wal_receiver_status_interval": "1s",
        "wal_retrieve_retry_interval": "200ms",
    }
)


class Cluster:
    """One server with its data. Listens on a socket in its folder and on a loopback port; trusts everybody."""

    def __init__(self, *, is_durable: bool = True, settings: Mapping[str, str] = SMALL) -> None:
        """`is_durable=False` skips all flushing: faster, and only for tests that end no process."""
        self.folder = programs.new_folder()
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.port = _free_port()
        self.settings = {**SMALL, **settings}
        if not is_durable:
            self.settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        self.process: subprocess.Popen[bytes] | None = None
        # A session of tests that is broken off leaves no server behind.
        atexit.register(self.destroy)

    def __enter__(self) -> Self:
        """Starts it, where it does not run yet."""
        if self.process is None:
            self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it and removes its data."""
        self.destroy()

    # ---- running

    def start(self) -> None:
        """Start, on the same port as before, and wait until it answers; creates the data where there is none."""
        if not self.data.exists():
            programs.run("initdb", "-D", self.data, "-U", USER, "--auth=trust", "-E", "UTF8", "--no-sync")
        self.spawn()
        wait_until(self.is_answering, "PostgreSQL answers")

    def spawn(self) -> None:
        """Start without waiting: it may refuse for a while (crash recovery)."""
        assert self.process is None or self.process.poll() is not None, "it runs already"
        own = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            **self.settings,
        }
        options = [part for name, value in own.items() for part in ("-c", f"{name}={value}")]
        self.process = programs.spawn("postgres", "-D", self.data, *options, log=self.log)

    def stop(self) -> None:
        """A clean stop that ends all sessions ("fast"); nothing if it does not run."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """`kill -9` of every process at once, as when the power goes."""
        processes = self.processes()
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        # A zombie has let everything go; who collects it, and when, is the machine's affair.
        wait_until(lambda: not any(map(_is_alive, processes)), "PostgreSQL is dead")
        if self.process is not None:
            self.process.wait(WAIT_S_MAX)

    def freeze(self) -> None:
        """SIGSTOP to every process: it takes connections and never answers."""
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()

    def thaw(self) -> None:
        """SIGCONT to every process."""
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()

    def destroy(self) -> None:
        """Kill and remove the data."""
        self.kill()
        rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.destroy)

    def processes(self) -> list[psutil.Process]:
        """The server's main process and all that serve its sessions."""
        if self.process is None or self.process.poll() is not None:
            return []
        main = psutil.Process(self.process.pid)
        return [main, *main.children(recursive=True)]

    def is_answering(self) -> bool:
        """Whether a query works; fails at once when the server has ended."""
        assert self.process is None or self.process.poll() is None, self.log.read_text()[-2_000:]
        try:
            self.sql("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    # ---- using

    def url(self, database: str = USER, *, tcp: bool = False, **options: str) -> str:
        """How to reach it; options are libpq's."""
        where = f"127.0.0.1:{self.port}" if tcp else ""
        host = {} if tcp else {"host": str(self.folder), "port": str(self.port)}
        asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in {**host, **options}.items())
        return f"postgresql://{USER}@{where}/{database}" + (f"?{asked}" if asked else "")

    def sql(self, statement: str, *parameters: object, database: str = USER) -> list[Any]:
        """Run one statement on a connection of its own, outside any transaction."""
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """A new database, and its URL."""
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Also when somebody is connected."""
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def configure(self, **settings: str) -> None:
        """Set and reload, at run time; only what needs no restart."""
        for name, value in settings.items():
            self.sql(f"ALTER SYSTEM SET {name} = '{value}'")
        self.sql("SELECT pg_reload_conf()")

    # ---- two of them

    def standby(self, name: str, *, wait: bool = True) -> Cluster:
        """A started copy that streams from this one; `name` is what `synchronous_standby_names` calls it."""
        copy = Cluster(settings=self.settings)
        source = f"host={self.folder} port={self.port} user={USER} application_name={name}"
        programs.run("pg_basebackup", "-D", copy.data, "-R", "-X", "stream", "-c", "fast", "--no-sync", "-d", source)
        copy.start()
        if wait:
            wait_until(lambda: self.is_streaming_to(name), "the standby streams")
        return copy

    def is_streaming_to(self, name: str) -> bool:
        """Whether that standby is connected and has caught up."""
        query = "SELECT 1 FROM pg_stat_replication WHERE application_name = %s AND state = 'streaming'"
        return bool(self.sql(query, name))

    def promote(self) -> None:
        """Make a standby the primary, and wait until it takes writes."""
        self.sql("SELECT pg_promote(false)")
        wait_until(lambda: self.sql("SELECT pg_is_in_recovery()") == [(False,)], "the standby is promoted")

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(WAIT_S_MAX)


def wait_until(condition: Callable[[], bool], what: str, wait_s_max: float = WAIT_S_MAX) -> None:
    """Poll, bounded, for what another process has to do."""
    deadline = time.monotonic() + wait_s_max
    while not condition():
        assert time.monotonic() < deadline, f"waited {wait_s_max} s in vain: {what}"
        time.sleep(0.05)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
