# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP and JSON of the API: URLs, headers, retries, envelopes, errors. It knows nothing of Ansible.

What a caller has to know of failures is in three classes:

- ``Unsent``: the server surely did not take the request. Whatever the request was, it may be sent again.
- ``LostAnswer``: the server may have taken it. A read is sent again here; after a write the caller has to look.
- any other ``ApiError``: the server answered, and the answer is no.
"""

from __future__ import annotations

import email.utils
import ipaddress
import json
import os
import queue
import random
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

DEFAULT_API_URL = "https://portal.coxedge.com/api/v2"
USER_AGENT = "ansible-collection coxedge.compute"

# Seconds. Cap of the exponential back-off, and the longest Retry-After that a read without a deadline waits for.
MAX_BACKOFF = 30.0
MAX_RETRY_AFTER = 60.0
# How much of a text that is no JSON an error shows.
SHOWN_TEXT = 200
# The longest time in seconds that one answer can be waited for: a day.
MAX_TIMEOUT = 86400
# How much of any text of the API's an error shows.
MAX_SHOWN = 500
# How many characters of JSON the context of an error may have to be passed on.
MAX_CONTEXT = 10_000
# How often a list that changes while it is paged through is read anew.
LIST_ATTEMPTS = 3

UUID_PATTERN = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_uuid(text: object) -> bool:
    """Whether a text is a UUID, and so an id to the API."""
    return isinstance(text, str) and UUID_PATTERN.fullmatch(text) is not None


def one_line(text: object) -> str:
    """A text of the API's for a sentence: on one line, printable, and not endless."""
    words = " ".join("".join(char if char.isprintable() else " " for char in str(text)).split())
    return words if len(words) <= MAX_SHOWN else words[:MAX_SHOWN] + "..."


class ApiError(Exception):
    """A failure, as one sentence; with what the API said of it where it said anything.

    ``status_code``: of HTTP; ``code``, ``api_message``, ``context``: of the first entry in the answer's ``errors``.
    """

    def __init__(
        self,
        message: str,
        status_code: int | None = None,
        code: int | str | None = None,
        api_message: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        self.code = code
        self.api_message = api_message
        self.context = dict(context or {})
        self.retry_after: float | None = None
        self.task_id: str | None = None

    def __str__(self) -> str:
        # The message may have been added to since.
        return self.message

    @property
    def sentence(self) -> str:
        """The message with its full stop."""
        return self.message.rstrip(". ") + "."

    @property
    def details(self) -> dict[str, Any]:
        """The failure as data: what a failed module returns as ``error``."""
        return {
            "status_code": self.status_code,
            "code": self.code,
            "message": self.api_message if self.api_message is not None else self.message,
            "context": self.context,
        }


class Unsent(ApiError):
    """The server surely did not carry out the request: connection refused, or 429."""


class LostAnswer(ApiError):
    """The request may have been carried out: time-out, reset, 5xx, or an answer that can't be read."""

    # An answer of status 200 that is HTML will be HTML again: another server sits behind the URL.
    hopeless = False


class DeadlineExceeded(ApiError):
    """The time for the whole run is over."""


class TaskFailed(ApiError):
    """The API says that a task has failed."""


class Deadline:
    """One point in time until which a run may last. ``seconds`` None: for ever."""

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._ends = None if seconds is None else clock() + seconds

    def remaining(self) -> float:
        """Seconds left, 0.0 when it is over, infinite without one."""
        return float("inf") if self._ends is None else max(0.0, self._ends - self._clock())


@dataclass(frozen=True)
class Connection:
    """Where the API is and who is asking; the options that all modules share. Times in seconds."""

    api_key: str = field(repr=False)
    service_code: str
    environment_name: str
    api_url: str = DEFAULT_API_URL
    organization_id: str | None = None
    api_timeout: float = 60
    api_retries: int = 5
    validate_certs: bool = True
    ca_path: str | None = None

    def problem(self) -> str | None:
        """What is wrong with the values, as a sentence that names the option; None if nothing is."""
        try:
            parts = urlsplit(self.api_url)
            host, _port = parts.hostname, parts.port
        except ValueError:
            return "api_url has no valid host or port: give it as https://HOST[:PORT]/PATH."
        if parts.scheme not in ("http", "https") or not host:
            return f"api_url must be an http or https URL such as {DEFAULT_API_URL}."
        if "@" in parts.netloc or parts.query or parts.fragment:
            return "api_url must be a plain URL, with no user, query or fragment: the key belongs into api_key."
        if parts.scheme == "http" and not is_loopback(host):
            return f"api_url must begin with https:// for the host {host}: over plain http anybody on the way could read api_key."
        if not self.api_key.isascii() or not self.api_key.isprintable():
            return "api_key holds characters that no API key has, such as line breaks: copy it again from the portal."
        for name in ("service_code", "environment_name"):
            if getattr(self, name).strip(".") == "" or not getattr(self, name).isprintable():
                return f"{name} is no name that the API could know: copy it from the portal."
        if not 0 < self.api_timeout <= MAX_TIMEOUT:
            return f"api_timeout must be greater than 0 and at most {MAX_TIMEOUT} seconds."
        if self.api_retries < 0:
            return "api_retries must be 0 or greater."
        if self.ca_path and not os.path.exists(self.ca_path):
            return "ca_path names a file that does not exist: give the path of a CA bundle on the host that runs the module."
        return None


@dataclass(frozen=True)
class Request:
    """One request. ``path``: below the base URL; ``doing``: what it is for, to follow "Could not" in errors."""

    method: str
    path: str
    doing: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    whole: bool = False
    """Whether the answer's document is returned as it is, as ``data``."""


@dataclass(frozen=True)
class Answer:
    """A successful answer. ``data``: its payload; ``task_id``: of the work that goes on, None if it has ended."""

    data: Any = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    task_id: str | None = None
    vague: bool = False
    """The API names no task that is at work, and shows nothing that came of it."""


@dataclass(frozen=True)
class TaskStatus:
    """One look at a task: ``ended``, and then its ``result``. ``lost``: why the API knows nothing of it (any more)."""

    ended: bool
    result: Any = None
    lost: ApiError | None = None


def is_loopback(host: str) -> bool:
    """Whether a host name or address leads to this machine, by its spelling."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# Blotting out a shorter one would garble answers. Real keys have dozens of characters.
SHORTEST_KEY_TO_HIDE = 8


class Client:
    """Talks to one environment of the API.

    It is safe to use from several threads. ``clock``, ``sleep`` and ``jitter`` (a number between 0 and 1) are passed in so
    that tests of waiting need not wait.
    """

    def __init__(
        self,
        connection: Connection,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        pool_size: int = 10,
        secrets: Sequence[str] = (),
    ) -> None:
        """``pool_size``: how many requests are in flight at most.

        ``secrets``: texts beside the key that must not show in an error when the API echoes them, such as user data."""
        self.connection = connection
        self.clock, self.sleep, self.jitter = clock, sleep, jitter
        self._base = connection.api_url.rstrip("/")
        self._host = urlsplit(self._base).hostname or ""
        self._pool_size = pool_size
        # Longest first, so that a part does not spoil the whole; of short words, blotting out would garble everything.
        parts = {line.strip() for text in secrets for line in (text, *text.splitlines())}
        self._secrets = [connection.api_key, *sorted((part for part in parts if len(part) >= 8), key=len, reverse=True)]
        # Who sleeps before another try is not in flight, and holds up nobody.
        self._in_flight = threading.Semaphore(pool_size)
        self.paged: set[str] = set()
        """The entity types of which a list came in pages. While pages are read, one entry that goes and one that comes can make a
        third slip by unseen, and the count tells nothing of it."""
        self._session: Any = None
        self._session_lock = threading.Lock()

    # -- what callers use

    @property
    def place(self) -> str:
        """The environment in words, for sentences."""
        return f"environment {self.connection.environment_name} of service {self.connection.service_code}"

    def path(self, entity: str, entity_id: str | None = None) -> str:
        """The path of a resource below the base URL."""
        parts = ["services", self.connection.service_code, self.connection.environment_name, entity]
        return "/".join(quote(part, safe="") for part in parts + ([entity_id] if entity_id else []))

    def fetch_all(self, entity: str, deadline: Deadline, **filters: str) -> list[dict[str, Any]]:
        """A whole list. Fails rather than return a part of it; a 404 here means the environment or the service."""
        for _attempt in range(LIST_ATTEMPTS):
            rows = self._list_once(entity, deadline, filters)
            if rows is not None:
                return rows
        raise ApiError(
            f"The list of {entity} in {self.place} changed each time while its pages were read: try again when less is going on."
        )

    def fetch_one(self, entity: str, entity_id: str, deadline: Deadline) -> dict[str, Any] | None:
        """One resource, None where the API answers 404: whether that means absence is the caller's to find out."""
        doing = f"read {entity} {entity_id}"
        try:
            data = self._send(Request("GET", self.path(entity, entity_id), doing), deadline).data
        except ApiError as error:
            if error.status_code == 404:
                return None
            raise
        if not isinstance(data, dict) or not isinstance(data.get("id"), str):
            raise ApiError(f"Could not {doing}: the answer holds no such resource; check that api_url leads to the API.")
        if data["id"].lower() != entity_id.lower():
            raise ApiError(f"Could not {doing}: the API answered with another one, {self.clean(data['id'])}.")
        return data

    def write(
        self,
        method: str,
        entity: str,
        entity_id: str | None,
        deadline: Deadline,
        body: Mapping[str, Any] | None = None,
        operation: str | None = None,
    ) -> Answer:
        """Sends one write. Raises LostAnswer where the server may have taken it, never sends it again by itself then."""
        what = operation or {"POST": "create", "PUT": "update", "DELETE": "delete"}[method]
        doing = f"{what} instance {entity_id}" if entity_id else f"{what} an instance"
        params = {"operation": operation} if operation else {}
        return self._send(Request(method, self.path(entity, entity_id), doing, params, body), deadline)

    def task(self, task_id: str, deadline: Deadline) -> TaskStatus:
        """One look at a task. Raises TaskFailed where it has failed; a task that the API does not know is ``lost``."""
        doing = f"poll task {self.clean(task_id)}"
        if task_id.strip(".") == "":
            return TaskStatus(False, lost=ApiError(f"Could not {doing}: the API gave no usable task id."))
        try:
            body = self._send(Request("GET", "tasks/" + quote(task_id, safe=""), doing, whole=True), deadline).data
        except ApiError as error:
            # With errors and status 200, or with 404: the API has nothing to say of the task, which is no word on the work.
            if error.status_code == 404 or (error.status_code or 500) < 300:
                return TaskStatus(False, lost=error)
            raise
        return self._task_status(body, task_id)

    def clean(self, text: object) -> str:
        """A text of the API's for an error message: see ``one_line``; and never with the key in it."""
        return one_line(self._scrubbed(str(text)))

    # -- lists

    def _list_once(self, entity: str, deadline: Deadline, filters: Mapping[str, str]) -> list[dict[str, Any]] | None:
        """All pages of a list; None if it changed on the way.

        The published text promises ``recordCount`` and no paging; page_number and page_size are in an unpublished part of
        it. So the first request asks for no page, and only what is missing is asked for by page.
        """
        doing = f"list {entity} in {self.place}"
        answer = self._list_answer(Request("GET", self.path(entity), doing, filters), deadline)
        rows, count = self._rows(answer, doing)
        # Without a count, a page that is full may not be the last one.
        full = self._number(answer.metadata.get("pageSize")) if count is None else None
        seen: dict[str, dict[str, Any]] = {self._row_key(entity, row, doing): row for row in rows}
        page, size = self._number(answer.metadata.get("pageCurrent")) or 1, len(rows)
        while (count is not None and len(seen) < count) or (full and len(rows) >= full):
            page += 1
            self.paged.add(entity)
            params = {**filters, "page_number": str(page), "page_size": str(max(1, size))}
            answer = self._list_answer(Request("GET", self.path(entity), doing, params), deadline)
            rows, count_now = self._rows(answer, doing)
            if count_now != count:
                # Something came or went: rows have moved between pages, and one may have slipped by unseen.
                return None
            new = {self._row_key(entity, row, doing): row for row in rows if self._row_key(entity, row, doing) not in seen}
            if not new and count is None:
                break
            if not new:
                raise ApiError(
                    f"Could not {doing}: the API says that there are {count} but shows {len(seen)} of them;"
                    " nothing is done on a part of a list, ask the operator of the API about it."
                )
            seen.update(new)
        return list(seen.values())

    def _list_answer(self, request: Request, deadline: Deadline) -> Answer:
        try:
            return self._send(request, deadline)
        except ApiError as error:
            if error.status_code != 404:
                raise
            known = self._known_environments(deadline)
            hint = f"; this api_key can see the environments {', '.join(known)}" if known else ""
            raise ApiError(
                f"The API knows no {self.place} (HTTP 404): check environment_name and service_code{hint}.",
                404,
                error.code,
                error.api_message,
                error.context,
            ) from None

    def _known_environments(self, deadline: Deadline) -> list[str]:
        """Names of environments that the key can see, for a hint; empty where they can't be had."""
        try:
            rows = self._once(
                Request("GET", "environments", "list the environments"), Deadline(min(10, deadline.remaining()), self.clock)
            ).data
        except ApiError:
            return []
        names = [row.get("name") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return sorted({self.clean(name) for name in names if isinstance(name, str)})[:20]

    def _rows(self, answer: Answer, doing: str) -> tuple[list[dict[str, Any]], int | None]:
        """The entries of a list answer and how many the API says there are (None: it does not say)."""
        rows = answer.data
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ApiError(
                f"Could not {doing}: the answer holds no list of objects in its field data; check that api_url leads to the API."
            )
        shown = answer.metadata.get("recordCount")
        count = self._number(shown)
        if shown is not None and (count is None or count < 0):
            raise ApiError(f"Could not {doing}: the API says that there are {self.clean(shown)} of them, so the list may not be whole.")
        return rows, count

    @staticmethod
    def _number(value: object) -> int | None:
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
            return int(value)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @staticmethod
    def _row_key(entity: str, row: Mapping[str, Any], doing: str) -> str:
        """What tells an entry from the others: its id; SSH keys have none, and a name instead."""
        key = row.get("name") if entity == "sshkeys" else row.get("id")
        if not isinstance(key, str) or not key:
            raise ApiError(f"Could not {doing}: an entry of the answer has no id.")
        return key

    # -- tasks

    def _task_status(self, body: Any, task_id: str) -> TaskStatus:
        """What the body of a poll says; both documented shapes, and the older name of failure."""
        if not isinstance(body, dict):
            return TaskStatus(False)
        shown = body
        if "taskStatus" not in body and isinstance(body.get("data"), dict):
            shown = body["data"]
        status = shown.get("taskStatus", shown.get("status"))
        status = status.upper() if isinstance(status, str) else ""
        errors = body.get("errors") or shown.get("errors")
        if status in ("FAILED", "FAILURE"):
            raise self._task_failure(errors, shown.get("result"), task_id)
        if status == "SUCCESS":
            return TaskStatus(True, shown.get("result"))
        if errors and not status:
            return TaskStatus(False, lost=self._refusal(200, {"errors": errors}, f"poll task {self.clean(task_id)}"))
        return TaskStatus(False)

    def _task_failure(self, errors: Any, result: Any, task_id: str) -> TaskFailed:
        code, text, context = self._first_error(errors)
        if text is None and result:
            if isinstance(result, dict):
                result = next((v for k, v in result.items() if re.search("error|message|reason", k, re.I)), result)
            text = self.clean(result)
        failed = TaskFailed(
            f"The API reports that task {self.clean(task_id)} has failed: {self._described(code, text, context)}.",
            None,
            code,
            text,
            context,
        )
        failed.task_id = task_id
        return failed

    # -- one request, tried again where that is safe

    def _send(self, request: Request, deadline: Deadline) -> Answer:
        """One request with its retries."""
        doing = request.doing
        tries, problem = 0, ""
        while True:
            if deadline.remaining() <= 0:
                raise DeadlineExceeded(f"Could not {doing}: the wait_timeout of {deadline.seconds:g} seconds is over{problem}")
            try:
                return self._once(request, deadline)
            except ApiError as error:
                tries, problem = tries + 1, f"; before that: {error.message}"
                again = isinstance(error, Unsent) or (request.method == "GET" and isinstance(error, LostAnswer) and not error.hopeless)
                if not again:
                    raise
                if tries > self.connection.api_retries:
                    error.message += f" (tried {tries} times)" if tries > 1 else ""
                    raise
                self._pause(error, tries, deadline, doing)

    def _pause(self, error: ApiError, tries: int, deadline: Deadline, doing: str) -> None:
        """Waits before the next try: as long as the server asks for, else exponentially longer, with jitter."""
        left = deadline.remaining()
        if error.retry_after is not None:
            delay = error.retry_after
            limit = MAX_RETRY_AFTER if deadline.seconds is None else left
            if delay > limit:
                error.message = (
                    f"Could not {doing}: the API asks to wait for {delay:.0f} seconds, which is longer than there is time; try again later"
                )
                raise error
        else:
            delay = self.backoff(tries)
            # Rather one more try shortly before the end than none.
            delay = min(delay, left - 1.0 if left > 1.0 else left)
        self.sleep(delay)

    def backoff(self, tries: int) -> float:
        """Seconds to wait after so many tries: doubling from 0.5 s, at most 30 s, with a random part of a half."""
        return float(min(MAX_BACKOFF, 0.5 * 2 ** min(tries - 1, 16))) * (0.5 + self.jitter() / 2)

    def _once(self, request: Request, deadline: Deadline) -> Answer:
        """One request, sent once."""
        doing = request.doing
        with self._in_flight:
            status, headers, content = self._exchange(request, deadline)
        if status == 429:
            limited = Unsent(f"Could not {doing}: the API is limiting the rate of requests (HTTP 429)", 429)
            limited.retry_after = _retry_after(headers.get("Retry-After"))
            raise limited
        if 300 <= status < 400:
            target = _host_of(headers.get("Location") or "")
            raise ApiError(
                f"Could not {doing}: the API redirects to {self.clean(target or 'another place')} (HTTP {status}), which is not"
                " followed because it would carry the api_key along; set api_url to where the API really is.",
                status,
            )
        if status == 204:
            return Answer(vague=True)
        key = self.connection.api_key.encode()
        if len(key) >= SHORTEST_KEY_TO_HIDE:
            # Where a server tells it back, it would go on into results, hosts and caches.
            content = content.replace(key, b"********")
        document = _decoded(content)
        if document is None and 400 <= status < 500:
            # A gateway's own no, most often as HTML.
            document = {"errors": [{"message": self._text(content) or "the answer was empty"}]}
        if status >= 500 or document is None:
            raise self._unreadable(status, headers, content, document, doing)
        if request.whole and status < 300 and ("taskStatus" in document or isinstance(document.get("data"), dict)):
            return Answer(document)
        failed_already = status < 300 and document.get("taskStatus") in ("FAILED", "FAILURE")
        if (document.get("errors") and not failed_already) or status >= 400:
            raise self._refusal(status, document, doing)
        return self._answer(document)

    def _answer(self, document: Mapping[str, Any]) -> Answer:
        """The success envelope; work that the server says has failed already is an error."""
        task_id = document.get("taskId")
        status = document.get("taskStatus")
        status = status.upper() if isinstance(status, str) else ""
        metadata = document.get("metadata")
        data = document.get("data")
        task_id = task_id if isinstance(task_id, str) and task_id else None
        if status in ("FAILED", "FAILURE"):
            raise self._task_failure(document.get("errors"), document.get("result") or data, task_id or "")
        if status == "SUCCESS":
            task_id, data = None, data or document.get("result")
        vague = task_id is None and status != "SUCCESS" and (bool(status) or not data)
        return Answer(data, metadata if isinstance(metadata, dict) else {}, task_id, vague)

    def _unreadable(self, status: int, headers: Mapping[str, str], content: bytes, document: Any, doing: str) -> LostAnswer:
        """An answer that does not say what became of the request."""
        if document is not None:
            code, text, context = self._first_error(document.get("errors"))
            words = self._described(code, text, context)
            lost = LostAnswer(f"Could not {doing}: the API had an error of its own (HTTP {status}): {words}", status, code, text, context)
        else:
            text = self._text(content)
            shown = f"which begins: {text}" if text else "which is empty"
            lost = LostAnswer(f"Could not {doing}: expected JSON but got an answer (HTTP {status}) {shown}", status, None, text)
            lost.hopeless = status < 300 and "html" in (headers.get("Content-Type") or "").lower()
            if lost.hopeless:
                lost.message += "; check that api_url leads to the API"
        lost.retry_after = _retry_after(headers.get("Retry-After")) if status in (503, 500, 502, 504) else None
        return lost

    def _text(self, content: bytes) -> str:
        """The beginning of a body that is no JSON, for an error message."""
        return self.clean(content[: SHOWN_TEXT * 4].decode("utf-8", "replace"))[:SHOWN_TEXT]

    def _refusal(self, status: int, document: Mapping[str, Any], doing: str) -> ApiError:
        """The error of a server that answered no."""
        code, text, context = self._first_error(document.get("errors"))
        words = self._described(code, text, context)
        if status in (401, 403):
            sentence = (
                f"Could not {doing}: the API does not accept this api_key here;"
                f" check the key and what its owner may do in {self.place} (the API says: {words})."
            )
        else:
            sentence = f"Could not {doing}: {words}{'' if status < 400 else f' (HTTP {status})'}."
        return ApiError(sentence, status, code, text, context)

    def _first_error(self, errors: Any) -> tuple[int | str | None, str | None, dict[str, Any]]:
        """Code, message and context of an ``errors`` field; the messages of further entries are joined to the first's."""
        rows = errors if isinstance(errors, list) else [errors] if errors else []
        code: int | str | None = None
        texts: list[str] = []
        context: dict[str, Any] = {}
        for row in rows:
            if not isinstance(row, dict):
                texts.append(self.clean(row))
                continue
            if row.get("message"):
                texts.append(self.clean(row["message"]))
            if code is None:
                code = row.get("code", row.get("errorCode"))
                context = row["context"] if isinstance(row.get("context"), dict) else {}
        if code is not None and not isinstance(code, int):
            code = self.clean(code)
        try:
            shown = json.dumps(context)
        except RecursionError:
            shown = ""
        # What is too big to be read, or nested without end, is left out.
        context = self._scrubbed(context) if shown and len(shown) <= MAX_CONTEXT and shown.count("[") + shown.count("{") < 100 else {}
        return code, "; ".join(texts) or None, context

    def _scrubbed(self, value: Any) -> Any:
        """A text, or all texts in a JSON value, without the secrets that the API may echo."""
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, "********")
            return value
        if isinstance(value, dict):
            return {self._scrubbed(name): self._scrubbed(item) for name, item in value.items() if name != "userData"}
        return [self._scrubbed(item) for item in value] if isinstance(value, list) else value

    def _described(self, code: int | str | None, text: str | None, context: Mapping[str, Any]) -> str:
        """Message, code and context in words."""
        facts = [f"code {code}"] if code is not None else []
        for name, value in context.items():
            shown = ", ".join(str(item) for item in value) if isinstance(value, list) else value
            facts.append(f"{self.clean(name)}: {self.clean(shown)}")
        words = (text or "no reason was given").rstrip(". ")
        return f"{words} ({'; '.join(facts)})" if facts else words

    # -- the wire

    def _exchange(self, request: Request, deadline: Deadline) -> tuple[int, Mapping[str, str], bytes]:
        """Sends a request and reads the whole answer: status, headers, body.

        requests bounds each single read, not their sum: a server that drips could hold us for ever. So the exchange runs in a
        thread of its own, which is left behind when its time is over.
        """
        session = self._ready_session()
        left = max(0.05, deadline.remaining())
        timeout = min(self.connection.api_timeout, left)
        limit = min(2 * timeout, left)
        query = dict(request.params)
        if self.connection.organization_id:
            query["org_id"] = self.connection.organization_id
        headers = {"Content-Type": "application/json"} if request.method != "GET" else {}
        data = None if request.body is None else json.dumps(request.body).encode()
        url = f"{self._base}/{request.path}"
        import requests

        outcome: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

        def work() -> None:
            try:
                # Straight to the adapter: the session would look into redirects even where it is told not to follow them.
                prepared = session.prepare_request(requests.Request(request.method, url, params=query, data=data, headers=headers))
                adapter = session.get_adapter(url)
                response = adapter.send(prepared, timeout=(timeout, timeout), verify=self._verify(), proxies=self._proxies())
                outcome.put(((response.status_code, response.headers, response.content), None))
            except BaseException as error:  # pylint: disable=broad-exception-caught
                outcome.put((None, error))

        threading.Thread(target=work, daemon=True).start()
        try:
            answer, error = outcome.get(timeout=limit)
        except queue.Empty:
            raise LostAnswer(f"Could not {request.doing}: the answer of {self._host} did not end within {limit:g} seconds") from None
        if error is not None:
            raise self._transport_error(error, request.doing, timeout) from None
        status, answer_headers, content = answer
        return status, answer_headers, content

    def _ready_session(self) -> Any:
        """The session, made at first use: importing requests takes longer than many a task."""
        with self._session_lock:
            if self._session is None:
                import requests
                import requests.adapters

                self._check_bundle()
                if not self.connection.validate_certs:
                    import urllib3

                    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
                session = requests.Session()
                # What goes out is decided here alone. Trusting the environment would add passwords from .netrc.
                session.trust_env = False
                session.headers.update({"MC-Api-Key": self.connection.api_key, "User-Agent": USER_AGENT, "Accept": "application/json"})
                adapter = requests.adapters.HTTPAdapter(pool_connections=2, pool_maxsize=self._pool_size)
                session.mount("https://", adapter)
                session.mount("http://", adapter)
                self._session = session
            return self._session

    def _verify(self) -> bool | str:
        """What requests calls verify: whether and against which CA bundle certificates are checked."""
        if not self.connection.validate_certs:
            return False
        bundle = self.connection.ca_path or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        return bundle or True

    def _check_bundle(self) -> None:
        """Raises ApiError for a bundle that can't be used, which would look like a broken connection later on."""
        bundle = self._verify()
        if isinstance(bundle, str) and self._base.startswith("https:"):
            where = "ca_path" if self.connection.ca_path else "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE in the environment"
            try:
                folder = os.path.isdir(bundle)
                ssl.create_default_context(cafile=None if folder else bundle, capath=bundle if folder else None)
            except OSError as error:
                reason = one_line(error.strerror or error)
                raise ApiError(
                    f"{where} does not name a bundle of CA certificates that can be used ({reason}): give another path."
                ) from None

    def _proxies(self) -> dict[str, str]:
        """The proxies of the environment, none for loopback."""
        if is_loopback(self._host):
            return {}
        from requests.utils import get_environ_proxies

        return get_environ_proxies(self._base, no_proxy=None)

    def _transport_error(self, error: BaseException, doing: str, timeout: float) -> ApiError:
        """An exception of requests as one of ours. Its own text is not used: it can hold URLs with passwords of proxies."""
        from requests import exceptions

        chain = list(_causes(error))
        names = {type(item).__name__ for item in chain}
        unverified = next((item for item in chain if isinstance(item, ssl.SSLCertVerificationError)), None)
        if unverified is not None or "certificate verify failed" in str(error):
            reason = self.clean(getattr(unverified, "verify_message", "") or "it does not verify").rstrip(".")
            return ApiError(
                f"Could not {doing}: the certificate of {self._host} is not to be trusted ({reason}); check api_url, or set ca_path to the"
                " bundle of the CA that signed it."
            )
        # Not every ProxyError is one of reaching the proxy: urllib3 takes a reset after the request was sent for one too.
        refused = {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}
        if isinstance(error, exceptions.ConnectTimeout) or names & refused or "Tunnel connection failed" in str(error):
            through = "the proxy of the environment" if isinstance(error, exceptions.ProxyError) else self._host
            return Unsent(f"Could not {doing}: no connection to {through} ({_os_reason(chain)})")
        if isinstance(error, exceptions.Timeout) or names & {"ReadTimeoutError", "TimeoutError"}:
            return LostAnswer(f"Could not {doing}: {self._host} did not answer within {timeout:g} seconds")
        if isinstance(error, (exceptions.RequestException, OSError)) or "HTTPError" in {c.__name__ for c in type(error).__mro__}:
            return LostAnswer(f"Could not {doing}: the connection to {self._host} broke off ({_os_reason(chain)})")
        if isinstance(error, ImportError):
            raise error
        return LostAnswer(f"Could not {doing}: an unexpected {type(error).__name__} on the way to {self._host}")


def _causes(error: BaseException | None) -> list[BaseException]:
    """An exception and all that it wraps, by whichever way its library wraps."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < 20:
        item = waiting.pop(0)
        if not isinstance(item, BaseException) or item in found:
            continue
        found.append(item)
        waiting += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]
    return found


def _os_reason(chain: list[BaseException]) -> str:
    """The plain words of the operating system for what happened, else the name of the innermost exception."""
    for item in reversed(chain):
        if isinstance(item, OSError) and item.strerror and isinstance(item.errno, int):
            return str(item.strerror).lower()
    return type(chain[-1]).__name__


def _host_of(url: str) -> str | None:
    """The host of a URL; None if it has none or is no URL."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _decoded(content: bytes) -> dict[str, Any] | None:
    """The JSON object of a body; None if it is anything else."""
    try:
        document = json.loads(content)
        if b"\\ud" in content.lower():
            # Half of a surrogate pair is no text: core would refuse the whole result for its sake.
            document = json.loads(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _retry_after(value: str | None) -> float | None:
    """Seconds of a Retry-After header, which has a number or a date; None if it makes no sense."""
    if not value:
        return None
    if re.fullmatch(r"\d{1,9}", value.strip()):
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, IndexError, OverflowError, OSError):
        return None
