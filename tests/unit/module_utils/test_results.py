# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What leaves a module: results without secrets, on every core."""

from __future__ import annotations

import base64
import json

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.redaction import REDACTED, Texts
from ansible_collections.coxedge.compute.plugins.module_utils.results import NOT_SHOWN, cleaned, secrets_of, shown_options

KEY = "key/with-36+characters"
DATA = "#cloud-config\npassword: s3cret\n"
SECRETS = Texts([KEY, DATA])
OPTIONS = {"api_key", "api_url", "name", "user_data", "instances", "defaults", "return_password"}


def test_a_result_without_secrets_stays_as_it_is():
    result = {"changed": True, "instance": {"id": "i", "tags": ["100%41", "a\\/b"], "cpu_count": 2, "nics": [{"x": None}]}, "f": 1.5}
    assert cleaned(result, SECRETS) == result


def test_secrets_are_hidden_in_texts_and_names_at_any_depth():
    encoded = base64.b64encode(f"Bearer {KEY}".encode()).decode()
    result = {"instance": {"a": [{KEY: f"x {KEY}"}], "boot": DATA, "b64": encoded}, "tuple": (KEY,), "actions": ["create"]}
    hidden = {"a": [{REDACTED: f"x {REDACTED}"}], "boot": REDACTED, "b64": REDACTED}
    assert cleaned(result, SECRETS) == {"instance": hidden, "tuple": [REDACTED], "actions": ["create"]}


def test_what_is_returned_on_purpose_stays_and_other_fields_of_such_names_go():
    result = {"password": "p", "instances": [{"user_data": "text", "admin_password": "p", "adminPass": "p", "token": "t"}]}
    assert cleaned(result, SECRETS) == {"password": "p", "instances": [{"user_data": "text"}]}


def test_no_key_that_means_something_to_core_is_in_a_result():
    result = {"a": {"__ansible_type": "x", "user_data": {"__ansible_unsafe": "x", "k": 1}}, "results": [{"_ansible_no_log": True}]}
    assert cleaned(result, SECRETS) == {"a": {"user_data": {"k": 1}}, "results": [{"_ansible_no_log": True}]}


def test_halves_of_characters_are_replaced():
    result = cleaned({"a\ud800": ["b\udfff", "🎉", KEY], "msg": "c\ud800"}, SECRETS)
    assert result == {"a?": ["b?", "🎉", REDACTED], "msg": "c?"}


def test_what_is_nested_without_end_is_cut():
    deep = {}
    for _level in range(2000):
        deep = {"a": deep}
    assert len(json.dumps(cleaned(deep, SECRETS))) < 500


@pytest.mark.parametrize("bad", ["\x1b[31m", "\nok: [localhost]", "\x9b2J", "\u2028", "\u202e"])
def test_sentences_and_headers_show_control_characters_escaped(bad):
    diff = {"before_header": f"web{bad}", "after_header": f"web{bad}", "before": {"name": f"web{bad}"}}
    result = {"msg": f"m{bad}", "plan": f"p{bad}", "diff": [diff], "results": [{"msg": f"m{bad}", "diff": diff, "plan": None}]}
    shown = cleaned({**result, "more": {"prepared": "x"}}, SECRETS)
    member = shown["results"][0]
    for text in (shown["msg"], shown["plan"], member["msg"]):
        assert text.isprintable() and text[1:] == bad.encode("unicode_escape").decode()
    for entry in (shown["diff"][0], member["diff"]):
        assert entry["before_header"].isprintable() and entry["after_header"].isprintable()
        # A value stays what it is.
        assert entry["before"] == {"name": f"web{bad}"}
    prepared = cleaned({"diff": {"prepared": f"a\nb{bad}"}}, SECRETS)["diff"]["prepared"]
    assert all(line.isprintable() for line in prepared.split("\n")) and prepared.startswith("a\nb")


def test_the_options_of_a_task_show_no_secrets():
    members = [{"name": "web1", "user_data": DATA}, {"user_data": {"password": "s3cret"}}]
    options = {
        "api_key": KEY,
        "name": "web1",
        "instances": members,
        "defaults": {"user_data": DATA},
        "api_kye": KEY,
        "return_password": True,
    }
    shown = shown_options(options, OPTIONS)
    assert KEY not in str(shown) and "s3cret" not in str(shown)
    assert (shown["api_key"], shown["api_kye"], shown["name"], shown["return_password"]) == (NOT_SHOWN, NOT_SHOWN, "web1", True)
    assert shown["instances"][0] == {"name": "web1", "user_data": shown["defaults"]["user_data"]}
    # What is a digest already stays one.
    assert shown_options(shown, OPTIONS)["instances"] == shown["instances"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:pass%2Fword@host/api", f"https://{REDACTED}@host/api"),
        ("https://me:pa/ss@word@host/api", f"https://{REDACTED}@host/api"),
        ("me:password@host", f"{REDACTED}@host"),
        ("https://host/api", "https://host/api"),
        (None, None),
    ],
)
def test_a_password_in_the_url_is_not_shown(url, shown):
    assert shown_options({"api_url": url}, OPTIONS)["api_url"] == shown
    hidden = cleaned({"exception": f"can't open {url}"}, Texts(secrets_of({"api_url": url})))["exception"]
    assert not any(word in hidden for word in ("pass", "pa/ss"))


@pytest.mark.parametrize("key", [KEY, f" {KEY}\n", [KEY], {"x": [KEY]}, None, True])
def test_a_key_of_any_type_is_known_to_be_secret(key):
    assert (KEY in secrets_of({"api_key": key})) is (key not in (None, True))


def test_a_key_that_is_a_number_is_known_to_be_secret():
    assert secrets_of({"api_key": 1234567890}) == ["1234567890", "1234567890"]
