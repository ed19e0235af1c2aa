# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names to ids: what is found in the lists of an environment, and what an error offers."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Lookup, Refused
from ansible_collections.coxedge.compute.plugins.module_utils.jobs import drive
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.catalog import Catalog

ID = "1c0bfd2b-d609-4892-a43e-273654532d26"
WHERE = "in environment test_area of service compute-on"


@pytest.fixture
def find(harness):
    """Looks a text up among entries of a kind, and returns what is found."""

    def look_up(text, names, kind="templates", entity="templates"):
        harness.environment.resources[entity][:] = [{"id": f"{number:08}{ID[8:]}", "name": name} for number, name in enumerate(names)]
        catalog = Catalog(harness.client(), harness.deadline())
        return drive(catalog.find(Lookup("option", kind, text)), harness.clock.sleep)

    return look_up


def refused(call, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return str(caught.value)


def test_an_unknown_id_is_named_without_an_offer(find):
    assert refused(find, ID, ["a"]) == f"option: there is no template with the id {ID} {WHERE}: check the id."


def test_an_id_is_found_in_any_case(find):
    assert find(f"00000000{ID[8:].upper()}", ["a"])["name"] == "a"


def test_a_key_whose_name_is_a_uuid_is_found_by_its_name(find):
    assert find(ID, [ID, "b"], kind="ssh_keys", entity="sshkeys")["name"] == ID


def test_near_names_are_offered_in_any_case(find):
    text = refused(find, "ubuntu 24.4", ["Ubuntu 24.04", "CentOS", "Windows"])
    assert text == f"option: there is no template with the name 'ubuntu 24.4' {WHERE}: the nearest name is 'Ubuntu 24.04'."


def test_offered_names_have_their_own_blanks(find):
    text = refused(find, "web", ["web ", "web  1", " web", "we\tb"])
    assert text.endswith("the nearest names are 'web ', 'we\\tb', ' web', 'web  1'.")


def test_without_near_names_the_first_eight_are_offered(find):
    text = refused(find, "xyz", [f"template {number}" for number in range(10)])
    assert text.endswith("names that exist are " + ", ".join(f"'template {number}'" for number in range(8)) + ".")


def test_if_there_are_no_names_the_error_says_so(find):
    assert refused(find, "xyz", []).endswith(f"with the name 'xyz' {WHERE}: none exist.")
    assert refused(find, "xyz", [None]).endswith(": none exist.")


def test_several_with_a_name_are_refused_with_their_ids(find):
    text = refused(find, "twice", ["twice", "twice"])
    ids = ", ".join(f"{number:08}{ID[8:]}" for number in range(2))
    assert text == f"option: several with the name 'twice' exist, with the ids {ids}: give the id of the template instead."
