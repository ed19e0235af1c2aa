# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook review: a page that shows what a fleet's run would change."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
import yaml
from ansible_collections.coxedge.compute.tests.functional.conftest import PlaybookRunner
from ansible_collections.coxedge.compute.tests.functional.cores import ALL_CORES, commands_of

pytestmark = pytest.mark.roles

HOSTILE = "<script>alert(1)</script>\"'& {{ 1 }} <img src=x onerror=alert(2)>"


class Rows(HTMLParser):
    """The rows for servers: class, and all text."""

    def __init__(self, page):
        super().__init__()
        self.rows, self.tags, self.depth = [], [], 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.depth += tag == "table"
        if tag == "tr" and self.depth == 1 and dict(attrs).get("class"):
            self.rows.append([dict(attrs)["class"], ""])

    def handle_endtag(self, tag):
        self.depth -= tag == "table"

    def handle_data(self, data):
        if self.depth and self.rows:
            self.rows[-1][1] += data + "|"


def review(runner, members, *arguments, **variables):
    values = {"review_instances": members, "review_page": "review.html", **variables}
    (runner.folder / "values.yml").write_text(yaml.safe_dump(values))
    return runner.command("ansible-playbook", "coxedge.compute.review", "-e", "@values.yml", *arguments)


@pytest.mark.parametrize("core", ALL_CORES)
def test_the_page_has_a_row_for_each_member_with_old_and_new_values(running_simulator, tmp_path, creation, core):
    running_simulator.app.reset_all()
    runner = PlaybookRunner(running_simulator, tmp_path, commands_of(core))
    for name in ("web1", "web2", "old1", HOSTILE):
        runner.environment.seed({"name": name})
    members = [
        {"name": "new1", **creation},
        {"name": "web1"},
        {"name": "web2", "compute_offering": "4vCPU.8GB"},
        {"name": "old1", "state": "absent", "purge": True},
        {"id": next(i["id"] for i in runner.environment.instances.values() if i["name"] == HOSTILE), "state": "stopped"},
    ]
    finished = review(runner, members, review_defaults={"allow_reboot": True})
    assert finished.returncode == 0, finished.stdout + finished.stderr
    totals = "5 members: 1 to create, 2 to change (2 interrupted), 1 to destroy, 1 unchanged"
    page = (runner.folder / "review.html").read_text()
    assert totals in finished.stdout and totals in page and "Environment test_area" in page
    rows = Rows(page).rows
    assert [kind for kind, _text in rows] == ["created", "changed", "destroyed", "changed", "unchanged"]
    assert "new1|" in rows[0][1] and "create (template" in rows[0][1]
    assert "compute_offering|1vCPU.512MB|4vCPU.8GB|" in rows[1][1] and "reboots the server|" in rows[1][1]
    assert "can't be undone|" in rows[2][1] and HOSTILE in rows[3][1]
    assert not [entry for entry in runner.simulator.app.log if entry["method"] != "GET"]


def test_the_page_loads_nothing_and_runs_only_its_own_script(runner, creation):
    runner.environment.seed({"name": "web1", "hostname": "</script><script>alert(1)</script>"})
    finished = review(runner, [{"name": "web1", "hostname": "b", "allow_reboot": True}])
    page = (runner.folder / "review.html").read_text()
    assert finished.returncode == 0 and "</script><script>" not in page
    tags = Rows(page).tags
    assert [tag for tag, _attributes in tags].count("script") == 1 and not any({"src", "href"} & set(found) for _tag, found in tags)
    policy = next(found["content"] for tag, found in tags if found.get("http-equiv"))
    assert policy.startswith("default-src 'none'") and re.search("script-src 'sha256-[A-Za-z0-9+/=]{44}'", policy)
    assert ("html", {"lang": "en"}) in tags and 'name="viewport"' in page
    assert "@media print" in page and "prefers-color-scheme: dark" in page


@pytest.mark.parametrize("members", [[{"name": "new"}], [{"name": "a", "stat": "x"}]])
def test_without_a_plan_there_is_no_page(runner, members):
    finished = review(runner, members)
    assert finished.returncode != 0 and not (runner.folder / "review.html").exists()


@pytest.mark.parametrize("missing", ["review_instances", "review_page"])
def test_a_missing_variable_is_named(runner, missing):
    (runner.folder / "values.yml").write_text(json.dumps({"review_instances": [], "review_page": "a.html", missing: ""}))
    values = yaml.safe_load((runner.folder / "values.yml").read_text())
    del values[missing]
    (runner.folder / "values.yml").write_text(json.dumps(values))
    finished = runner.command("ansible-playbook", "coxedge.compute.review", "-e", "@values.yml")
    assert finished.returncode != 0 and "Set review_instances, the list of members" in finished.stdout


def test_in_check_mode_the_page_is_written_too(runner):
    runner.environment.seed({"name": "web1"})
    assert review(runner, [{"name": "web1"}], "--check", "--diff").returncode == 0
    assert "Nothing would change" in (runner.folder / "review.html").read_text()
