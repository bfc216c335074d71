"""Write the master report of the music library: all tracks, and comparisons across artists."""

from __future__ import annotations

from pathlib import Path

from mediakeep import path_text
from mediakeep.app.reports import master_report
from mediakeep.commands import app
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.options import report_options
from mediakeep.music.item import MUSIC


@app.create_command()
@report_options.list_limit_option
@app.with_json_option
def main(home: Path, list_limit: int) -> int:
    """Write all tracks of the finished artists to outputs/, with statistics of the library.

    It reads the audits that batches wrote, neither the music nor any lock: it may run during a
    batch.
    """
    from mediakeep.music.master import report_writer, terminal_summary

    written = report_writer.write_report(master_report.build_scope(home, MUSIC), list_limit)
    names = (report_writer.JSON, report_writer.CSV, report_writer.STATISTICS)
    lines = [
        *terminal_summary.format_statistics(written.statistics),
        *(f"Written: {path_text.display_path(home / name)}" for name in names),
    ]
    return master_report.show_report(
        ClickConsole(), lines, written.statistics, written.failures, as_json=app.is_json()
    )
