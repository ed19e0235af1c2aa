# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in responses, in each form in which a server may send them back."""

from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.envelope import Envelopes
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.api.messages import RawResponse, Request
from ansible_collections.coxedge.compute.plugins.module_utils.api.redaction import REDACTED, Redactor, Texts

# With characters that each encoding writes in another way.
KEY = 'Ab1/cD2+eF3=gH4&iJ5~kL6?mN7>"oP8\\qR9'
DATA = '#cloud-config\npassword: "sécret <of> the &user/data"\nruncmd:\n  - echo 100% \\o/ 🎉 done\n'
LIST = Request("GET", "instances", "list instances")
CREATE = Request("POST", "instances", "create an instance")


def escaped(text, every=1):
    """With JSON's numeric escapes for one in so many characters, and for those that need it."""
    chosen = (char if ord(char) > 0xFFFF or (number % every and char not in '"\\\n') else "" for number, char in enumerate(text))
    return "".join(char or f"\\u{ord(text[number]):04x}" for number, char in enumerate(chosen))


def percent(text, every=1, case=str.lower):
    return "".join(
        "".join(case(f"%{byte:02x}") for byte in char.encode()) if number % every == 0 else quote(char, safe="")
        for number, char in enumerate(text)
    )


def entities(text, form="&#{};"):
    return "".join(form.format(ord(char)) for char in text)


def b64(text, before=""):
    return base64.b64encode((before + text).encode()).decode()


ENCODINGS = {
    "plain": lambda text: text,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON with escaped slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON with each character escaped": lambda text: json.dumps(escaped(text))[1:-1].replace("\\\\u", "\\u"),
    "JSON with every third character escaped": lambda text: escaped(text, 3),
    "JSON within JSON": lambda text: json.dumps(json.dumps(text))[1:-1],
    "a URL": lambda text: quote(text, safe=""),
    "a URL with slashes": quote,
    "a form": quote_plus,
    "a URL in small letters": percent,
    "a URL in capital letters": lambda text: percent(text, 3, str.upper),
    "a URL within a URL": lambda text: quote(quote(text, safe=""), safe=""),
    "HTML": html.escape,
    "decimal entities": entities,
    "hexadecimal entities": lambda text: entities(text, "&#x{:X};"),
    "HTML within HTML": lambda text: html.escape(html.escape(text)),
    "HTML in a URL": lambda text: quote(html.escape(text), safe=""),
    "base64": b64,
    "base64 from the second place": lambda text: b64(text, "x"),
    "base64 from the third place": lambda text: b64(text + "tail", "xy"),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 in a URL": lambda text: quote(b64(text), safe=""),
    "base64 of JSON": lambda text: b64(json.dumps({"user": "me", "it": text}, ensure_ascii=False)),
    "base64 of UTF-16": lambda text: base64.b64encode(text.encode("utf-16-le")).decode(),
    "zero bytes in between": "\x00".join,
}


def remains(text):
    """Whether something that is secret can be read out of a text, by its longest words."""
    seen = re.sub(r"[^A-Za-z0-9]", "", text)
    return [word for word in ("Ab1", "cD2", "mN7", "qR9", "cret", "cloudconfig", "runcmd", "gCD") if word in seen]


@pytest.mark.parametrize("how", ENCODINGS)
@pytest.mark.parametrize("secret", [KEY, DATA], ids=["key", "user data"])
def test_errors_show_no_secret_in_any_encoding(secret, how):
    encoded = ENCODINGS[how](secret)
    body = {"errors": [{"code": encoded, "message": f"No {encoded} here", "context": {"line": [encoded], encoded: 1}}]}
    envelopes = Envelopes(Redactor(KEY, [DATA]), "environment e")
    with pytest.raises(ApiError) as caught:
        envelopes.read(CREATE, RawResponse(400, {}, json.dumps(body).encode()))
    shown = json.dumps([caught.value.sentence, caught.value.details], ensure_ascii=False)
    assert REDACTED in shown and secret not in shown and encoded not in shown
    assert not remains(shown), shown
    # The same if the whole response is not JSON.
    with pytest.raises(ApiError) as caught:
        envelopes.read(CREATE, RawResponse(400, {}, f"<p>No {encoded} here".encode()))
    assert REDACTED in caught.value.sentence and not remains(caught.value.sentence), caught.value.sentence


@pytest.mark.parametrize("how", ENCODINGS)
@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "utf-16-le", "utf-32-be", "utf-8-sig"])
def test_no_list_shows_the_key_in_any_encoding(how, charset):
    encoded = ENCODINGS[how](KEY)
    body = {"data": [{"id": "i", "name": f"x {encoded} y", encoded: {"deep": [encoded]}}], "metadata": {"recordCount": 1}}
    for text in (json.dumps(body), json.dumps(body, ensure_ascii=False), json.dumps(body).replace("/", "\\/"), escape_all(body)):
        response = Envelopes(Redactor(KEY), "e").read(LIST, RawResponse(200, {}, text.encode(charset)))
        assert str(response.data).count(REDACTED) == 3 and not remains(str(response.data)), response.data
        assert (response.data[0]["id"], response.metadata) == ("i", {"recordCount": 1})


def escape_all(value):
    """JSON whose texts consist of escapes alone."""
    if isinstance(value, str):
        return f'"{escaped(value)}"'
    if isinstance(value, dict):
        return "{" + ",".join(f"{escape_all(name)}:{escape_all(item)}" for name, item in value.items()) + "}"
    return "[" + ",".join(map(escape_all, value)) + "]" if isinstance(value, list) else json.dumps(value)


def test_texts_without_a_secret_stay_as_they_are():
    texts = ["100%41", "R&amp;D", "a\\u0041b", "C:\\new", "YWJjZGVmZ2hpamtsbW5vcA==", "a+b", "x\x00y", KEY[:-1], KEY.lower(), ""]
    redactor = Redactor(KEY, [DATA])
    assert [redactor.redact(text) for text in texts] == texts
    assert redactor.redact_document(texts, json.dumps(texts)) == texts


def test_base64_in_lines_shows_no_secret():
    text = "\r\n".join(re.findall(".{1,64}", b64("filler " * 10 + KEY + " filler" * 10)))
    assert Redactor(KEY).redact(f"begin {text} end") == f"begin {REDACTED} end"


def test_several_secrets_in_several_encodings_are_hidden_in_one_text():
    shown = Redactor(KEY, [DATA]).redact(f"{KEY}; {quote(KEY)}; {b64(KEY)}; {html.escape(KEY)}; {b64(DATA)}")
    assert shown.count(REDACTED) == 5 and not remains(shown)


@pytest.mark.parametrize(
    ("data", "echo"),
    [
        ("chpasswd:\n  password: hunter2\n", "hunter2"),
        ("export DB_PASS='hunter2'\n", "hunter2"),
        ('{"users": [{"name": "x", "note": "a secret note"}]}', "a secret note"),
        ("{\n  broken: [\n  token: abcdefgh", "token: abcdefgh"),
    ],
)
def test_parts_of_user_data_are_hidden(data, echo):
    assert Redactor(KEY, [data]).redact(f"bad value {echo}!") == f"bad value {REDACTED}!"


def test_fields_that_hold_secrets_and_reserved_keys_are_in_no_error():
    context = {"adminPass": "x", "a": [{"privateKey": "x", "__ansible_type": "x", "kept": 1}], "userData": "x"}
    body = {"errors": [{"message": {"token": "x", "text": "no"}, "context": context}]}
    with pytest.raises(ApiError) as caught:
        Envelopes(Redactor(KEY), "e").read(CREATE, RawResponse(400, {}, json.dumps(body).encode()))
    assert caught.value.context == {"a": [{"kept": 1}]} and caught.value.api_message == "{'text': 'no'}"
    failed = {"taskId": "t", "taskStatus": "FAILED", "result": {"id": "i", "password": "hunter2"}}
    with pytest.raises(ApiError) as caught:
        Envelopes(Redactor(KEY), "e").read(CREATE, RawResponse(200, {}, json.dumps(failed).encode()))
    assert "hunter2" not in str(caught.value.details) + caught.value.sentence and "{'id': 'i'}" in caught.value.sentence


def test_a_key_that_is_cut_off_behind_many_blanks_does_not_show():
    page = " " * (10_000 - 10) + KEY + "</html>"
    with pytest.raises(ApiError) as caught:
        Envelopes(Redactor(KEY), "e").read(LIST, RawResponse(400, {}, page.encode()))
    assert KEY[:4] not in caught.value.sentence


@pytest.mark.parametrize("half", [b'"\\ud800x"', b'"\\uDFFFx"', b'"\xed\xa0\x80x"'])
def test_halves_of_characters_are_replaced_and_whole_ones_kept(half):
    content = b'{"data": [{"id": "i", "name": ' + half + b', "other": "\\ud83c\\udf89 \xf0\x9f\x8e\x89"}]}'
    (entry,) = Envelopes(Redactor(KEY), "e").read(LIST, RawResponse(200, {}, content)).data
    assert entry == {"id": "i", "name": "?x", "other": "🎉 🎉"}


def test_a_document_without_escapes_is_not_searched():
    data = [{"name": "web"}]
    assert Texts([KEY]).hidden_in(data, json.dumps(data)) is data
