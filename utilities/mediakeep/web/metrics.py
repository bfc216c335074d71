"""Metrics for Prometheus, computed when they are scraped."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from mediakeep.errors import MediakeepError
from mediakeep.views.poller import QueueSnapshot
from mediakeep.web.event_hub import EventHub
from mediakeep.web.web_home import WebHome

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _HomeCollector(Collector):
    """Collects the metrics of a home."""

    def __init__(self, web: WebHome, hub: EventHub) -> None:
        self._web, self._hub = web, hub

    def collect(self) -> Iterator[Metric]:
        clients = GaugeMetricFamily("mediakeep_event_clients", "Clients that listen to events")
        clients.add_metric([], self._hub.client_count)
        yield clients
        readable = GaugeMetricFamily("mediakeep_up", "Whether the queues can be read")
        try:
            snapshot = self._web.poll()
        except (MediakeepError, OSError):
            readable.add_metric([], 0)
            yield readable
            return
        readable.add_metric([], all(queue.summary for queue in snapshot.queues))
        yield readable
        free = GaugeMetricFamily(
            "mediakeep_disk_free_bytes", "Free space of the disks", labels=["disk"]
        )
        for room in snapshot.disk.rooms:
            free.add_metric([room.what], room.free)
        yield free
        sizes = GaugeMetricFamily(
            "mediakeep_state_bytes", "Size of mediakeep's own files", labels=["what"]
        )
        for name, size in snapshot.disk.sizes.items():
            sizes.add_metric([name], size.bytes)
        yield sizes
        yield from _collect_queues(snapshot.queues)


def _collect_queues(queues: list[QueueSnapshot]) -> Iterator[Metric]:
    items = GaugeMetricFamily("mediakeep_items", "Items", labels=["kind", "status"])
    stages = GaugeMetricFamily("mediakeep_stage_items", "Items", labels=["kind", "stage"])
    issues = GaugeMetricFamily("mediakeep_open_issues", "Open issues", labels=["kind"])
    reviews = GaugeMetricFamily("mediakeep_pending_reviews", "Reviews", labels=["kind"])
    running = GaugeMetricFamily("mediakeep_running_sessions", "Sessions", labels=["kind"])
    cpu = GaugeMetricFamily("mediakeep_week_cpu_seconds", "CPU time of jobs", labels=["kind"])
    memory = GaugeMetricFamily(
        "mediakeep_week_peak_memory_bytes", "Peak memory of jobs", labels=["kind"]
    )
    for queue in queues:
        kind, summary = queue.kind.name, queue.summary
        running.add_metric([kind], sum(session.alive for session in queue.running_sessions))
        if summary is None:
            continue
        for status, count in summary.status.counts.items():
            items.add_metric([kind, status], count)
        issues.add_metric([kind], sum(summary.status.issues.values()))
        reviews.add_metric([kind], summary.status.reviews)
        if summary.status.stages is not UNSET:
            for stage, count in summary.status.stages.by_stage.items():
                stages.add_metric([kind, stage], count)
        amounts = summary.weeks[-1].flow.amounts if summary.weeks else {}
        cpu.add_metric([kind], amounts.get("cpu_seconds", 0.0))
        memory.add_metric([kind], amounts.get("peak_memory", 0.0))
    yield from (items, stages, issues, reviews, running, cpu, memory)


def render_metrics(web: WebHome, hub: EventHub) -> bytes:
    """Return the metrics in the text format."""
    registry = CollectorRegistry()
    registry.register(_HomeCollector(web, hub))
    return generate_latest(registry)
