"""Open the executors of batches: those of this machine, or on the workers of a Dask scheduler."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import structs

from mediakeep.cluster.host_watch import NO_CALLBACKS, ClusterCallbacks
from mediakeep.cluster.settings import SchedulerConfig
from mediakeep.errors import UsageError
from mediakeep.runner.executor import ExecutorFactory
from mediakeep.runner.executors import AdaptiveExecutor

_NOT_INSTALLED = (
    "--scheduler needs Dask, which is not installed."
    ' Install it with: pip install "mediakeep[cluster]"'
)


class Scheduler:
    """A scheduler that a batch is connected to; without a configuration, this machine.

    `warning` is a sentence for the user, or "".
    """

    def __init__(self, config: SchedulerConfig | None, client: Any = None, warning: str = ""):
        self._config, self._client, self.warning = config, client, warning

    @contextlib.contextmanager
    def open_executors(
        self,
        folders: Sequence[Path],
        callbacks: ClusterCallbacks = NO_CALLBACKS,
        *,
        is_home_served: bool = False,
    ) -> Iterator[ExecutorFactory]:
        """Yield the factory of executors, whose hosts must see the same folders as this one.

        The first folder is the home; with `is_home_served`, this host serves it to the others.
        """
        if self._config is None:
            yield AdaptiveExecutor
            return
        from mediakeep.cluster import connection, dask_executor, host_checks

        home, shared = folders[0], folders[1:] if is_home_served else folders
        with (
            host_checks.write_probes(shared) as requirements,
            connection.serve_hosts(self._config, home, is_home_served=is_home_served) as address,
        ):
            access = connection.ClusterAccess(
                self._client,
                structs.replace(requirements, queue_host=address),
                self._config.timeout,
                connection.find_dashboard(self._client),
                callbacks,
            )
            yield functools.partial(dask_executor.DaskExecutor, access)


@contextlib.contextmanager
def open_scheduler(config: SchedulerConfig | None) -> Iterator[Scheduler]:
    """Connect to a scheduler for a `with` block.

    Raise UsageError if Dask is not installed, and ClusterFailed if the scheduler cannot be used.
    """
    if config is None:
        yield Scheduler(None)
        return
    try:
        from mediakeep.cluster import connection
    except ImportError as error:
        raise UsageError(_NOT_INSTALLED) from error
    with connection.open_cluster(config) as client:
        yield Scheduler(config, client, connection.build_plain_warning(config.address))
