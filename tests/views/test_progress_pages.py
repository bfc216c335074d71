"""Reports as people and programs read them: the kept ones, and what strangers' names may not do."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mediakeep import path_text
from mediakeep.app.reports import period_report
from mediakeep.app.reports.period_report import ReportContext
from mediakeep.queue.history import index
from mediakeep.views import terminal
from mediakeep.views.report import report_files
from tests.views import hostile, months, reports
from tests.views.months import Months
from tests.views.reports import FORMATS, GOLDEN, REPORTS

ISSUE = ("new", "regressed", "closed", "repaired")
SECTIONS = ("Look at these first", "One command each", "Repaired")
FOLDS = re.compile(r"^</?(?:details|summary)>", re.MULTILINE)
ROW = re.compile(r"(?<!\\)\|")
LINK = re.compile(r"(?<!\\)\]\(([^)]*)\)")


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[Any, Months]:
    makers = {make for make, _ in REPORTS.values()}
    return {make: make(tmp_path_factory.mktemp("home")) for make in makers}


@pytest.mark.parametrize("name", REPORTS)
def test_reports_are_as_they_were(homes: dict[Any, Months], name: str) -> None:
    """`python -m tests.views.reports` writes the kept ones again."""
    make, period = REPORTS[name]
    home = homes[make]
    paths = reports.write(home, period)
    for suffix in reports.list_stored(name):
        golden = GOLDEN / f"progress_{name}.{suffix}"
        assert reports.read_report(paths[suffix], home.home) == golden.read_text(), golden.name


@pytest.mark.parametrize("name", REPORTS)
def test_all_formats_show_the_same_numbers(homes: dict[Any, Months], name: str) -> None:
    make, period = REPORTS[name]
    texts = {one: path.read_text() for one, path in reports.write(homes[make], period).items()}
    (kind,) = json.loads(texts["json"])["kinds"]
    cells = list(csv.reader(io.StringIO(texts["csv"])))
    shown_cells = {tuple(row[2:5]): row[5] for row in cells}
    for row in kind["rows"]:
        assert float(shown_cells["numbers", row["name"], "now"]) == round(row["now"], 3)
        shown = terminal.format_duration(row["now"]) if row["unit"] else f"{row['now']:,.0f}"
        label = row["name"].capitalize()
        assert f"| {label} | {shown} |" in texts["md"]
        assert f'<tr><td>{label}</td><td class="n">{shown}</td>' in texts["html"]
    for issue in kind["issues"]:
        for measure in ("new", "regressed", "closed", "repaired", "open", "more"):
            assert int(shown_cells["issues", issue["kind"], measure]) == issue[measure]
        counts = [f"{issue[one]:,}" if issue[one] else "" for one in ISSUE]
        more = f"{issue['more']:+,}" if issue["more"] else ""
        line = " | ".join([issue["kind"], *counts, f"{issue['open']:,}", more])
        assert f"| {line} |" in texts["md"]
        assert f'<td class="k">{issue["kind"]}</td>' in texts["html"]
    (head,) = json.loads(texts["json"])["headlines"]
    for sentence in head.split(". "):
        assert sentence in texts["md"].replace("*", "")
        assert sentence in re.sub("<[^>]+>", "", texts["html"])


def all_written(home: Path, history: Months) -> dict[str, bytes]:
    """Write the reports on all weeks; return all files with their bytes."""
    context = ReportContext(home, history.now, months.ZONE)
    first = period_report.first_activity(context)
    assert first
    shutil.rmtree(home / report_files.FOLDER, ignore_errors=True)
    for days in (7, 1):
        for period in [context.current_period(days).shift(-number) for number in (0, 1, 2, 4)]:
            report = period_report.collect_report(context, period)
            assert report
            report_files.write_report(home, report, FORMATS)
    return {path.name: path.read_bytes() for path in sorted((home / report_files.FOLDER).iterdir())}


@pytest.mark.long
def test_without_logs_and_index_reports_are_the_same_byte_for_byte(tmp_path: Path) -> None:
    history = months.make_history(tmp_path)
    before = all_written(tmp_path, history)
    assert {Path(name).suffix[1:] for name in before} == {*FORMATS, "svg"}
    folder = history.where.folder
    for name in ("session_logs", "live", "aside", index.FILE):
        path = folder / name
        if path.exists():
            path.rename(tmp_path / f"moved_{name}")
    assert not (folder / index.FILE).exists()
    assert all_written(tmp_path, history) == before
    shutil.copytree(folder / "history", tmp_path / "copied")  # the same lines, other files
    shutil.rmtree(folder / "history")
    shutil.copytree(tmp_path / "copied", folder / "history")
    assert all_written(tmp_path, history) == before


@pytest.fixture(scope="module")
def hostile_reports(tmp_path_factory: pytest.TempPathFactory) -> hostile.Written:
    return hostile.write_reports(tmp_path_factory.mktemp('a home\'s "place"'))


def test_tables_keep_their_shape_with_any_content(hostile_reports: hostile.Written) -> None:
    lines = hostile_reports.text("md").splitlines()
    heads = [number for number, line in enumerate(lines) if line.startswith("|---")]
    assert len(heads) >= 2
    for head in heads:
        cells = len(ROW.split(lines[head - 1]))
        assert len(ROW.split(lines[head])) == cells
        row = head + 1
        while lines[row].startswith("|"):
            assert len(ROW.split(lines[row])) == cells, lines[row]
            row += 1
        assert row > head + 1


@pytest.mark.parametrize("name", [*REPORTS, "hostile"])
def test_links_lead_to_our_own_pictures_which_are_there(
    homes: dict[Any, Months], hostile_reports: hostile.Written, name: str
) -> None:
    if name == "hostile":
        path = hostile_reports.paths["md"]
    else:
        make, period = REPORTS[name]
        path = reports.write(homes[make], period)["md"]
    outside_code = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", path.read_text())
    links = LINK.findall(outside_code)
    assert len(links) == len(re.findall(r"!\[", outside_code))
    for link in links:
        picture = path.with_name(link)
        assert picture.suffix == ".svg"
        assert picture.read_text().startswith("<svg")


def test_markdown_leaves_no_markup_of_strangers(hostile_reports: hostile.Written) -> None:
    text = hostile_reports.text("md")
    outside_code = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
    unfolded = FOLDS.sub("", outside_code).replace("</summary>\n", "\n")
    assert re.search(r"(?<!\\)<(?!br>)", unfolded) is None
    assert outside_code.count("<details>") == outside_code.count("</details>") >= 4
    assert not re.search(r"https?:", outside_code), "no bare link"
    heads = re.findall(r"^#+ .*", outside_code, re.MULTILINE)
    assert heads[0].startswith("# Progress")
    assert all(head.removeprefix("## ") in SECTIONS for head in heads[1:])
    assert {char for char in text if not char.isprintable()} == {"\n"}
    for line in text.splitlines():
        assert len(line) < 2000


def test_what_strangers_wrote_is_all_there(hostile_reports: hostile.Written) -> None:
    shown = hostile_reports.text("md").replace("\\", "")
    for needle in hostile.SEEN:
        assert needle.replace("\\", "") in shown, needle


def test_no_cell_of_a_spreadsheet_is_a_formula(hostile_reports: hostile.Written) -> None:
    rows = list(csv.reader(io.StringIO(hostile_reports.text("csv"))))
    assert {len(row) for row in rows} == {6}
    for row in rows[1:]:
        for cell in row[:5]:
            assert not cell.startswith(("=", "+", "@", "\t", "\r"))
        assert all(cell.isprintable() for cell in row)
    assert any("=HYPERLINK" in cell for row in rows for cell in row)


def test_json_is_json_and_holds_every_name_as_it_is(hostile_reports: hostile.Written) -> None:
    data = json.loads(hostile_reports.text("json"))
    (kind,) = data["kinds"]
    failing = {item for row in kind["present"]["failing"] for item in row["items"]}
    assert failing <= set(hostile.NAMES)
    assert failing


def test_commands_can_be_pasted_with_any_content(hostile_reports: hostile.Written) -> None:
    (kind,) = json.loads(hostile_reports.text("json"))["kinds"]
    raw = {path_text.escape_path(name): name for name in hostile.RAW}
    alone = [one for one in kind["present"]["failing"] if one["count"] == 1]
    assert len(alone) >= 2
    for row in alone:
        shell = ["bash", "-c", f"printf '%s\\0' {row['command']}"]
        words = subprocess.run(shell, check=True, capture_output=True).stdout.split(b"\0")[:-1]
        assert words[-2:] == [b"--reset-artist", raw[row["items"][0]].encode()]
        home = words[words.index(b"--home") + 1]
        assert Path(home.decode()) == hostile_reports.paths["md"].parents[2]
