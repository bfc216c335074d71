"""Write the master report of the movie library: all movies, and comparisons between them."""

from __future__ import annotations

from pathlib import Path

from mediakeep import path_text
from mediakeep.app.reports import master_report
from mediakeep.commands import app
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.options import report_options
from mediakeep.movies.item import MOVIES


@app.create_command()
@report_options.list_limit_option
@app.with_json_option
def main(home: Path, list_limit: int) -> int:
    """Write all finished movies to outputs/, with statistics and a summary of the library.

    It reads the records that batches wrote, neither the movies nor any lock: it may run during a
    batch.
    """
    from mediakeep.movies.master import report_writer, summary

    scope = master_report.build_scope(home, MOVIES)
    written = report_writer.write_report(scope, list_limit)
    names = (report_writer.JSON_PATH, report_writer.CSV_PATH, report_writer.SUMMARY_PATH)
    summary_lines = summary.format_lines(written.statistics, scope.library)
    lines = [*summary_lines, *(f"Written: {path_text.display_path(home / name)}" for name in names)]
    return master_report.show_report(
        ClickConsole(), lines, written.statistics, written.failures, as_json=app.is_json()
    )
