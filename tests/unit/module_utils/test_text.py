# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts for sentences, and numbers that come as text."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.text import (
    MAX_SHOWN,
    as_boolean,
    as_integer,
    as_number,
    enumerated,
    is_same,
    is_uuid,
    one_line,
    printable,
)


def test_a_long_text_is_cut_and_says_so():
    assert MAX_SHOWN == 500
    assert one_line("x" * 500) == "x" * 500
    assert one_line("x" * 501) == "x" * 500 + "..."


def test_line_breaks_become_single_spaces_and_other_control_characters_are_shown_escaped():
    assert one_line(" a\x1b[31m\r\n\tb\u2028c\x9b\u202e ") == r"a\x1b[31m b c\x9b\u202e"


def test_a_printable_text_is_as_long_as_before_and_shows_its_line_breaks():
    assert printable("a  b" + "x" * 600) == "a  b" + "x" * 600
    assert printable("a\nb\x1b[0m\ud800") == r"a\nb\x1b[0m\ud800"


@pytest.mark.parametrize(("names", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_names_are_enumerated(names, text):
    assert enumerated(names) == text


@pytest.mark.parametrize(
    ("value", "integer"),
    [
        (3, 3),
        ("3", 3),
        ("0" * 14 + "7", 7),
        ("0" * 15 + "7", None),
        (3.0, None),
        (True, None),
        ("-1", None),
        ("\u0663", None),
        (None, None),
    ],
)
def test_what_counts_as_an_integer(value, integer):
    assert as_integer(value) == integer


@pytest.mark.parametrize(
    ("value", "boolean"),
    [(True, True), (False, False), ("true", True), ("False", False), ("TRUE", True), ("", None), ("yes", None), (1, None), (None, None)],
)
def test_what_counts_as_a_boolean(value, boolean):
    assert as_boolean(value) is boolean


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (4096, 4096.0),
        ("4096", 4096.0),
        (0.5, 0.5),
        ("0.5", 0.5),
        (0, None),
        (-1, None),
        ("x", None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_what_counts_as_a_positive_number(value, number):
    assert as_number(value) == number
    assert as_number("nan") is None and as_number("inf") is None and as_number(10**400) is None


@pytest.mark.parametrize(
    ("actual", "wanted", "same"),
    [
        ("2", 2, True),
        ("02", 2, True),
        ("3", 2, False),
        ("two", 2, False),
        ("true", True, True),
        ("False", False, True),
        ("true", False, False),
        ("", False, False),
        ("1", True, False),
        (2.0, 2, True),
        ("web1", "WEB1", False),
    ],
)
def test_numbers_and_booleans_may_come_as_text(actual, wanted, same):
    assert is_same(actual, wanted) is same


def test_lists_may_count_in_floats():
    assert (as_integer(3.0, floats=True), as_integer(3.5, floats=True)) == (3, None)


def test_ids_are_whole_uuids():
    assert is_uuid("9DB8FF2F-b49b-466d-a2f3-c1e6def408f4")
    assert not any(map(is_uuid, ("9db8ff2f-b49b-466d-a2f3-c1e6def408f4 ", "9db8ff2fb49b466da2f3c1e6def408f4", None)))
