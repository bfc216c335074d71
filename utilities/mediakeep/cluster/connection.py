"""Connect to a Dask scheduler, or start one with workers on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import re
import socket
from collections.abc import Iterator
from multiprocessing import resource_tracker
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import dask
import msgspec
from distributed import Client, LocalCluster, Scheduler, scheduler, worker
from distributed.comm import CommClosedError
from distributed.comm.addressing import parse_address
from distributed.comm.registry import get_backend
from distributed.security import Security
from msgspec import structs

from mediakeep import path_text, queue_host_server
from mediakeep.cluster.host_checks import HostRequirements
from mediakeep.cluster.host_watch import NO_CALLBACKS, ClusterCallbacks
from mediakeep.cluster.settings import SchedulerConfig
from mediakeep.errors import ClusterFailed
from mediakeep.lookups.http.rate_server import RateServer
from mediakeep.queue_host_client import CALLS, RATES, Certificates, HostAddress
from mediakeep.queue_host_server import Service
from mediakeep.runner import tasks
from mediakeep.runner.signals import block_signals

_ANSWER_TIMEOUT = 10.0  # seconds, in which whatever listens must speak as a scheduler does
_CONNECT_TIMEOUT = 30.0  # seconds; a scheduler may be busy with the start of other batches
_SEND_SECONDS = 0.001  # between two messages to the scheduler; Dask waits 10 ms, to combine them
_MISSING_MODULE = re.compile("No module named '([^']+)'")
# Dask runs the tasks of a dead worker again on another one, which could do work twice; a batch
# decides itself what follows. Its workers start child processes, so they may not be daemons.
_DASK_SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.worker.daemon": False,
    "distributed.admin.low-level-log-length": 10,  # messages, kept for developers of Dask
    "distributed.logging.distributed": "critical",
    # After Ctrl-Z or a suspend, all workers of this machine would be restarted as silent for long.
    "distributed.scheduler.worker-ttl": None,
}


class ClusterAccess(msgspec.Struct, frozen=True):
    """A connection to a scheduler, and what its hosts need to run a batch.

    `timeout` is how long a batch waits for a worker, or for an answer, in seconds. `dashboard` is
    the address of Dask's own dashboard, if it runs.
    """

    client: Client
    requirements: HostRequirements
    timeout: float = 60.0
    dashboard: str = ""
    callbacks: ClusterCallbacks = NO_CALLBACKS


@contextlib.contextmanager
def open_cluster(config: SchedulerConfig) -> Iterator[Client]:
    """Connect to the scheduler, and yield the client; raise ClusterFailed if that fails."""
    for name in [*logging.root.manager.loggerDict]:  # some have levels of their own
        if name.partition(".")[0] == "distributed":  # a batch reports what matters
            logging.getLogger(name).setLevel(logging.CRITICAL)
    with dask.config.set(_DASK_SETTINGS), contextlib.ExitStack() as stack:
        address: Any = config.address
        if config.local_workers:
            # Stop signals are for the batch alone: what is started here inherits their mask. The
            # tracker is started by the first process otherwise, and unblocks them for the others.
            resource_tracker.ensure_running()
            with block_signals():
                try:
                    address = stack.enter_context(_open_local(config.local_workers))
                except Exception as error:  # Dask raises several kinds
                    reason = f"its workers did not start ({tasks.format_error(error)})"
                    raise ClusterFailed(config.address, reason) from error
        client = stack.enter_context(_connect(address, config))
        yield client


def _open_local(workers: int) -> LocalCluster:
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        memory_limit=0,
        dashboard_address="127.0.0.1:0",  # else a busy port is warned of
        scheduler_kwargs={"dashboard": False, "extensions": _leave_out_spans(scheduler)},
        extensions=_leave_out_spans(worker),
        silence_logs=logging.CRITICAL,
    )


def _leave_out_spans(module: ModuleType) -> dict[str, Any]:
    """Return the extensions of Dask's schedulers or workers, without spans.

    Spans keep 0.3 KB of each task as long as the scheduler runs, for Dask's dashboard.
    """
    return {name: kind for name, kind in module.DEFAULT_EXTENSIONS.items() if name != "spans"}


@contextlib.contextmanager
def _connect(address: Any, config: SchedulerConfig) -> Iterator[Client]:
    security = _build_security(config)
    with contextlib.ExitStack() as stack:
        try:
            if not config.local_workers:
                asyncio.run(_check_answer(config.address, security or Security()))
            with block_signals():
                client = Client(
                    address, timeout=_CONNECT_TIMEOUT, set_as_default=False, security=security
                )
            stack.callback(_close, client)
            client.scheduler_comm.interval = _SEND_SECONDS
            client.run_on_scheduler(_forbid_silent_retries)
        except Exception as error:  # another program may have answered anything
            raise ClusterFailed(config.address, _connection_reason(error)) from error
        yield client


def _close(client: Client) -> None:
    with contextlib.suppress(Exception):  # it may be gone
        client.close(timeout=_CONNECT_TIMEOUT)


@contextlib.contextmanager
def serve_hosts(
    config: SchedulerConfig, home: Path, *, is_home_served: bool
) -> Iterator[HostAddress | None]:
    """Serve the rate limits and the home to the other hosts; yield None if there are none."""
    if config.local_workers:
        yield None
        return
    parts = urlsplit(config.address)
    try:
        (family, *_, place), *_ = socket.getaddrinfo(
            parts.hostname, parts.port, type=socket.SOCK_DGRAM
        )
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(place)  # sends nothing: it finds the own address
            address = probe.getsockname()[0]
    except OSError as error:
        raise ClusterFailed(config.address, _connection_reason(error)) from error
    services: dict[str, Service] = {RATES: RateServer(home / "status" / "cache")}
    if is_home_served:
        services[CALLS] = queue_host_server.serve_calls(home)
    certificates = (
        Certificates(config.tls_ca, config.tls_cert, config.tls_key)
        if config.address.startswith("tls://")
        else None
    )
    with queue_host_server.serve(address, services, certificates) as served:
        name = path_text.escape_path(home) if is_home_served else ""
        yield structs.replace(served, home=name)


async def _check_answer(address: str, security: Security) -> None:
    """Raise OSError or TimeoutError unless a scheduler answers.

    The client of Dask would wait for ever for another program, and long if nothing listens.
    """
    scheme, place = parse_address(address)
    connector = get_backend(scheme).get_connector()
    arguments = security.get_connection_args("client")
    async with asyncio.timeout(_ANSWER_TIMEOUT):
        connection = await connector.connect(place, deserialize=False, **arguments)
        try:
            await connection.write(connection.handshake_info())
            await connection.read()
        except OSError:
            raise
        except Exception as error:  # such as MemoryError, if its text is taken for a length
            raise ConnectionError("another program answers there") from error
        finally:
            connection.abort()


def find_missing_module(error: BaseException) -> str:
    """Return the module that another process lacks, "" if that is not the error.

    Dask may pass on the text alone.
    """
    match = _MISSING_MODULE.search(str(error))
    return match[1] if match else ""


def _connection_reason(error: Exception) -> str:
    if missing := find_missing_module(error):
        return f"its scheduler lacks {missing}: install mediakeep there"
    if isinstance(error, TimeoutError) or "imed out" in str(error):
        return "it does not answer in time"
    cause = error.__cause__ if isinstance(error, CommClosedError) else error
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    if isinstance(error, CommClosedError):
        return "the connection is closed, as by another program, or one that expects tls://"
    return str(error).partition("\n")[0] or type(error).__name__


def _build_security(config: SchedulerConfig) -> Security | None:
    if not config.address.startswith("tls://"):
        return None
    return Security(
        tls_ca_file=config.tls_ca,
        tls_client_cert=config.tls_cert,
        tls_client_key=config.tls_key,
        require_encryption=True,
    )


def _forbid_silent_retries(dask_scheduler: Scheduler) -> None:
    dask_scheduler.allowed_failures = 0


def find_dashboard(client: Client) -> str:
    """Return the address of Dask's own dashboard, "" if it or the scheduler does not run."""
    with contextlib.suppress(OSError):  # the executor notices a lost scheduler, and says so
        return (client.run_on_scheduler(_has_dashboard) and client.dashboard_link) or ""
    return ""


def _has_dashboard(dask_scheduler: Scheduler) -> bool:
    return bool(dask_scheduler.http_application.applications)  # else it shows only its health


def build_plain_warning(address: str) -> str:
    """Return a warning if an address is of another machine and not encrypted, else ""."""
    parts = urlsplit(address)
    if parts.scheme != "tcp" or _is_loopback(parts.hostname or ""):
        return ""
    return (
        f"{address} is not encrypted: whoever reaches this scheduler can run programs on its"
        " workers. Use tls:// or a private network."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
