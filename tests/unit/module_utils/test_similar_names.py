# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No second server because of a name that the API, or somebody who types it, writes in another way."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.names import hostname_problem, name_problem
from ansible_collections.coxedge.compute.plugins.module_utils.instance.options import option_problem
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import CREATION, failure

SIMILAR = [
    ("web-1", "web_1"),
    ("web 1", "web-1"),
    ("web\u00a01", "web 1"),
    ("Web1", "web1"),
    ("caf\u00e9", "cafe\u0301"),
    ("\uff57\uff45\uff42", "web"),
    ("stra\u00dfe", "STRASSE"),
    ("w" * 63, "w" * 64),
]


@pytest.mark.parametrize(("there", "wanted"), SIMILAR)
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_similar_name_is_refused_unless_it_is_allowed(harness, there, wanted, check_mode):
    for first, second in ((there, wanted), (wanted, there)):
        harness.simulator.app.reset_all()
        instance_id = harness.seed(name=first)
        text = str(failure(harness, Refused, check_mode=check_mode, **harness.creation(second)))
        assert instance_id in text and "allow_similar_name" in text and text.endswith(".") and harness.writes() == []
        assert harness.run(check_mode=check_mode, allow_similar_name=True, **harness.creation(second)).actions == ["create"]


def test_the_message_shows_how_names_differ_that_look_alike(harness):
    harness.seed(name="web\u00a01")
    assert r"'web 1', but 'web\xa01'" in str(failure(harness, Refused, **harness.creation("web 1")))


def test_a_similar_name_of_a_destroyed_instance_is_no_obstacle(harness):
    harness.seed(name="Web1", state="Destroyed")
    assert harness.run(**harness.creation()).actions == ["create"]


def test_other_names_are_not_similar(harness):
    for name in ("web", "web11", "web.1", "xweb1"):
        harness.seed(name=name)
    assert harness.run(**harness.creation("web1")).actions == ["create"]


def test_similar_members_that_are_to_be_created_fail_the_task_before_any_write(harness):
    members = [{"name": "db1"}, {"name": "web_1"}, {"name": "WEB-1"}]
    with pytest.raises(Refused, match=r"instances\[2\] \(WEB-1\) has a name similar to that of instances\[1\] \(web_1\)"):
        harness.fleet(members, CREATION)
    assert harness.writes() == []
    results = harness.fleet(members, {**CREATION, "allow_similar_name": True})
    assert [result["actions"] for result in results] == [["create"]] * 3


def test_similar_members_that_exist_are_managed(harness):
    for name in ("web_1", "web-1"):
        harness.seed(name=name, state="Stopped")
    results = harness.fleet([{"name": "web_1"}, {"name": "web-1"}], {"state": "started"})
    assert [result["actions"] for result in results] == [["start"]] * 2


def test_a_member_similar_to_a_live_instance_fails_alone(harness):
    harness.seed(name="web-1")
    similar, other = harness.fleet([{"name": "web_1"}, {"name": "db1"}], CREATION)
    assert "allow_similar_name" in similar["msg"] and similar["failed"] and not other["failed"]


# -- names that are refused


@pytest.mark.parametrize(
    "name",
    [
        "web1 ",
        " web1",
        "\tweb1",
        "web1\u00a0",
        "web\n1",
        "web\r1",
        "web\x001",
        "web\x7f1",
        "web\u20281",
        "web\x851",
        "half \ud800",
        "w" * 256,
    ],
)
@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_name_that_an_api_may_rewrite_is_refused(name, state):
    problem = option_problem({"name": name, "state": state})
    assert problem is not None and problem.startswith("name must") and problem.endswith(".") and problem.isprintable()


@pytest.mark.parametrize("name", ["w", "w" * 255, "web 1", "Web.1_a-b", "caf\u00e9", "\u65e5\u672c", "{{ web }}", "7"])
def test_other_names_are_accepted(name):
    assert name_problem(name) is None


@pytest.mark.parametrize(
    "hostname", ["web_1", "-web", "web-", "web..1", ".web", "web.", "w" * 64, "a." * 127 + "b", "caf\u00e9", "web 1", "web\n"]
)
def test_a_host_name_that_the_api_would_refuse_is_refused_before_anything_is_sent(harness, hostname):
    problem = option_problem({"name": "web1", "hostname": hostname})
    assert problem is not None and problem.startswith("hostname ") and problem.endswith(".")


@pytest.mark.parametrize("hostname", ["w", "7", "web-1", "Web1", "web.example.com", "w" * 63, "3com"])
def test_valid_host_names_are_accepted(hostname):
    assert hostname_problem(hostname) is None


@pytest.mark.parametrize(
    ("name", "hostname", "actions"), [("My Server", "My-Server", ["create"]), ("My Server", "other", ["create", "update"])]
)
def test_check_mode_predicts_the_host_name_that_the_server_chooses(harness, name, hostname, actions):
    given = harness.creation(name, hostname=hostname)
    assert harness.run(check_mode=True, **given).actions == harness.run(**given).actions == actions
