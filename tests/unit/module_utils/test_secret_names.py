# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which fields are hidden because of their names."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import snake, snake_keys
from ansible_collections.coxedge.compute.plugins.module_utils.secret_names import is_reserved, is_secret

SECRET = """
    password adminPassword ADMIN_PASSWORD admin-password Admin.Password administratorpassword password1 rootPassword_2 passwords
    passwd vncPasswd VNCPASSWD passphrase keyPassphrase
    pass adminPass adminpass ADMINPASS admin_pass dbPass rootpass hobbyPass lobbypass by_pass pass1 consolePwd pwd
    secret clientSecret client_secrets token taskToken accessTokens SESSION_TOKEN sessiontoken
    credentials loginCredentials dbCredential DBCREDENTIALS
    privateKey private_key sshPrivateKey SSHPRIVATEKEY private-keys privateKeyPem
    userData user_data USERDATA UserData user-data cloudUserData userDataBase64
    \uff50assword
""".split()
SHOWN = """
    isPasswordEnabled passwordEnabled passwordResetAt bypass compass gyro_compass isEncompass lowpass trespass passed passenger
    publicKey sshKeyName keyPairName secretName tokenCount privateKeyName credentialsId userDataSize userDatabase pwdless
    name id state spwd1x ipAddress métadonnées 1 _ -
""".split()


@pytest.mark.parametrize("name", SECRET)
def test_a_field_that_holds_a_secret_is_hidden_in_any_spelling_and_at_any_depth(name):
    assert is_secret(name) and is_secret(snake(name))
    assert snake_keys({"a": [{"b": {name: "hidden", "kept": 1}}]}) == {"a": [{"b": {"kept": 1}}]}


@pytest.mark.parametrize("name", SHOWN)
def test_a_field_whose_name_is_only_like_that_of_a_secret_is_shown(name):
    assert not is_secret(name) and not is_secret(snake(name))
    assert list(snake_keys({name: 1}).values()) == [1]


@pytest.mark.parametrize("name", ["__ansible_type", "__ansible_unsafe", "_ansible_no_log", "_Ansible_parsed", "__ANSIBLE_x"])
def test_keys_that_mean_something_to_core_are_dropped(name):
    assert is_reserved(name)
    assert snake_keys({"a": [{name: "x", "kept": 1}]}) == {"a": [{"kept": 1}]}


def test_other_keys_with_ansible_in_them_are_kept():
    assert snake_keys({"ansibleHost": 1, "x__ansible": 2}) == {"ansible_host": 1, "x__ansible": 2}
