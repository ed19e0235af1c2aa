# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built site, served on loopback and opened in the system's Chromium: `make docs-test`."""

from __future__ import annotations

import shutil
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver

HTML = Path(__file__).resolve().parents[2] / ".cache" / "docs" / "html"
# A browser that makes no requests of its own.
ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
SEEN = """
return {
  ids: [...document.querySelectorAll('[id], a[name]')].map(e => e.id || e.name),
  links: [...document.querySelectorAll('a[href]')].map(e => e.href),
  broken: [...document.images].filter(e => e.complete && !e.naturalWidth).map(e => e.src),
  loaded: performance.getEntriesByType('resource').map(e => e.name),
  navigation: [...document.querySelectorAll('.sidebar-tree a')].map(e => e.innerText),
  groups: [...document.querySelectorAll('.sidebar-tree .caption-text')].map(e => e.textContent),
  mistakes: [...document.querySelectorAll('.system-message, .problematic, .admonition.error')]
    .concat([...document.querySelectorAll('*')].filter(e => getComputedStyle(e, '::before').content.includes('ERROR')))
    .filter(e => !e.closest('noscript, #fallback'))
    .map(e => e.innerText.slice(0, 200)),
  scrolling_tables: [...document.querySelectorAll('.table-wrapper')]
    .filter(e => /auto|scroll/.test(getComputedStyle(e).overflowY) && e.scrollHeight > e.clientHeight)
    .map(e => e.innerText.slice(0, 60)),
  sources: [...document.querySelectorAll('.view-this-page a, .edit-this-page a')].map(e => e.href),
}
"""


@dataclass
class Page:
    """What is on a page. ``links`` and ``sources``: complete URLs. ``mistakes``: errors that docutils or the theme shows."""

    ids: set[str]
    links: list[str]
    broken: list[str]
    loaded: list[str]
    navigation: list[str]
    groups: list[str]
    mistakes: list[str]
    scrolling_tables: list[str]
    sources: list[str]


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without a log."""

    def log_message(self, *_args: Any) -> None:
        """Logs nothing."""


class Site:
    """The site in a browser."""

    def __init__(self, driver: webdriver.Chrome, root: str) -> None:
        self.driver, self.root = driver, root

    def open(self, path: str) -> None:
        """Opens a page by its path below the root."""
        self.driver.get(self.root + path)

    def run(self, script: str, *arguments: Any) -> Any:
        """Runs a script in the page; returns its result."""
        return self.driver.execute_script(script, *arguments)

    def device(self, width: int, height: int, dark: bool = False) -> None:
        """Emulates a screen of this size and color scheme."""
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """See Site; with the screen of a desktop."""
    assert (HTML / "index.html").exists(), "the site is not built: make docs"
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in (*ARGUMENTS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(argument)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(HTML)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        opened = Site(driver, f"http://127.0.0.1:{server.server_port}/")
        opened.device(1280, 900)
        yield opened
    finally:
        driver.quit()
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def pages(site: Site) -> dict[str, Page]:
    """Every page that can be reached by links from the first one, by its path."""
    found: dict[str, Page] = {}
    waiting = deque(["index.html"])
    while waiting:
        path = waiting.popleft()
        if path in found:
            continue
        site.open(path)
        seen = site.run(SEEN)
        found[path] = Page(**{**seen, "ids": set(seen["ids"])})
        for link in seen["links"]:
            inner = link.split("#")[0].removeprefix(site.root)
            if inner != link.split("#")[0] and inner.endswith(".html"):
                waiting.append(inner)
    return found
