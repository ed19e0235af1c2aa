# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which options and values are accepted."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError, AnsibleParserError
from ansible_collections.coxedge.compute.plugins.plugin_utils import reading
from ansible_collections.coxedge.compute.tests.unit.inventory.samples import instance


def test_numbers_and_single_values_are_accepted_in_place_of_lists_of_text(plugin):
    resources = [instance(0, zoneName="1"), instance(1)]
    assert list(plugin.inventory(resources, {"zones": [1]}).hosts) == ["web-0"]
    assert list(plugin.inventory(resources, {"filters": "coxedge_name in ['web-0', 'x']"}).hosts) == ["web-0"]


def test_lists_that_are_given_as_text_have_no_whitespace_around_their_items(plugin):
    resources = [instance(0, zoneName="a"), instance(1, zoneName="b b"), instance(2, zoneName="c")]
    assert sorted(plugin.inventory(resources, {"zones": " a , b b,"}).hosts) == ["web-0", "web-1"]


def test_an_unknown_option_is_rejected_with_the_nearest_name(plugin):
    with pytest.raises(AnsibleParserError, match=r"no option stats .* did you mean states"):
        plugin.inventory([], {"stats": ["Running"]})


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"api_url": "http://example.com"}, "api_url must begin with https"),
        ({"api_timeout": 0}, "api_timeout"),
        ({"max_concurrency": 0}, "max_concurrency"),
        ({"connect_with": "nothing"}, "connect_with"),
        ({"details": "perhaps"}, "details"),
        ({"hostnames": [{"name": "x"}]}, "hostnames"),
        ({"filters": [{"a": 1}]}, "filters"),
        ({"zones": [True]}, "zones"),
        ({"zones": ["{{ zone }}"]}, "zones"),
        ({"environment_names": [["a"]]}, "environment_names"),
    ],
)
def test_the_error_about_a_bad_value_names_the_option(plugin, options, word):
    with pytest.raises(AnsibleError) as caught:
        plugin.inventory([], options)
    assert word in str(caught.value)


@pytest.mark.parametrize("number", [float("inf"), "inf", 10**400, "1e400", float("nan")], ids=str)
@pytest.mark.parametrize("option", ["api_timeout", "api_retries", "max_concurrency"])
def test_a_number_that_is_too_large_names_its_option(plugin, option, number):
    with pytest.raises(AnsibleError) as caught:
        plugin.inventory([], {option: number})
    assert option in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("prefix", ["", "  "])
def test_an_empty_prefix_is_refused_with_the_reason(plugin, prefix):
    with pytest.raises(AnsibleParserError, match="hostvars_prefix must not be empty: fields such as name"):
        plugin.inventory([], {"hostvars_prefix": prefix})
    assert list(plugin.inventory([instance()], {"hostvars_prefix": None}).hosts) == ["web-0"]


@pytest.mark.parametrize("source", ["file", "environment"])
def test_a_relative_ca_path_is_relative_to_the_folder_of_the_file(plugin, monkeypatch, tmp_path, source):
    (tmp_path / "ca.pem").write_text("x")
    monkeypatch.chdir("/")
    paths = []
    plugin.inventory([])
    monkeypatch.setattr(reading, "read", lambda connections, *args, **kwargs: paths.append(connections[0].ca_path) or [])
    given = {"service_code": "s", "environment_names": ["e"]}
    if source == "environment":
        monkeypatch.setenv("COXEDGE_CA_PATH", "ca.pem")
        plugin.parse(given)
    else:
        plugin.parse({**given, "ca_path": "ca.pem"})
        monkeypatch.setenv("BUNDLE", str(tmp_path / "ca.pem"))
        plugin.parse({**given, "ca_path": "$BUNDLE"})
    assert set(paths) == {str(tmp_path / "ca.pem")}
    with pytest.raises(AnsibleParserError, match="ca_path names a file that does not exist"):
        plugin.parse({**given, "ca_path": "other.pem"})
