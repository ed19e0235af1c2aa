# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What instance_info returns, and how many requests it needs."""

from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.module import without_empty
from ansible_collections.coxedge.compute.plugins.module_utils.retrieve import find_instances
from ansible_collections.coxedge.compute.plugins.modules.instance_info import info_options, option_problem

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def info(harness):
    def run(**given):
        options = {name: given.get(name, spec.get("default")) for name, spec in info_options().items()}
        return find_instances(harness.client(), options)

    return run


def names(instances):
    return sorted(instance["name"] for instance in instances)


def test_a_list_is_one_request_and_leaves_out_destroyed_instances(harness, info):
    for state in ("Running", "Stopped", "Starting", "Error", "Destroyed", "Expunging"):
        harness.seed(name=state, state=state)
    instances = info()
    assert names(instances) == ["Error", "Running", "Starting", "Stopped"]
    assert harness.requests() == ["GET instances"]
    # The list does not have these, and empty values would be wrong.
    assert not {"public_ips", "nics", "user_data"} & set(instances[0])


def test_no_match_is_an_empty_result(info):
    assert info() == [] and info(name="web1") == [] and info(id=UNKNOWN_ID) == [] and info(zones=["nowhere"]) == []


def test_an_id_is_one_request_with_details_even_if_destroyed(harness, info):
    instance_id = harness.seed(name="web1", state="Destroyed", publicIps=1, userData="x")
    (instance,) = info(id=instance_id.upper())
    assert instance["user_data"] == "x" and len(instance["public_ips"]) == 1 and instance["nics"]
    assert harness.requests() == ["GET instances"] and harness.simulator.app.log[0]["path"].endswith(instance_id)


def test_an_unknown_id_is_an_empty_result_only_after_a_list(harness, info):
    assert info(id=UNKNOWN_ID) == []
    assert len(harness.requests()) == 2


def test_a_mistyped_environment_is_not_an_empty_result(harness):
    options = {name: spec.get("default") for name, spec in info_options().items()}
    for given in ({}, {"id": UNKNOWN_ID}, {"name": "web1"}):
        with pytest.raises(ApiError, match="environment_name"):
            find_instances(harness.client(environment_name="typo"), {**options, **given})


def test_a_name_returns_each_instance_with_details(harness, info):
    ids = {harness.seed(name="web1", userData=str(n)) for n in range(3)}
    harness.seed(name="web2")
    instances = info(name="web1")
    assert {instance["id"] for instance in instances} == ids and {instance["user_data"] for instance in instances} == {"0", "1", "2"}
    assert len(harness.requests()) == 4


def test_details_can_be_turned_off_and_on(harness, info):
    instance_id = harness.seed(name="web1")
    assert "user_data" not in info(name="web1", details=False)[0]
    assert "user_data" not in info(id=instance_id, details=False)[0]
    assert "user_data" in info(details=True)[0]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"states": ["stopped"]}, ["b"]),
        ({"states": ["DESTROYED", "running"]}, ["a", "c", "d"]),
        ({"zones": ["qc-1"]}, ["a", "b", "c"]),
        ({"zones": ["QC-2"]}, []),
        ({"vpcs": ["PROD-vpc"]}, ["a", "b", "c"]),
        ({"networks": ["web-TEST_AREA"]}, ["a", "b"]),
        ({"networks": ["55CCEA7F-8286-479e-a648-dd4a45866daf", "nothing"]}, ["c"]),
        ({"compute_offerings": ["1vcpu.512mb"]}, ["a", "b", "c"]),
        ({"templates": ["centos 6.8 pv"]}, ["a", "b", "c"]),
        ({"templates": ["Debian 12"]}, []),
        ({"networks": ["Web-test_area"], "states": ["Running"]}, ["a"]),
        ({"name": "a", "states": ["Stopped"]}, []),
        ({"name": "d", "states": ["Destroyed"]}, ["d"]),
        ({"name": "d"}, []),
    ],
)
@pytest.mark.parametrize("details", [False, True])
def test_filters_select_instances(harness, info, given, expected, details):
    harness.seed(name="a", state="Running")
    harness.seed(name="b", state="Stopped")
    harness.seed(name="c", networkId="55ccea7f-8286-479e-a648-dd4a45866daf", networkName="App-test_area")
    harness.seed(name="d", state="Destroyed")
    assert names(info(details=details, **given)) == expected


@pytest.mark.parametrize(("states", "expected"), [(["stopped"], ["a", "b"]), (["Shutdowned"], ["b"]), (["none"], [])])
def test_stopped_also_selects_instances_that_are_shown_as_shutdowned(harness, info, states, expected):
    for name, state in (("a", "Stopped"), ("b", "Shutdowned"), ("c", "Expunging")):
        harness.seed(name=name, state=state)
    assert names(info(states=states)) == expected


def test_filters_also_apply_to_an_id(harness, info):
    instance_id = harness.seed(name="a", state="Running")
    assert info(id=instance_id, states=["Stopped"]) == []


def test_an_instance_that_disappears_while_details_are_read_is_left_out(harness, info):
    harness.seed(name="a", state="Running", settles_after=0, settles_as=None)
    harness.seed(name="b", state="Running", settles_after=0, settles_as="Destroyed")
    harness.seed(name="c")
    assert names(info(details=True)) == ["c"]


def test_a_listed_instance_is_returned_despite_a_404(harness, info):
    instance_id = harness.seed(name="a")
    harness.fault(kind="html", status=404, path="/instances/", count=0)
    assert names(info(name="a")) == names(info(id=instance_id)) == ["a"]


def test_details_are_read_at_the_same_time_up_to_max_concurrency(harness, info, simulator):
    for n in range(12):
        harness.seed(name=f"n{n}")
    lock, now, peak = threading.Lock(), [0], [0]
    real = simulator.app.carry_out

    def counting(path, task_fault=None):
        with lock:
            now[0] += 1
            peak[0] = max(peak[0], now[0])
        time.sleep(0.05)
        try:
            return real(path, task_fault)
        finally:
            with lock:
                now[0] -= 1

    simulator.app.carry_out = counting
    try:
        assert len(info(details=True, max_concurrency=4)) == 12
    finally:
        simulator.app.carry_out = real
    assert peak[0] == 4


def test_a_failure_in_the_middle_fails_the_module(harness, info):
    for n in range(5):
        harness.seed(name=f"n{n}")
    harness.fault(kind="status", status=403, path="/instances/", skip=2)
    with pytest.raises(ApiError, match="api_key"):
        info(details=True)


@pytest.mark.parametrize(
    ("given", "word"), [({"id": "x"}, "UUID"), ({"id": UNKNOWN_ID, "name": "a"}, "exclude"), ({"max_concurrency": 0}, "max_concurrency")]
)
def test_invalid_options_are_rejected(given, word):
    problem = option_problem({**{name: spec.get("default") for name, spec in info_options().items()}, **given}, given)
    assert word in problem and problem.endswith(".")


def problem_of(**given):
    defaults = {name: spec.get("default") for name, spec in info_options().items()}
    return option_problem({**defaults, **without_empty(given)}, given)


@pytest.mark.parametrize("selector", ["id", "name"])
@pytest.mark.parametrize("value", ["", "  ", "\t", [], [""]])
def test_an_empty_selector_is_refused(selector, value):
    """It would select all instances, and a loop over the result with absent would destroy everything."""
    problem = problem_of(**{selector: value})
    assert problem.startswith(f"{selector} is empty") and problem.endswith(".")


@pytest.mark.parametrize("given", [{}, {"id": None}, {"name": None}, {"name": " a "}, {"states": ""}])
def test_a_selector_that_is_not_given_is_none(given):
    assert problem_of(**given) is None


# -- filters that match nothing


@pytest.fixture
def warned(harness):
    """The warnings of instance_info for two instances and options."""
    harness.seed(name="a", networkName="Web-test_area")
    harness.seed(name="b", networkName="web ", state="Odd")

    def run(**given):
        options = {name: given.get(name, spec.get("default")) for name, spec in info_options().items()}
        warnings = []
        find_instances(harness.client(), options, warnings)
        return warnings

    return run


def test_a_filter_value_that_matches_no_instance_gives_one_warning_with_the_nearest(warned):
    (warning,) = warned(networks=["Web-test_aera", "WEB-TEST_AREA", "Web-test_aera"], zones=["qc-1"])
    assert warning == "networks: no instance has 'Web-test_aera'; the nearest name is 'Web-test_area'"
    assert warned(networks=["web"])[0] == "networks: no instance has 'web'; the nearest name is 'web '"
    assert warned(zones=["nowhere"])[0] == "zones: no instance has 'nowhere'; names that exist are 'QC-1'"


def test_an_id_that_no_instance_has_is_compared_with_ids(harness, warned):
    known = harness.instances("a")[0]["zoneId"]
    wrong = ("0" if known[-1] != "0" else "1").join([known[:-1], ""])
    assert warned(zones=[known.upper()]) == []
    assert warned(zones=[wrong]) == [f"zones: no instance has '{wrong}'; the nearest id is '{known}'"]


def test_a_documented_state_gives_no_warning(warned):
    assert warned(states=["Destroyed", "expunging", "Shutdowned", "REBOOTING", "odd"]) == []
    assert warned(states=["Rnning"]) == ["states: no instance has 'Rnning'; the nearest state is 'Running'"]
    (warning,) = warned(states=["xyz"])
    assert "states that exist are 'Creating', 'Destroyed'," in warning


def test_without_instances_the_warning_says_that_none_exist(harness, info):
    warnings = []
    options = {name: spec.get("default") for name, spec in info_options().items()}
    find_instances(harness.client(), {**options, "templates": ["x"]}, warnings)
    assert warnings == ["templates: no instance has 'x'; none exist"]


def test_a_value_that_an_instance_with_another_state_has_gives_no_warning(harness, warned):
    """It is about what exists, not about what the other filters leave."""
    harness.seed(name="c", state="Destroyed", networkName="old")
    assert warned(networks=["old"], states=["Running"], name="a") == []


def test_hostile_names_are_shown_in_quotes_on_one_line(harness, warned):
    harness.seed(name="c", networkName="x\n\x1b[31m\u202e'")
    (warning,) = warned(networks=["x\x1b"])
    assert warning.isprintable() and "\\n\\x1b[31m\\u202e" in warning
