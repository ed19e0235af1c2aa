# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the role decommission: which instances names and ids select, and what is left of them."""

from __future__ import annotations

import json

import pytest
from ansible_collections.coxedge.compute.plugins.filter.decommission_left import FilterModule as Left
from ansible_collections.coxedge.compute.plugins.filter.decommission_targets import FilterModule as Targets
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import list_view
from ansible_collections.coxedge.compute.plugins.plugin_utils.hostvars import USES_UNSAFE_MARKS
from ansible_collections.coxedge.compute.tests.unit.inventory.samples import HOSTILE, instance

targets = Targets().filters()["decommission_targets"]
left = Left().filters()["decommission_left"]

# Letters in the ids, so that upper and lower case differ.
LETTERS = "abcdef00-0000-4000-8000-{:012}"


def seeded(*names, **states):
    """Instances with these names, each with its number in its id. ``states``: by name."""
    return [list_view(instance(n, id=LETTERS.format(n), name=name, state=states.get(name, "Running"))) for n, name in enumerate(names)]


def ids_of(plan, key="instances"):
    return [item["id"] for item in plan[key]]


SERVERS = seeded("web1", "web2", "old1", "gone", "twin", "twin", "a,b", old1="Destroyed", gone="Expunging")
ID = [item["id"] for item in SERVERS]


@pytest.mark.parametrize("pattern", ["web*", "web?", "web[12]", "*"])
def test_patterns_are_refused_even_if_nothing_else_is_wrong(pattern):
    plan = targets([*SERVERS, *seeded(pattern)], names=["web1", pattern], missing_ok=True)
    assert len(plan["problems"]) == 1 and repr(pattern) in plan["problems"][0] and "decommission_ids" in plan["problems"][0]


def test_all_that_is_wrong_is_named():
    unknown = LETTERS.format(99)
    plan = targets(SERVERS, names=["web1", "wbe2", "gone", "twin", "web*", ID[0]], ids=[unknown, "web1"])
    text = " ".join(plan["problems"])
    assert "'wbe2' (the nearest name is 'web2')" in text and f"{ID[0]!r} (give ids in decommission_ids)" in text
    assert "'gone'" in text and "'web*'" in text and unknown in text and "UUIDs, which 'web1' are not" in text
    assert f"'twin', {ID[4]} (Running) and {ID[5]} (Running): select one with decommission_ids." in text
    assert plan["missing"] == ["wbe2", "gone", ID[0], unknown]


def test_what_does_not_exist_can_be_accepted_but_twins_can_not():
    plan = targets(SERVERS, names=["web1", "wbe2"], ids=[LETTERS.format(99)], missing_ok=True)
    assert plan["problems"] == [] and ids_of(plan) == ID[:1] and plan["missing"] == ["wbe2", LETTERS.format(99)]
    assert "'twin'" in targets(SERVERS, names=["twin"], missing_ok=True)["problems"][0]
    assert targets(SERVERS, ids=["x"], missing_ok=True)["problems"]


def test_an_id_selects_in_any_case_and_only_once():
    mixed = ID[0][:3].upper() + ID[0][3:]
    plan = targets(SERVERS, names=["web1", "web1"], ids=[ID[0].upper(), mixed, ID[4]])
    assert plan["problems"] == [] and ids_of(plan) == [ID[0], ID[4]]
    assert plan["members"] == [{"id": ID[0], "name": "web1", "state": "absent"}, {"id": ID[4], "name": "twin", "state": "absent"}]


def test_destroyed_instances_are_done_unless_they_are_purged():
    plan = targets(SERVERS, names=["old1"], ids=[ID[2]])
    assert plan["problems"] == [] and plan["members"] == [] and ids_of(plan, "done") == [ID[2]]
    plan = targets(SERVERS, names=["old1"], ids=[ID[2]], purge=True)
    assert plan["problems"] == [] and ids_of(plan) == [ID[2]] and plan["done"] == []


def test_a_live_and_a_destroyed_instance_with_one_name():
    both = [*seeded("web1"), list_view(instance(7, id=LETTERS.format(7), name="web1", state="Destroyed"))]
    assert ids_of(targets(both, names=["web1"])) == [both[0]["id"]] and targets(both, names=["web1"])["done"] == []
    assert f"{both[1]['id']} (Destroyed)" in targets(both, names=["web1"], purge=True)["problems"][0]


@pytest.mark.parametrize("given", [["web1", "web2"], "web1,web2", " web1 , web2 ", '["web1", "web2"]', ["web1", "", None, "web2"]])
def test_names_may_be_text(given):
    assert targets(SERVERS, names=given)["wanted"] == ["web1", "web2"] and len(targets(SERVERS, names=given)["members"]) == 2


@pytest.mark.parametrize("given", [None, "", [], [""], ",", "[]"])
def test_nothing_may_be_given(given):
    plan = targets(SERVERS, names=given, ids=given)
    assert plan["wanted"] == plan["problems"] == plan["members"] == []


def test_numbers_are_names_and_other_values_are_refused():
    assert targets(seeded("7"), names=[7])["problems"] == []
    for value in ([True], [1.5], [{"name": "web1"}], True):
        (problem,) = targets(SERVERS, names=value)["problems"]
        assert problem.startswith("decommission_names must be a list of text")


def test_a_comma_in_an_item_of_a_list_is_part_of_the_name():
    assert ids_of(targets(SERVERS, names=["a,b"])) == [ID[6]]


USERS = [{"id": ID[0].upper()}, {"id": ID[1]}]
PUBLIC = [
    {"id": "ip-0", "ip_address": "192.0.2.1", "instances": USERS[:1]},
    {"id": "ip-1", "ip_address": "192.0.2.2", "instances": USERS},
    {"id": "ip-2", "ip_address": "192.0.2.3", "instances": USERS[1:]},
    {"id": "ip-3", "ip_address": "192.0.2.4"},
]
VOLUMES = [
    {"id": "v-0", "name": "data0", "type": "dAtA", "instance_id": ID[0].upper()},
    {"id": "v-1", "name": "root0", "type": "OS", "instance_id": ID[0]},
    {"id": "v-2", "name": "data1", "type": "DATA", "instance_id": ID[1]},
    {"id": "v-3", "name": "loose", "type": "DATA"},
]


def test_only_what_the_selected_instances_have_for_themselves_is_removed():
    plan = targets(SERVERS, names=["web1", "old1"], purge=True, public_ips=PUBLIC, volumes=VOLUMES)
    assert ids_of(plan, "public_ips") == ["ip-0"] and ids_of(plan, "volumes") == ["v-0"]


def test_what_is_left_is_named():
    plan = targets(SERVERS, names=["web1", "old1"], public_ips=PUBLIC, volumes=VOLUMES)
    assert left(plan, [SERVERS[1]], PUBLIC[1:], VOLUMES[1:]) == []
    upper = {**SERVERS[0], "id": ID[0].upper()}
    # An instance that was destroyed before may have been recovered.
    assert left(plan, [upper, {**SERVERS[2], "state": "Running"}], PUBLIC, VOLUMES) == [
        f"instance web1 ({ID[0].upper()}), Running",
        f"instance old1 ({ID[2]}), Running",
        "public IP address 192.0.2.1",
        "volume data0 (v-0)",
    ]


@pytest.mark.parametrize("name", [HOSTILE, "x\ny", "", None, " web "])
def test_names_that_the_module_refuses_are_not_given_to_it(name):
    plan = targets([{**SERVERS[0], "name": name}], ids=[ID[0]])
    assert plan["problems"] == [] and plan["members"][0]["id"] == ID[0]
    assert ("name" in plan["members"][0]) == (name == HOSTILE) and "\n" not in plan["instances"][0]["label"]
    json.dumps(plan)


@pytest.mark.skipif(not USES_UNSAFE_MARKS, reason="since ansible-core 2.19 text is a template only where it is marked as trusted")
def test_every_text_is_marked_as_unsafe():
    plan = targets([{**SERVERS[0], "name": HOSTILE}], ids=[ID[0]])
    texts = [plan["members"][0]["name"], *plan["instances"][0].values(), *plan["wanted"], *left(plan, SERVERS)]
    assert len(texts) == 6 and all(hasattr(text, "__UNSAFE__") for text in texts)
