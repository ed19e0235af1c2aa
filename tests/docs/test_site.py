# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built site, as a reader sees it in a browser."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from .conftest import HTML

ROOT = Path(__file__).resolve().parents[2]
GUIDES = sorted(path.stem for path in (ROOT / "docs").glob("*.md"))
COLLECTION = "coxedge.compute."
# The color of each text in the tables of the reference, and of its background.
COLOURS = """
const solid = e => {
  const colour = getComputedStyle(e).backgroundColor;
  return /, 0\\)$/.test(colour) && e.parentElement ? solid(e.parentElement) : colour;
};
return [...document.querySelectorAll('table[class*=ansible] td :is(p, span, code, strong, a)')].filter(e => e.innerText.trim())
  .map(e => [getComputedStyle(e).color, solid(e)]);
"""

# The text of the cell that each anchor is in.
AT_ANCHORS = "return Object.fromEntries(arguments[0].map(i => [i, document.getElementById(i)?.parentElement.innerText]))"


# What is on the page, leaves it at the right, and can't be scrolled to.
CUT_OFF = """
const scrolls = e => e && (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
return [...document.querySelectorAll('article *')].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width > 1 && box.height > 1 && box.right > innerWidth + 1 && !scrolls(e);
}).map(e => e.tagName + ': ' + (e.innerText || '').slice(0, 60));
"""


@lru_cache(maxsize=1)
def documented() -> list[tuple[str, str, dict]]:
    """Everything that ansible-doc has about the collection: kind, name and documentation of each plugin and role."""
    command = [str(Path(sys.executable).parent / "ansible-doc"), "--metadata-dump", "coxedge.compute"]
    dumped = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout)
    return [
        (kind, name.removeprefix(COLLECTION), entry)
        for kind, plugins in sorted(dumped["all"].items())
        for name, entry in sorted(plugins.items())
        if name.startswith(COLLECTION)
    ]


def paths(entries: dict, inside: str, before: str = "") -> list[str]:
    """The names of options or return values. Those within others have the form a/b."""
    found = []
    for name, entry in (entries or {}).items():
        found += [before + name, *paths(entry.get(inside) or {}, inside, f"{before}{name}/")]
    return found


def test_each_link_has_a_target(site, pages):
    checked = 0
    for path, page in pages.items():
        for link in page.links:
            target, _hash, anchor = link.partition("#")
            if not target.startswith(site.root):
                assert target.startswith("https://"), (path, link)
                continue
            target = target.removeprefix(site.root) or "index.html"
            assert (HTML / unquote(target)).is_file(), (path, link)
            assert not anchor or target not in pages or unquote(anchor) in pages[target].ids, (path, link)
            checked += 1
    print(f"{len(pages)} pages, {checked} links")
    assert checked > 1000
    built = {str(file.relative_to(HTML)) for file in HTML.rglob("*.html") if "_static" not in file.parts}
    assert built - {"search.html"} <= set(pages)


def test_pages_have_no_broken_images_and_load_nothing_from_elsewhere(site, pages):
    for path, page in pages.items():
        assert not page.broken, path
        assert all(name.startswith((site.root, "data:")) for name in page.loaded), (path, page.loaded)
    assert not [entry for entry in site.driver.get_log("browser") if entry["level"] == "SEVERE" and "favicon" not in entry["message"]]


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_has_a_page_and_is_in_the_navigation(site, pages, name):
    heading = re.search(r"^# (.+)$", (ROOT / "docs" / f"{name}.md").read_text(), re.MULTILINE)
    assert heading is not None
    site.open(f"{name}.html")
    title = site.driver.find_element(By.TAG_NAME, "h1").text
    assert title.rstrip("#¶ ").replace("\N{RIGHT SINGLE QUOTATION MARK}", "'") == heading.group(1).replace("`", "")
    assert title in [text.strip() for text in pages["index.html"].navigation]
    sections = re.findall(r"^## (.+)$", (ROOT / "docs" / f"{name}.md").read_text(), re.MULTILINE)
    assert len(site.driver.find_elements(By.TAG_NAME, "h2")) == len(sections)


def test_each_kind_is_documented():
    kinds = [kind for kind, _name, _entry in documented()]
    folders = {path.parent.name.rstrip("s") for path in (ROOT / "plugins").glob("*/*.py")} & {"module", "inventory", "filter", "lookup"}
    assert set(kinds) == {*folders, "role"}
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    assert {name for kind, name, _entry in documented() if kind == "module"} == modules


def test_each_option_and_return_value_is_on_its_page(site, pages):
    count = {"parameter": 0, "return": 0}
    for kind, name, entry in documented():
        path = f"reference/{name}_{kind}.html"
        page = pages[path]
        assert f"{name} {kind}" in page.navigation, path
        site.open(path)
        if kind == "role":
            wanted = {f"main--{item}": item for point in entry["entry_points"].values() for item in paths(point["options"], "options")}
            wanted = {f"parameter-{anchor}": item for anchor, item in wanted.items()}
        else:
            wanted = {f"parameter-{item}": item for item in paths(entry["doc"].get("options"), "suboptions")}
            wanted.update({f"return-{item}": item for item in paths(entry.get("return"), "contains")})
        words = site.run(
            "return Object.fromEntries(arguments[0].map(i => [i, document.getElementById(i)?.parentElement.innerText]))", [*wanted]
        )
        for anchor, item in wanted.items():
            name = item.split("/")[-1]
            # The input and the result of a filter or a lookup have no names of their own.
            shown = {"_input": "Input", "_terms": "Terms", "_value": "Return Value", "_raw": "Return value"}.get(name, name)
            assert words[anchor] is not None and shown.lower() in words[anchor].replace("\u200b", "").lower(), (path, anchor)
            count[anchor.split("-")[0]] += 1
    print(count)
    assert count["parameter"] > 150 and count["return"] > 80


def test_each_example_is_on_its_page_unchanged(site):
    count = 0
    for kind, name, entry in documented():
        examples = entry.get("examples") if kind != "role" else next(iter(entry["entry_points"].values())).get("examples")
        if not examples:
            assert kind == "role", name
            continue
        site.open(f"reference/{name}_{kind}.html")
        blocks = site.run("return [...document.querySelectorAll('section#examples pre')].map(e => e.innerText)")
        assert "\n".join(block.strip() for block in blocks).split() == examples.split(), name
        count += len(re.findall(r"^- name: |^plugin: ", examples, re.MULTILINE))
    print(f"{count} examples")
    assert count > 20


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("allow_network_change", "reference/instance_module.html"),
        ("decommission", "reference/decommission_role.html"),
        ("simulator", "simulator.html"),
    ],
)
def test_the_search_finds_the_page(site, words, page):
    site.open("index.html")
    field = site.driver.find_element(By.CSS_SELECTOR, "input[name=q]")
    field.send_keys(words)
    field.submit()
    results = WebDriverWait(site.driver, 30).until(
        lambda driver: [e.get_attribute("href") for e in driver.find_elements(By.CSS_SELECTOR, "ul.search li a")]
    )
    WebDriverWait(site.driver, 30).until(lambda driver: "found" in driver.find_element(By.CSS_SELECTOR, "p.search-summary").text)
    results = [e.get_attribute("href") for e in site.driver.find_elements(By.CSS_SELECTOR, "ul.search li a")]
    assert any(result.split("?")[0].split("#")[0] == site.root + page for result in results), results


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_fit_on_a_phone(site, pages, dark):
    site.device(375, 812, dark)
    try:
        for path in pages:
            site.open(path)
            assert site.run("return document.documentElement.scrollWidth") <= 375, path
            assert site.run(CUT_OFF) == [], path
    finally:
        site.device(1280, 900)


def test_no_page_shows_an_error_of_the_theme_or_of_docutils(pages):
    assert {path: page.mistakes for path, page in pages.items() if page.mistakes} == {}


def test_tables_have_no_scroll_bars_of_their_own_at_the_side(pages):
    assert {path: page.scrolling_tables for path, page in pages.items() if page.scrolling_tables} == {}


def test_pages_are_in_groups(pages):
    assert pages["index.html"].groups == ["Start", "Everyday jobs", "Reference", "Operations", "Contributing"]
    in_navigation = pages["index.html"].navigation
    for title in ("Installation", "Authentication", "Environment variables", "Release notes", "Contributing", "Testing"):
        assert title in in_navigation, title


def test_each_page_links_to_its_source(pages):
    without = {path for path, page in pages.items() if not page.sources}
    assert without == {"reference/index.html", "reference/environment_variables.html"}
    for path, page in pages.items():
        for source in page.sources:
            file = re.fullmatch(r"https://github\.com/[\w/-]+/(?:blob|edit)/main/(.+)", source)
            assert file and (ROOT / file[1]).is_file(), (path, source)
    assert any(source.endswith("plugins/modules/instance.py") for source in pages["reference/instance_module.html"].sources)


def test_each_environment_variable_is_on_its_page(site):
    code = "".join(path.read_text() for path in (ROOT / "plugins").rglob("*.py"))
    variables = set(re.findall(r"\bCOXEDGE_[A-Z_]*[A-Z]\b", code))
    site.open("reference/environment_variables.html")
    shown = {element.text.rstrip("#¶ ") for element in site.driver.find_elements(By.CSS_SELECTOR, "dl.std.envvar > dt")}
    assert {"COXEDGE_API_KEY", "COXEDGE_DIRECT"} <= variables <= shown


def test_code_can_be_copied(site):
    site.open("quick-start.html")
    blocks, buttons = (len(site.driver.find_elements(By.CSS_SELECTOR, f"div.highlight {tag}")) for tag in ("pre", "button.copybtn"))
    assert blocks == buttons > 5
    text, copied = site.run(
        "const block = document.querySelector('div.highlight'); const seen = [];"
        "navigator.clipboard.writeText = text => { seen.push(text); return Promise.resolve(); };"
        "document.execCommand = () => { seen.push(document.activeElement.value); return true; };"
        "block.querySelector('button.copybtn').click(); return [block.querySelector('pre').innerText, seen[0]]"
    )
    assert copied and copied.strip() == text.strip()


def test_the_release_notes_have_what_is_not_released_yet(site, pages):
    site.open("release-notes.html")
    words = " ".join(site.driver.find_element(By.TAG_NAME, "article").text.split())
    fragments = [yaml.safe_load(path.read_text()) for path in (ROOT / "changelogs" / "fragments").glob("*.yml")]
    entries = [entry for fragment in fragments for section, texts in fragment.items() if section != "trivial" for entry in texts]
    for entry in entries:
        begin = re.sub(r"``", "", " ".join(entry.split()))[:50]
        assert begin in words.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"), entry
    assert "v1.0.0" in words


@pytest.mark.parametrize("dark", [False, True], ids=["light system", "dark system"])
@pytest.mark.parametrize("choice", ["auto", "light", "dark"])
def test_the_reference_has_enough_contrast(site, dark, choice):
    site.device(1280, 900, dark)
    try:
        for path in ("reference/instance_module.html", "reference/instances_inventory.html"):
            site.open(path)
            # The button in the page does this.
            site.run("localStorage.setItem('theme', arguments[0])", choice)
            site.open(path)
            ground = luminance(site.run("return getComputedStyle(document.body).backgroundColor"))
            assert (ground < 0.1) == (choice == "dark" or (dark and choice == "auto"))
            pairs = site.run(COLOURS)
            assert len(pairs) > 100
            # WCAG requires this contrast for text.
            assert [pair for pair in pairs if contrast(*map(luminance, pair)) < 4.5] == [], path
    finally:
        site.run("localStorage.clear()")
        site.device(1280, 900)


def luminance(colour: str) -> float:
    """The relative luminance of a color such as rgb(1, 2, 3), as WCAG 2 defines it."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: float, second: float) -> float:
    """The contrast of two luminances, 1 to 21."""
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)
