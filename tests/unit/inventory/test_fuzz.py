# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API may return any JSON in place of a list. That leads to an inventory or to one clear error, never to a traceback."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from ansible.errors import AnsibleParserError
from ansible_collections.coxedge.compute.plugins.module_utils.instance.fields import FIELDS
from ansible_collections.coxedge.compute.plugins.plugin_utils.names import is_special
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY
from ansible_collections.coxedge.compute.tests.unit.examples import examples
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
# Most attributes are valid, because the first invalid one may end the parsing.
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
ANY_RESPONSE = ANY_JSON | st.fixed_dictionaries(
    {"data": st.lists(INSTANCES, max_size=4) | ANY_JSON},
    optional={"metadata": st.fixed_dictionaries({"recordCount": st.integers(0, 4) | ANY_JSON}) | ANY_JSON},
)
VALID_IDS = ["9db8ff2f-b49b-466d-a2f3-c1e6def408f4", "9db8ff2f-b49b-466d-a2f3-c1e6def408f5", "x", "{{ id }}"]
STATES = st.sampled_from(["Running", "Stopped", "Running", "Stopped", "Destroyed", None])
VALID_INSTANCES = st.tuples(INSTANCES, STATES).map(lambda drawn: {**drawn[0], **({"state": drawn[1]} if drawn[1] else {})})


@st.composite
def valid_responses(draw):
    """Responses of the right form, with attributes of any shape; see RESPONSES."""
    ids = draw(st.lists(st.sampled_from(VALID_IDS), min_size=1, unique=True))
    instances = [{**draw(VALID_INSTANCES), "id": instance_id} for instance_id in ids]
    metadata = draw(st.sampled_from([{"metadata": {"recordCount": len(instances)}}, {"metadata": {}}, {}]))
    details = {instance["id"]: {"data": {**draw(VALID_INSTANCES), "id": instance["id"]}} for instance in instances}
    users = st.lists(st.sampled_from(VALID_IDS).map(lambda found: {"id": found}), max_size=2)
    address = st.fixed_dictionaries(
        {"id": IDS.filter(lambda found: isinstance(found, str) and found)},
        optional={"ipAddress": st.sampled_from(["192.0.2.1", "192.0.2.2"]) | ANY_JSON, "instances": users | ANY_JSON},
    )
    addresses = draw(st.lists(address, max_size=3, unique_by=lambda instance: instance["id"]))
    return {"data": instances, **metadata}, details, {"data": addresses}


# The responses to the list, to a request for each of these ids, and to all other requests.
RESPONSES = st.integers(0, 9).flatmap(lambda n: valid_responses() if n < 9 else st.tuples(ANY_RESPONSE, st.just({}), ANY_RESPONSE))
OPTIONS = {
    "keyed_groups": [{"key": "coxedge_state", "prefix": "state"}, {"key": "coxedge_hostname"}, {"key": "coxedge_public_ips"}],
    "groups": {"big": "coxedge_cpu_count | int > 2", "first": "coxedge_name.startswith('web')"},
    "compose": {"where": "coxedge_zone_name ~ '!'", "count": "coxedge_cpu_count + 1"},
    "filters": ["coxedge_state in ['Running', 'Stopped']"],
}


@pytest.mark.parametrize(
    "more", [{}, OPTIONS, {**OPTIONS, "details": True}, {"connect_with": "public_ip"}], ids=["plain", "constructed", "details", "public"]
)
def test_a_response_of_any_shape(plugin, harness, simulator, more):
    own = {
        "api_url": simulator.api_url,
        "service_code": "compute-on",
        "environment_names": ["test_area"],
        "api_key": API_KEY,
        "api_retries": 0,
    }

    ends = Counter()

    @settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(RESPONSES)
    def parsed(responses):
        listed, details, other = responses
        harness.simulator.app.reset_all()
        harness.fault(kind="status", status=200, body=listed, path="/instances$", count=0)
        for instance_id, body in details.items():
            harness.fault(kind="status", status=200, body=body, path=f"/instances/{re.escape(instance_id)}$", count=0)
        harness.fault(kind="status", status=200, body=other, path="/(instances|publicipaddresses)", count=0)
        try:
            made = plugin.parse({**own, **more})
        except AnsibleParserError as error:
            ends["error"] += 1
            assert API_KEY not in str(error) and len(str(error)) < 3000
            return
        ends["hosts" if made.hosts else "none"] += 1
        for host in made.hosts.values():
            json.dumps(host.vars)
            assert host.name.strip() and not is_special(host.name) and host.name not in made.groups
            assert host in made.groups["coxedge"].hosts
        # Each instance is one host. Without conditions, all instances that are not destroyed are hosts.
        ids = [host.vars["coxedge_id"] for host in made.hosts.values()]
        # If two entries have the same id, the last one counts.
        resources = list({resource["id"]: resource for resource in listed["data"]}.values())
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

    parsed()
    # Otherwise the assertions about hosts would rarely run.
    assert ends["hosts"] > sum(ends.values()) / 3
