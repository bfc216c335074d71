"""What a batch is asked to do: its items, its configuration, alerts and maintenance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mediakeep.app.subjects import registry
from mediakeep.app.subjects.interface import ReviewOptions, WorkerOptions
from mediakeep.cluster.settings import SchedulerConfig
from mediakeep.config import Settings
from mediakeep.kinds import Kind
from mediakeep.lookups.musicbrainz.context import DISABLED
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.media import ignore_rules
from mediakeep.outcome import WorkerFactory
from mediakeep.policy import READ_ONLY, WritePolicy
from mediakeep.runner.batch_config import BatchConfig

if TYPE_CHECKING:  # imported where it is needed, as --help must be quick
    from mediakeep.alerts.targets import AlertTarget

_MAX_PRESTARTED_WORKERS = 16  # workers


class AlertOptions(msgspec.Struct, frozen=True):
    """The targets of alerts, and the number of failures in a row that raises one."""

    targets: tuple[AlertTarget, ...] = ()
    failure_threshold: int = Settings().alert_after


class MaintenanceOptions(msgspec.Struct, frozen=True):
    """Days, a folder and seconds, where 0 and "" disable; and the formats of reports."""

    archive_logs: int = 0
    backup_to: str = ""
    backup_every: float = 0.0
    report_formats: tuple[str, ...] = ("md",)
    daily_reports: bool = False


class BatchRequest(msgspec.Struct, frozen=True):
    """What is specific to one kind's batch.

    `item_name` limits the batch to one item. `native` work may crash its process; for `choose` and
    `force` see `ReviewOptions`.
    """

    kind: Kind
    item_name: str | None = None
    access: ServiceConfig = DISABLED
    policy: WritePolicy = READ_ONLY
    native: bool = False
    choose: Any = None
    force: bool = False
    ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
    settings: Mapping[str, Any] = {}  # values of the kind's own options


class BatchOptions(msgspec.Struct, frozen=True):
    """All options of a batch."""

    home: Path
    request: BatchRequest
    dry_run: bool
    as_json: bool
    config: BatchConfig
    deep: bool
    plan_out: Path | None = None  # the plan file that a dry run writes
    alerts: AlertOptions = AlertOptions()
    maintenance: MaintenanceOptions = MaintenanceOptions()
    scheduler: SchedulerConfig | None = None  # of other machines; None: this machine alone

    @property
    def item_name(self) -> str:
        """The name of the only item to process, or ""."""
        return self.request.item_name or ""

    @property
    def access(self) -> ServiceConfig:
        """The services that may be used."""
        return self.request.access

    def worker_factory(self) -> WorkerFactory:
        """Return the factory of its workers, which imports their modules in each process."""
        return registry.worker_factory(self.request.kind, self.home, self.worker_options)

    def import_worker_factory(self) -> WorkerFactory:
        """Import the modules of its workers, and return their factory.

        For forks of this process, which then need not import them. It may not be pickled.
        """
        return registry.get_subject(self.request.kind).worker_factory(
            self.home, self.worker_options
        )

    @property
    def worker_options(self) -> WorkerOptions:
        """The options of its workers."""
        request = self.request
        review = ReviewOptions(
            self.deep,
            policy=request.policy,
            access=request.access,
            choose=request.choose,
            force=request.force,
        )
        return WorkerOptions(not self.dry_run, request.ignored, request.settings, review)

    @property
    def prestart_count(self) -> int:
        """The number of workers to start early: none for a single item, which is processed inline.

        At most 16, as the number of items is not known yet; the pool starts more on demand.
        """
        limits, size = self.config.limits, self.config.size
        count = min(limits.workers, _MAX_PRESTARTED_WORKERS, *([] if size is None else [size]))
        several = count > 1 and not self.item_name and not self.scheduler
        return count if several and limits.inline and not self.dry_run else 0
