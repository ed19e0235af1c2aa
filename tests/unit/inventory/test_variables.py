# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of hosts: fields, addresses and users, also with hostile text from the API."""

from __future__ import annotations

import socket

import pytest
from ansible import context
from ansible.errors import AnsibleParserError
from ansible.inventory.group import to_safe_group_name
from ansible_collections.coxedge.compute.plugins.plugin_utils.hostvars import USES_UNSAFE_MARKS
from ansible_collections.coxedge.compute.tests.unit.inventory.samples import HOSTILE, instance, variables


def test_each_field_becomes_a_variable(plugin):
    seen = variables(
        plugin.inventory([instance(memoryInMB=512, publicIPs=[{"ipAddress": "192.0.2.1"}], newField={"innerOne": 1})]), "web-0"
    )
    assert seen["coxedge_name"] == "web-0" and seen["coxedge_memory_in_mb"] == 512
    assert seen["coxedge_public_ips"] == [{"ip_address": "192.0.2.1"}] and seen["coxedge_new_field"] == {"inner_one": 1}
    assert seen["coxedge_environment_name"] == "test_area" and seen["coxedge_service_code"] == "compute-on"
    assert seen["coxedge_network_name"] is None


def test_active_is_a_boolean(plugin):
    inventory = plugin.inventory([instance(0), instance(1, state="Stopped"), instance(2, state="RUNNING"), instance(3, state=None)])
    assert [variables(inventory, f"web-{number}")["coxedge_active"] for number in range(4)] == [True, False, True, False]


def test_secrets_do_not_become_variables(plugin):
    seen = variables(plugin.inventory([instance(userData="s3cret", password="s3cret", nics=[{"password": "s3cret"}])]), "web-0")
    assert "s3cret" not in str(seen)


def test_hostvars_prefix_replaces_the_default_prefix(plugin):
    seen = variables(plugin.inventory([instance()], {"hostvars_prefix": "x_", "hostnames": ["x_hostname"]}), "host-0")
    assert seen["x_name"] == "web-0" and seen["x_active"] is True and not [name for name in seen if name.startswith("coxedge_")]


def test_a_field_that_would_become_an_ansible_variable_is_left_out(plugin):
    seen = variables(plugin.inventory([instance(nsibleConnection="local")], {"hostvars_prefix": "a"}), "web-0")
    assert "ansible_connection" not in seen and seen["aname"] == "web-0"


@pytest.mark.parametrize("prefix", ["ansible_", "1x", "a-b", "inventory_", "group_", "{{ x }}"])
def test_a_dangerous_prefix_is_rejected(plugin, prefix):
    with pytest.raises(AnsibleParserError, match="hostvars_prefix"):
        plugin.inventory([instance()], {"hostvars_prefix": prefix})


def test_field_names_become_valid_variable_names(plugin):
    seen = variables(
        plugin.inventory([{**instance(), "a b-c{{": 1, "__ansible_vault": "x", "deep": {"__ansible_unsafe": "x", "ok": 1}}]), "web-0"
    )
    assert seen["coxedge_a_b_c__"] == 1 and seen["coxedge_deep"] == {"ok": 1}


def test_secrets_with_other_spellings_do_not_become_variables(plugin):
    seen = variables(plugin.inventory([instance(rootPassword="s3cret", userdata="s3cret", isPasswordEnabled=True)]), "web-0")
    assert "s3cret" not in str(seen) and seen["coxedge_is_password_enabled"] is True


# -- hostile text


@pytest.mark.skipif(not USES_UNSAFE_MARKS, reason="since ansible-core 2.19 text is a template only where it is marked as trusted")
def test_every_text_is_marked_as_unsafe(plugin):
    tags = [{"x": "y"}]
    options = {
        "set_ansible_user": True,
        "keyed_groups": [{"key": "coxedge_network_name", "parent_group": "in {{ coxedge_zone_name }}"}],
        "compose": {"copy": "coxedge_name ~ '!'", "listed": "[coxedge_name]", "named": "inventory_hostname"},
    }
    (host,) = (made := plugin.inventory([instance(networkName="net", tags=tags)], options)).hosts.values()
    texts = [value for value in host.vars.values() if isinstance(value, str) and not str(value).startswith(("/", "."))]
    assert len(texts) > 12 and {"web-0!", "web-0", "10.0.0.1", "cca-user", "test_area", "compute-on", "QC-1"} <= set(texts)
    for text in (host.name, *texts, *host.vars["listed"], *host.vars["coxedge_tags"][0], *host.vars["coxedge_tags"][0].values()):
        assert getattr(text, "__UNSAFE__", False), text
    # These are valid names, and exports would show marks in them.
    assert not any(hasattr(name, "__UNSAFE__") for name in made.groups) and {"_net", "in_QC_1"} <= set(made.groups)


@pytest.mark.skipif(not USES_UNSAFE_MARKS, reason="since ansible-core 2.19 text is a template only where it is marked as trusted")
def test_exports_have_marks_only_in_names_that_look_like_templates(plugin, monkeypatch):
    monkeypatch.setattr(context, "CLIARGS", {"export": False})
    inventory = plugin.inventory([instance(), instance(1, name=HOSTILE), instance(2, name="#jinja2")])
    assert [hasattr(name, "__UNSAFE__") for name in inventory.hosts] == ["{" in name or name == "#jinja2" for name in inventory.hosts]


@pytest.mark.parametrize("name", ["#jinja2:", "#jinja2: x", "#jinja2:a:b", "#jinja2:trim_blocks:1/0\n{{ x }}", "{{", "{% if"])
def test_a_name_that_is_no_valid_template_does_not_stop_a_strict_inventory(plugin, name):
    options = {
        "strict": True,
        "filters": ["coxedge_name != ''"],
        "hostnames": ["coxedge_name ~ '.x'"],
        "compose": {"copy": "coxedge_name ~ ''"},
        "groups": {"g": "coxedge_name != ''"},
        "keyed_groups": [{"key": "coxedge_name", "parent_group": "{{ coxedge_name }}"}],
    }
    inventory = plugin.inventory([instance(name=name), instance(1)], options)
    assert len(inventory.hosts) == 2 and name in [host.vars["copy"] for host in inventory.hosts.values()]


@pytest.mark.parametrize(
    ("text", "group"),
    [
        (HOSTILE, "n____lookup__pipe____touch_MARKER_____"),
        ("a 'b' \"c\"\nd", "n_a__b___c__d"),
        ("web:80", "n_web_80"),
        ("😀", "n_😀"),
        ("ä" * 255, "n_" + "ä" * 255),
    ],
)
def test_group_names_are_valid(plugin, text, group):
    inventory = plugin.inventory([instance(networkName=text)], {"keyed_groups": [{"key": "coxedge_network_name", "prefix": "n"}]})
    names = [name for name in inventory.groups if name.startswith("n_")]
    assert len(names) == 1 and names[0].isidentifier()
    # Core decides what counts as a letter. It may replace other text with ASCII, so the expected name goes through it too.
    assert names == [group if text.isascii() else to_safe_group_name(group, force=True, silent=True)]


@pytest.mark.parametrize(
    "address",
    [
        "fe80::1%{{ 1 }}",
        "127.0.0.1",
        "0.0.0.0",
        "::1",
        "::ffff:127.0.0.1",
        "-oProxyCommand=touch MARKER",
        "10.0.0.1; touch MARKER",
        HOSTILE,
        "",
        None,
        5,
        "999.0.0.1",
    ],
)
def test_an_invalid_address_is_not_used_as_ansible_host(plugin, address):
    inventory = plugin.inventory([instance(ipAddress=address)])
    assert "ansible_host" not in variables(inventory, "web-0")
    assert [text for text in plugin.warnings if "ansible_host" in text and "web-0" in text]


THIS_MACHINE = ["localhost", "LocalHost4", "localhost6.localdomain6", "localhost.localdomain4", "ip6-localhost", "IP6-LOOPBACK"]
THIS_MACHINE += ["x.localhost", "a.b.LOCALHOST.", "ctl", "CTL.", "ctl.example.com", "127.0.0.1", "127.1", "0", "0x7f.1"]


@pytest.mark.parametrize("hostname", [*THIS_MACHINE, "localhost.", "-oProxyCommand=x", "a b", "a;b", HOSTILE, "a\nb", "", None])
def test_an_invalid_host_name_is_not_used_as_ansible_host(plugin, hostname, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "ctl")
    monkeypatch.setattr(socket, "getfqdn", lambda name: f"{name}.example.com")
    inventory = plugin.inventory([instance(hostname=hostname)], {"connect_with": "hostname"})
    assert "ansible_host" not in variables(inventory, "web-0")


@pytest.mark.parametrize(
    "hostname", ["localhost.example.com", "notlocalhost", "ctl.example.org", "ctl1", "xlocalhost4", "localhost5", "10.0.0.1"]
)
def test_a_host_name_of_another_machine_is_used(plugin, hostname, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "ctl")
    monkeypatch.setattr(socket, "getfqdn", lambda name: f"{name}.example.com")
    assert variables(plugin.inventory([instance(hostname=hostname)], {"connect_with": "hostname"}), "web-0")["ansible_host"] == hostname


@pytest.mark.parametrize("user", ["-x", 'a" b', "a\nb", HOSTILE, "", None])
def test_an_invalid_user_name_is_not_used_as_ansible_user(plugin, user):
    inventory = plugin.inventory([instance(username=user)], {"set_ansible_user": True})
    assert "ansible_user" not in variables(inventory, "web-0")
    assert [text for text in plugin.warnings if "ansible_user" in text]


# -- connecting


@pytest.mark.parametrize(
    ("connect_with", "address"), [(None, "10.0.0.1"), ("private_ip", "10.0.0.1"), ("hostname", "host-0"), ("none", None)]
)
def test_connect_with_selects_the_address(plugin, connect_with, address):
    inventory = plugin.inventory([instance()], {"connect_with": connect_with} if connect_with else {})
    assert variables(inventory, "web-0").get("ansible_host") == address and not plugin.warnings


def test_the_user_is_set_only_on_request(plugin):
    assert "ansible_user" not in variables(plugin.inventory([instance()]), "web-0")
    assert variables(plugin.inventory([instance()], {"set_ansible_user": True}), "web-0")["ansible_user"] == "cca-user"


def test_hosts_with_the_same_address_are_named_in_one_warning(plugin):
    same = [instance(number, ipAddress="10.0.0.1") for number in range(2)] + [instance(number, ipAddress="10.0.0.9") for number in (2, 3)]
    plugin.inventory([*same, instance(4)])
    (warning,) = plugin.warnings
    assert "web-0, web-1 (10.0.0.1); web-2, web-3 (10.0.0.9)" in warning and "web-4" not in warning
    # Several servers can be behind one address with different ports.
    plugin.inventory(same, {"compose": {"ansible_port": "2200 + coxedge_name[-1:] | int"}})
    assert not plugin.warnings
    plugin.inventory([instance(0), instance(1)], {"compose": {"ansible_host": "'10.0.0.1'"}})
    assert len(plugin.warnings) == 1
    plugin.inventory(same, {"connect_with": "none"})
    assert not plugin.warnings
