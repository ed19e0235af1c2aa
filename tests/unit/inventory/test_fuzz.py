# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any JSON that the API might send in place of a list: an inventory, or one clear error, never a traceback."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from ansible.errors import AnsibleParserError
from ansible_collections.coxedge.compute.plugins.module_utils.instance.fields import FIELDS
from ansible_collections.coxedge.compute.plugins.plugin_utils.names import is_special
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["{{ 1/0 }}", "a:b", "../x", "\n"])
)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
IDS = st.sampled_from(["9db8ff2f-b49b-466d-a2f3-c1e6def408f4", "9db8ff2f-b49b-466d-a2f3-c1e6def408f5", "x", "{{ id }}"]) | ANY_JSON
# Of each attribute most are sound: one that is not must not hide behind another.
ATTRIBUTES = ["affinityGroupIds", "imageName", "networkName", "computeOfferingName", "isPasswordEnabled", *(row.api for row in FIELDS)]
INSTANCES = st.fixed_dictionaries(
    {"id": IDS},
    optional={
        "name": st.sampled_from(["web-1", "web-1", "db:1", "127.0.0.1", "all"]) | ANY_JSON,
        "state": st.sampled_from(["Running", "Stopped", "Destroyed"]) | ANY_JSON,
        "ipAddress": st.sampled_from(["10.0.0.1", "fe80::1%{{x}}", "::1"]) | ANY_JSON,
        "publicIps": st.lists(st.dictionaries(st.sampled_from(["ipAddress", "id", "instances"]), ANY_JSON), max_size=2) | ANY_JSON,
        **{name: ANY_JSON for name in ATTRIBUTES if name not in ("id", "name", "state", "ipAddress")},
    },
)
ANY_ANSWER = ANY_JSON | st.fixed_dictionaries(
    {"data": st.lists(INSTANCES, max_size=4) | ANY_JSON},
    optional={"metadata": st.fixed_dictionaries({"recordCount": st.integers(0, 4) | ANY_JSON}) | ANY_JSON},
)
SOUND_IDS = ["9db8ff2f-b49b-466d-a2f3-c1e6def408f4", "9db8ff2f-b49b-466d-a2f3-c1e6def408f5", "x", "{{ id }}"]
STATES = st.sampled_from(["Running", "Stopped", "Running", "Stopped", "Destroyed", None])
SOUND_INSTANCES = st.tuples(INSTANCES, STATES).map(lambda drawn: {**drawn[0], **({"state": drawn[1]} if drawn[1] else {})})


@st.composite
def sound_answers(draw):
    """Answers that are what was asked for, but for attributes of any shape; see ANSWERS."""
    ids = draw(st.lists(st.sampled_from(SOUND_IDS), min_size=1, unique=True))
    instances = [{**draw(SOUND_INSTANCES), "id": instance_id} for instance_id in ids]
    metadata = draw(st.sampled_from([{"metadata": {"recordCount": len(instances)}}, {"metadata": {}}, {}]))
    details = {instance["id"]: {"data": {**draw(SOUND_INSTANCES), "id": instance["id"]}} for instance in instances}
    users = st.lists(st.sampled_from(SOUND_IDS).map(lambda found: {"id": found}), max_size=2)
    address = st.fixed_dictionaries(
        {"id": IDS.filter(lambda found: isinstance(found, str) and found)},
        optional={"ipAddress": st.sampled_from(["192.0.2.1", "192.0.2.2"]) | ANY_JSON, "instances": users | ANY_JSON},
    )
    addresses = draw(st.lists(address, max_size=3, unique_by=lambda instance: instance["id"]))
    return {"data": instances, **metadata}, details, {"data": addresses}


# What is answered to the list, to a look at each of these ids, and to all else.
ANSWERS = st.integers(0, 9).flatmap(lambda n: sound_answers() if n < 9 else st.tuples(ANY_ANSWER, st.just({}), ANY_ANSWER))
OPTIONS = {
    "keyed_groups": [{"key": "coxedge_state", "prefix": "state"}, {"key": "coxedge_hostname"}, {"key": "coxedge_public_ips"}],
    "groups": {"big": "coxedge_cpu_count | int > 2", "first": "coxedge_name.startswith('web')"},
    "compose": {"where": "coxedge_zone_name ~ '!'", "count": "coxedge_cpu_count + 1"},
    "filters": ["coxedge_state in ['Running', 'Stopped']"],
}


@pytest.mark.parametrize(
    "more", [{}, OPTIONS, {**OPTIONS, "details": True}, {"connect_with": "public_ip"}], ids=["plain", "constructed", "details", "public"]
)
def test_an_answer_of_any_shape(fleet, harness, simulator, more):
    own = {
        "api_url": simulator.api_url,
        "service_code": "compute-on",
        "environment_names": ["test_area"],
        "api_key": API_KEY,
        "api_retries": 0,
    }

    ends = Counter()

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(ANSWERS)
    def answered(answers):
        listed, details, other = answers
        harness.simulator.app.reset_all()
        harness.fault(kind="status", status=200, body=listed, path="/instances$", count=0)
        for instance_id, body in details.items():
            harness.fault(kind="status", status=200, body=body, path=f"/instances/{re.escape(instance_id)}$", count=0)
        harness.fault(kind="status", status=200, body=other, path="/(instances|publicipaddresses)", count=0)
        try:
            made = fleet.parse({**own, **more})
        except AnsibleParserError as error:
            ends["error"] += 1
            assert API_KEY not in str(error) and len(str(error)) < 3000
            return
        ends["hosts" if made.hosts else "none"] += 1
        for host in made.hosts.values():
            json.dumps(host.vars)
            assert host.name.strip() and not is_special(host.name) and host.name not in made.groups
            assert host in made.groups["coxedge"].hosts
        # Each instance is one host, and all are hosts that are not destroyed, unless a condition was given.
        ids = [host.vars["coxedge_id"] for host in made.hosts.values()]
        resources = listed["data"]
        assert len(ids) == len(set(ids)) and set(ids) <= {resource["id"] for resource in resources}
        if "filters" not in more:
            assert set(ids) == {
                resource["id"] for resource in resources if str(resource.get("state")).lower() not in ("destroyed", "expunging")
            }
        if "details" not in more:
            shown = {host.vars["coxedge_id"]: host.vars["coxedge_name"] for host in made.hosts.values()}
            assert all(
                resource["name"] == shown.get(resource["id"], resource["name"])
                for resource in resources
                if isinstance(resource.get("name"), str)
            )

    answered()
    # Else the assertions about hosts would be about nothing.
    assert ends["hosts"] > sum(ends.values()) / 3
