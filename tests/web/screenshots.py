"""Take the pictures of the pages for the documentation, and check the pages with axe-core.

    python -m tests.web.screenshots [--axe PATH/axe.min.js] [--all] [--dark] [FOLDER]

Without a folder they are written to docs/pictures/. It exits with 1 if axe finds anything serious.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
from pathlib import Path

from playwright import sync_api

from tests.needs import find_browser
from tests.recall.tags import pictures
from tests.web import sample_home, serving

PAGES = {
    "overview": "/",
    "queue": "/queue",
    "item": "/items/music/Artist 000",
    "review": "/review?kind=missing-date",
    "jobs": "/jobs",
    "job": "/jobs/{job}",
    "log": "/sessions/music/{session}",
    "login": "/login",
    "sessions": "/sessions",
    "reports": "/reports",
    "services": "/services",
    "health": "/health",
}
PICTURED = ("overview", "review")
WIDTHS = (1200, 390)
_SERIOUS = ("serious", "critical")
_AXE = "async () => (await axe.run()).violations.map(v => [v.impact, v.id, v.nodes[0].html])"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--axe", type=Path)
    parser.add_argument("--all", action="store_true", help="of all pages, and of all of each")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("docs/pictures"))
    options = parser.parse_args()
    found = 0
    with (
        tempfile.TemporaryDirectory() as name,
        sync_api.sync_playwright() as playwright,
        contextlib.ExitStack() as stack,
    ):
        if options.axe or options.all:
            recordings = stack.enter_context(sample_home.open_recordings(Path(name)))
            recordings.make("Tides")
            recordings.convert()
        home = sample_home.make_home(Path(name), 12)
        (home.music / "Artist 000" / "Dawn" / "cover.jpg").write_bytes(pictures.jpeg(300, 300))
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=find_browser(), args=sandbox)
        with serving.serve(home.path) as served:
            for width in WIDTHS:
                page = browser.new_page(
                    viewport={"width": width, "height": 800},
                    bypass_csp=bool(options.axe),
                    color_scheme="dark" if options.dark else "light",
                )
                page.goto(f"{served.url}/login?token={served.web.access.create_link()}")
                jobs = served.api("/jobs")["jobs"]
                ids = {
                    "job": jobs[0]["id"] if jobs else "",
                    "session": served.api("/sessions")["sessions"][0]["id"],
                }
                for title, place in PAGES.items():
                    page.goto(served.url + place.format(**ids))
                    if (title in PICTURED or options.all) and not options.axe:
                        picture = options.folder / f"web-{title}-{width}.png"
                        page.screenshot(path=picture, full_page=options.all)
                    if options.axe:
                        page.add_script_tag(path=options.axe)
                        violations = page.evaluate(_AXE)
                        found += sum(impact in _SERIOUS for impact, _, _ in violations)
                        print(width, place, *violations, sep="\n  ")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
