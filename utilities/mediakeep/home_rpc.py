"""Remote procedure calls to the home, which the host of the queue has.

Two hosts must not write one file, as not all file systems keep locks between hosts. So a worker of
a batch on several hosts sends each call that reads or writes files of the home to the host of the
queue, which makes it and returns the result: what it has written is on the disk then. See
`queue_host_client`. In all other processes, the functions are called as usual.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

T = TypeVar("T")


class HomeCall(msgspec.Struct, frozen=True):
    """A call of a function with a path in the home, and with values.

    With a method, the function opens an object, with the options, whose method gets the values.
    """

    function: Callable[..., Any]
    place: str  # relative to the home
    values: tuple[Any, ...] = ()
    method: str = ""
    options: tuple[tuple[str, Any], ...] = ()


class HomeClient(Protocol):
    """A connection to the host of the queue."""

    home: Path  # the folder of this host that stands for the home in paths

    def call(self, call: HomeCall) -> Any:
        """Called to get the result of a call; raises its error, or Aborting if there is none."""


_client: HomeClient | None = None  # of this process, which works for one batch


def use_client(client: HomeClient | None) -> None:
    """Make the calls of this process on the host of the queue; None if it is this one."""
    global _client
    _client = client


def call_at_home(function: Callable[..., T], path: Path, *values: Any) -> T:
    """Call a function with a path in the home, and values, on the host of the queue."""
    if _client is None:
        return function(path, *values)
    call = HomeCall(function, str(path.relative_to(_client.home)), values)
    result: T = _client.call(call)
    return result


class RemoteObject:
    """An object that the host of the queue opens with a path in the home, for this process."""

    def __init__(self, client: HomeClient, factory: Callable[..., Any], path: Path, **options: Any):
        self._client = client
        place = str(path.relative_to(client.home))
        self._template = HomeCall(factory, place, options=tuple(options.items()))

    def call(self, method: Callable[..., T], *values: Any) -> T:
        """Call a method of the object, given as that of its class."""
        call = msgspec.structs.replace(self._template, method=method.__name__, values=values)
        result: T = self._client.call(call)
        return result


def build_remote_object(
    factory: Callable[..., Any], path: Path, **options: Any
) -> RemoteObject | None:
    """Return an object that the host of the queue opens with a path; None if it is this host."""
    return RemoteObject(_client, factory, path, **options) if _client else None
