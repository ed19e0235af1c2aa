# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the playbook review, as a reviewer sees it in a browser."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.plugin_utils.review import review_page
from selenium.webdriver.common.by import By

HOSTILE = [
    "<script>document.title='hit'</script>",
    "\"><img src=x onerror=document.title='hit'>",
    "a" * 255,
    "web 10",
    "web 9",
    "</style>{{ 1 }}",
]
REBOOTS = ["reboots the server"]


def entry(name, plan, risks=(), before=None, after=None, actions=()):
    """A member's result."""
    line = "; ".join([f"{name}: {plan}", *risks])
    diff = {"before": before or {}, "after": after or {}}
    values = {"name": name, "id": "9db8ff2f-b49b-466d-a2f3-c1e6def408f4", "failed": False, "changed": bool(actions)}
    return {**values, "plan": line, "risks": list(risks), "diff": diff, "actions": list(actions)}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page with a changed server for each hostile name, and an unchanged one."""
    sizes = {"before": {"compute_offering_name": "2vCPU.4GB"}, "after": {"compute_offering_name": HOSTILE[0]}}
    changed = [entry(name, "changeComputeOffering (a -> b)", REBOOTS, actions=["changeComputeOffering"], **sizes) for name in HOSTILE]
    path = tmp_path_factory.mktemp("review") / "page.html"
    path.write_text(review_page({"results": [*changed, entry("same", "nothing to do")], "warnings": [HOSTILE[1]]}, HOSTILE[0]))
    return path.as_uri()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [375, 768, 1280])
def test_hostile_names_are_text_and_nothing_is_cut_off(site, page, width, dark):
    site.device(width, 900, dark)
    site.driver.get(page)
    assert site.run("return document.documentElement.scrollWidth") <= width
    too_wide = (
        "return [...document.querySelectorAll('td, th, li, p, h1')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"
    )
    assert site.run(too_wide) == []
    assert site.driver.title.startswith("Review: 7 members: 6 to change (6 interrupted), 1 unchanged")
    shown = site.driver.find_element(By.TAG_NAME, "main").text
    assert all(name in shown for name in HOSTILE) and site.run("return document.images.length") == 0
    background, text = site.run("const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]")
    brightness = sum(map(int, background[4:-1].split(",")[:3]))
    assert (brightness < 200) is dark and text != background


def test_rows_are_sorted_and_unchanged_ones_folded(site, page):
    site.device(1280, 900)
    site.driver.get(page)
    names = "return [...document.querySelectorAll('table.rows')[0].tBodies[0].rows].map(r => r.cells[0].firstChild.textContent)"
    assert site.run(names) == HOSTILE
    button = site.driver.find_element(By.CSS_SELECTOR, "table.rows thead button")
    for wanted in (1, -1, None):
        button.click()
        found = [name for name in site.run(names) if name.startswith("web ")]
        assert found == {1: ["web 9", "web 10"], -1: ["web 10", "web 9"], None: ["web 10", "web 9"]}[wanted]
    assert site.run(names) == HOSTILE
    folded = site.driver.find_element(By.TAG_NAME, "details")
    assert folded.get_attribute("open") is None and "1 unchanged" in folded.text
    folded.find_element(By.TAG_NAME, "summary").click()
    assert "nothing to do" in folded.text


def test_the_page_is_complete_on_paper(site, page):
    site.device(1280, 900)
    site.driver.get(page)
    site.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown = "return getComputedStyle(document.body).backgroundColor"
    assert (
        site.run(shown) == "rgb(255, 255, 255)"
        and site.run("return document.querySelector('details td').getBoundingClientRect().height") > 0
    )
    site.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_no_script_of_a_name_ran_and_the_console_is_empty(site, page):
    site.driver.get(page)
    assert "hit" not in site.driver.title[:3] and [line for line in site.driver.get_log("browser") if "page.html" in line["message"]] == []
