"""Export the metadata of video files, without diagnosis."""

from __future__ import annotations

from pathlib import Path

import click

from mediakeep import atomic_files, path_text
from mediakeep.app.subjects import registry
from mediakeep.commands import app
from mediakeep.runner.batch_config import count_cpus

_MAX_WORKERS = 4  # more would not be faster on one disk


@app.create_command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=app.PathParam())
@click.option("--output-name", metavar="N", help="Write outputs/N_video_metadata.json and .csv.")
@click.option("--json-only", is_flag=True, help="With --output-name: write no CSV.")
@app.with_json_option
def main(
    home: Path,
    paths: tuple[Path, ...],
    output_name: str | None,
    json_only: bool,
) -> int:
    """Show the metadata of videos: each PATH is a file, or a folder with all below it."""
    from mediakeep.app.edit import audio_targets
    from mediakeep.app.movies import probe_pool, video_report
    from mediakeep.media.video import probe

    if json_only and output_name is None:
        raise click.UsageError("--json-only has no effect without --output-name.")
    sources = [path.expanduser().resolve() for path in paths]
    written = video_report.choose_paths(home, output_name, sources)[: 1 if json_only else None]
    videos = video_report.find_videos(paths, sources, registry.read_ignore_settings(home))
    if not probe.is_mediainfo_available():
        click.echo(probe.NO_MEDIAINFO, err=True)
    results, has_errors = list[probe_pool.ProbeResult](), False
    for result in probe_pool.probe_all(videos, min(count_cpus(), _MAX_WORKERS)):
        place = audio_targets.display_path(result.path)
        if not app.is_json():
            app.print_result(video_report.to_lines(result, place), None, as_json=False)
        if error_message := video_report.error_text(result, place):
            has_errors = True
            app.print_message(error_message)
        results.append(result)
    data = video_report.to_json(sources, results)
    contents = video_report.to_json_bytes(data), video_report.to_csv(results)
    for file, content in zip(written, contents, strict=False):
        atomic_files.write_atomic(file, content)
    app.print_result(
        [f"Written: {path_text.display_path(file)}" for file in written],
        {**data, "written": [str(file) for file in written]},
        as_json=app.is_json(),
    )
    return 1 if has_errors else 0
