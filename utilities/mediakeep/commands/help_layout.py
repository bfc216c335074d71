"""The layout of --help: the options that matter first, then sections that a newcomer can skip."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import click

FIRST, OWN, LAST = "Options", "What is made", "General"
_HELP = "_click_default_help"  # the name of --help since Click 8.4
OPTION_WIDTH = 26  # columns before the texts of options, at most
_MAX_OPTIONS = 14  # of a command that needs no sections
# Sections in their order, with the parameters in them. All others are in the first one, or in that
# of what a kind of jobs makes.
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "Repair": (
        *("deep", "accept_sound", "redo", "force", "confirm_each", "plan_out", "apply_plan"),
        *("locked_fields", "cover_art", "cover_size", "nfo", "other_tags", "id3", "hardlinks"),
        *("keep_mtime", "links", "ignore"),
    ),
    "Jobs": (
        *(
            "add",
            "only_added",
            "queue",
            "stages",
            "resume",
            "retry_failed",
            "wait",
            "list_resumable",
        ),
        *("list_cleanup", "cleanup", "rollback"),
    ),
    "Lookups": (
        *("contact", "offline", "refresh", "estimate", "language", "country", "tmdb_token_file"),
    ),
    "Speed": (
        *("workers", "jobs", "time_budget", "between", "item_timeout", "stall", "max_attempts"),
        *("retry_delay", "stage_retries", "memory_limit", "checkpoint_every", "keep_checkpoints"),
        *("scheduler", "scheduler_timeout", "scheduler_ca", "scheduler_cert", "scheduler_key"),
    ),
    "Reports and alerts": (
        *("report_formats", "daily_reports", "log_to", "backup_to", "backup_every"),
        *("archive_logs", "alert_webhook_file", "alert_command", "alert_after", "alert_insecure"),
    ),
    "For practice": (
        *("musicbrainz_host", "musicbrainz_interval", "coverart_host", "tmdb_host"),
        *("tmdb_image_host", "tmdb_interval"),
    ),
    LAST: ("home", "yes", "quiet", "verbose", "as_json", "version", "help", _HELP),
}
SECTION_OF = {name: section for section, names in SECTIONS.items() for name in names}
# The first options in their order; others follow as they are declared, then --dry-run.
_ORDER = (
    *("scan", "only", "session", "accept", "kind", "artist", "movie", "file", "since"),
    *("batch_size", "everything", "fix"),
)


def list_records(
    context: click.Context, parameters: Iterable[click.Parameter], own: Collection[str]
) -> dict[str, list[tuple[str, str]]]:
    """Return the rows of each section: options and their texts, which begin in one column."""
    found: dict[str, list[tuple[str, str]]] = {}
    for section, options in group_options(parameters, own).items():
        for option in options:
            if isinstance(option.type, click.IntRange | click.FloatRange):
                option.metavar = option.metavar or "N"
        records = (option.get_help_record(context) for option in options)
        found[section] = [record for record in records if record]
    widths = [len(name) for records in found.values() for name, _ in records]
    width = max((size for size in widths if size <= OPTION_WIDTH), default=0)
    return {
        section: [(name.ljust(width), text) for name, text in records]
        for section, records in found.items()
    }


def group_options(
    parameters: Iterable[click.Parameter], own: Collection[str] = ()
) -> dict[str, list[click.Option]]:
    """Sort the options of a command into the sections of its help.

    A short command has one section. `own` are the parameters of what a kind of jobs makes.
    """
    shown = [each for each in parameters if isinstance(each, click.Option) and not each.hidden]
    is_short = len(shown) <= _MAX_OPTIONS
    found: dict[str, list[click.Option]] = {name: [] for name in (FIRST, OWN, *SECTIONS)}
    for option in shown:
        name = str(option.name)
        section = OWN if name in own else SECTION_OF.get(name, FIRST)
        found[FIRST if is_short and section != LAST else section].append(option)
    found = {name: _order(options, SECTIONS.get(name, _ORDER)) for name, options in found.items()}
    if is_short:
        found = {FIRST: found[FIRST] + found[LAST]}
    return {name: options for name, options in found.items() if options}


def _order(options: Sequence[click.Option], names: Sequence[str]) -> list[click.Option]:
    """Sort options by their names in a list; others follow in their order, --dry-run last."""
    places = {name: number for number, name in enumerate(names)} | {"dry_run": len(names) + 1}
    return sorted(options, key=lambda each: places.get(str(each.name), len(names)))
