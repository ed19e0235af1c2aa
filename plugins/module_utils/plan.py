# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be done: a pure function of what is there and what is wanted.

Nothing here talks to the API. Check mode shows a plan, a real run carries the same plan out, diff mode shows its two ends:
so they cannot disagree.

``TABLE`` is the heart: what each wanted state means for an instance in each condition. Instances are dicts as users see
them (see ``fields.shown``); options are the options of the module ``instance``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .api.errors import ApiError
from .fields import BY_OPTION, CHANGE_ORDER, DESTROY_FLAGS, FIELDS, SHAPE, Field, digest
from .text import as_integer, enumerated, is_uuid, one_line

# Conditions of an instance: the columns of the table.
NONE, RUNNING, STOPPED, TRANSITION, ERROR, DESTROYED = "none", "running", "stopped", "in transition", "error", "destroyed"

# What a cell says to do, in order. Beside operations of the API:
# converge: change what differs; settle: wait, then look again; warn: nothing, with a warning;
# fail: it can't be done; refuse: it can't be done to this one, but there is a way on.
TABLE: dict[str, dict[str, tuple[str, ...]]] = {
    "present": {
        NONE: ("create",),
        RUNNING: ("converge",),
        STOPPED: ("converge",),
        TRANSITION: ("settle",),
        ERROR: ("warn",),
        DESTROYED: ("refuse",),
    },
    "started": {
        NONE: ("create",),
        RUNNING: ("converge",),
        STOPPED: ("converge", "start"),
        TRANSITION: ("settle",),
        ERROR: ("fail",),
        DESTROYED: ("refuse",),
    },
    "stopped": {
        NONE: ("create", "stop"),
        RUNNING: ("stop", "converge"),
        STOPPED: ("converge",),
        TRANSITION: ("settle",),
        ERROR: ("fail",),
        DESTROYED: ("refuse",),
    },
    "restarted": {
        NONE: ("create",),
        RUNNING: ("converge", "reboot"),
        STOPPED: ("converge", "reboot"),
        TRANSITION: ("settle",),
        ERROR: ("fail",),
        DESTROYED: ("refuse",),
    },
    "recovered": {NONE: ("fail",), RUNNING: (), STOPPED: (), TRANSITION: (), ERROR: (), DESTROYED: ("recover",)},
    "absent": {
        NONE: (),
        RUNNING: ("delete",),
        STOPPED: ("delete",),
        TRANSITION: ("settle",),
        ERROR: ("delete",),
        DESTROYED: (),
    },
}

# They change what no option of an instance is about.
ISO_OPERATIONS = ("attachIso", "detachIso")

# The state of the API that an operation ends in; of the others, none in particular.
ENDS_IN = {"create": "Running", "start": "Running", "reboot": "Running", "stop": "Stopped", "delete": "Destroyed", "recover": "Stopped"}


class Refused(Exception):
    """The wanted can't be had, for a reason that the user can mend; nothing was written for it."""


def failure_of(problem: ApiError | Refused) -> dict[str, Any]:
    """A failure as it is returned: the sentence, what the API said, and the task that goes on, if there is one."""
    if not isinstance(problem, ApiError):
        return {"msg": str(problem), "error": ApiError(str(problem)).details}
    failure: dict[str, Any] = {"msg": problem.sentence, "error": problem.details}
    if problem.task_id:
        failure["task_id"] = problem.task_id
        if problem.task_id not in failure["msg"]:
            failure["msg"] = f"{failure['msg'][:-1]} (task {problem.task_id})."
    return failure


@dataclass(frozen=True)
class Lookup:
    """An option whose value, a name or an id, has to be looked up in the catalog."""

    option: str
    kind: str
    text: str


@dataclass(frozen=True)
class Needs:
    """What has to be read before a plan can be made. Empty in the most frequent case: nothing differs."""

    lookups: tuple[Lookup, ...] = ()
    holders_of_name: str | None = None
    """A name whose live holders have to be known, before another instance takes it."""
    volumes: tuple[str, ...] = ()
    """What ``volumes_to_delete`` says, where it has an effect."""
    addresses: tuple[str, ...] = ()
    """What ``public_ips_to_release`` says, where it has an effect."""


@dataclass
class Facts:
    """What was read for ``Needs``."""

    records: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Option: the entry of the catalog that its value stands for."""
    holders: tuple[str, ...] = ()
    """Ids of live instances that have the wanted name."""
    volume_ids: tuple[str, ...] = ()
    address_ids: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Step:
    """One operation. ``body``: what it sends; ``effect``: what of the instance is another afterwards, as users see it."""

    action: str
    body: Mapping[str, Any] | None = None
    effect: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What to do, in order, and what it leads to. ``after`` None: there is no instance then."""

    steps: tuple[Step, ...]
    before: Mapping[str, Any] | None
    after: dict[str, Any] | None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What a create is given that instances do not show; for the diff."""
    warnings: tuple[str, ...] = ()
    drift: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def actions(self) -> list[str]:
        """The operations by their API names."""
        return [step.action for step in self.steps]


# --- conditions ---------------------------------------------------------------------------------------------------


def state_of(instance: Mapping[str, Any] | None) -> str:
    """The state as the API spells it; empty where there is no instance, ``Unknown`` where none is reported."""
    if instance is None:
        return ""
    state = instance.get("state")
    return state if isinstance(state, str) and state else "Unknown"


def condition(instance: Mapping[str, Any] | None) -> str:
    """The column of the table for an instance. Expunging counts as none; what is not known by name as in transition."""
    state = state_of(instance).lower()
    if state in ("", "expunging"):
        return NONE
    return state if state in (RUNNING, STOPPED, ERROR, DESTROYED) else TRANSITION


def is_live(instance: Mapping[str, Any]) -> bool:
    """Whether a selection by name sees it."""
    return condition(instance) not in (NONE, DESTROYED)


def cell(instance: Mapping[str, Any] | None, options: Mapping[str, Any]) -> tuple[str, ...]:
    """What the table says, with the two options that move its borders."""
    state, column = options["state"], condition(instance)
    if state == "stopped" and options["force_stop"] and state_of(instance).lower() == "stopping":
        return ("stop", "converge")
    if state == "absent" and options["purge"] and column == DESTROYED:
        return ("purge",)
    return TABLE[state][column]


def must_settle(instance: Mapping[str, Any] | None, options: Mapping[str, Any]) -> bool:
    """Whether a transition has to end before anything can be planned."""
    return cell(instance, options) == ("settle",)


# --- comparison ---------------------------------------------------------------------------------------------------


def _may_differ(row: Field, current: Mapping[str, Any], wanted: Any) -> bool:
    """Whether an option's value may be another than the instance's, as far as that shows without the catalog.

    What the API does not report can't be compared, and counts as equal.
    """
    if wanted is None or row.shown_id is None:
        return False
    if row.lookup is None or is_uuid(wanted):
        actual = current.get(row.shown_id)
        return actual is not None and not _same(actual, wanted)
    name = current.get(row.shown_name or row.shown_id)
    return name != wanted if name is not None else current.get(row.shown_id) is not None


def _same(actual: Any, wanted: Any) -> bool:
    if isinstance(actual, str) and isinstance(wanted, str) and is_uuid(wanted):
        return actual.lower() == wanted.lower()
    if isinstance(wanted, int) and isinstance(actual, str):
        return actual == str(wanted)
    return bool(actual == wanted)


def _resizes(current: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
    return any(_may_differ(BY_OPTION[name], current, options.get(name)) for name in ("compute_offering", "cpu_count", "memory_in_mb"))


def _associates(current: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
    wanted = options.get("ssh_key_name")
    return wanted is not None and options["update_ssh_key"] == "always" and current.get("ssh_key_name") != wanted


def needs(current: Mapping[str, Any] | None, options: Mapping[str, Any]) -> Needs:
    """What has to be read before ``make_plan``. A run that changes nothing needs nothing.

    Raises Refused where it is clear without reading that an instance can't be created.
    """
    words = cell(current, options)
    if "create" in words:
        problem = _creation_problem(options)
        if problem:
            raise Refused(problem)
        rows = [row for row in FIELDS if row.lookup and options.get(row.option) is not None]
        return Needs(tuple(Lookup(row.option, row.lookup or "", options[row.option]) for row in rows))
    if "delete" in words:
        return Needs(volumes=tuple(options.get("volumes_to_delete") or ()), addresses=tuple(options.get("public_ips_to_release") or ()))
    if "converge" not in words or current is None:
        return Needs()
    lookups = []
    if _resizes(current, options):
        text = options.get("compute_offering") or current.get("compute_offering_id")
        if isinstance(text, str) and text:
            lookups.append(Lookup("compute_offering", "compute_offerings", text))
    if _may_differ(BY_OPTION["network"], current, options.get("network")):
        lookups.append(Lookup("network", "networks", options["network"]))
    if _associates(current, options):
        lookups.append(Lookup("ssh_key_name", "ssh_keys", options["ssh_key_name"]))
    renames = _may_differ(BY_OPTION["name"], current, options.get("name"))
    return Needs(tuple(lookups), options["name"] if renames else None)


# --- the plan -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """What this run has done to the instance before it is planned again."""

    interrupted: bool = False
    """It was rebooted, or stopped."""
    stopped: bool = False
    """It was running and this run stopped it."""


NO_PROGRESS = Progress()


def make_plan(current: Mapping[str, Any] | None, options: Mapping[str, Any], facts: Facts, progress: Progress = NO_PROGRESS) -> Plan:
    """The plan for one instance. Raises Refused, naming everything that is in the way."""
    words = cell(current, options)
    if words and words[0] in ("fail", "refuse"):
        raise Refused(_why_not(current, options))
    if words == ("warn",):
        warning = f"{described(current)} is in state Error and was left as it is; destroy it with state absent to create it anew"
        return Plan((), current, dict(current or {}), warnings=(warning,))
    if "create" in words:
        return _creation(options, facts, stops="stop" in words)
    if current is None:
        return Plan((), None, None)
    if words in (("delete",), ("purge",), ("recover",)):
        return _ending(words[0], current, options, facts)
    return _convergence(words, current, options, facts, progress)


def described(instance: Mapping[str, Any] | None) -> str:
    """An instance in an error or warning."""
    return f"Instance {one_line(instance.get('name'))} ({one_line(instance.get('id'))})" if instance else "The instance"


def _why_not(current: Mapping[str, Any] | None, options: Mapping[str, Any]) -> str:
    state, column = options["state"], condition(current)
    selected = f"with id {options['id']}" if options.get("id") else f"of name {options['name']!r}"
    if column == NONE:
        return f"There is no instance {selected} to recover: only a destroyed instance that was not purged can be recovered."
    if column == ERROR:
        return f"{described(current)} is in state Error and can't be {state}: destroy it with state absent and create it anew."
    return (
        f"{described(current)} is destroyed: use state recovered to bring it back, or state absent with purge true to remove it for"
        f" good; then state {state} can be used."
    )


def _creation_problem(options: Mapping[str, Any]) -> str | None:
    """Why an instance can't be created with these options, as one sentence; None if nothing stands against it."""
    if options.get("id"):
        return f"There is no instance with the id {options['id']}, and none is created by id: check the id, or select by name."
    missing = [row.option for row in FIELDS if row.needed and options.get(row.option) is None]
    if not missing:
        return None
    verb = "is" if len(missing) == 1 else "are"
    return (
        f"There is no instance of name {options.get('name')!r} yet, and {enumerated(missing)} {verb} needed to create it:"
        " give them, or check the name."
    )


def _creation(options: Mapping[str, Any], facts: Facts, stops: bool) -> Plan:
    size = _size(facts.records["compute_offering"], options, {})
    body: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for row in FIELDS:
        value = options.get(row.option)
        if value in (None, []) or not row.created_with or row.option in ("cpu_count", "memory_in_mb"):
            continue
        record = facts.records.get(row.option)
        # SSH keys go by their names, whatever ids they may have.
        body[row.api] = value if record is None or row.lookup == "ssh_keys" else record.get("id")
        if row.shown_id not in SHAPE:
            extra[row.option] = digest(value) if row.option == "user_data" else value
    body.update(size.body)

    created = dict(_expected(options, facts, size), state="Running")
    steps = [Step("create", body)]
    after = dict(created)
    for step in steps_after_create({**created, "hostname": options["name"]}, options, stops):
        steps.append(step)
        after.update(step.effect)
    return Plan(tuple(steps), None, after, extra)


def steps_after_create(created: Mapping[str, Any], options: Mapping[str, Any], stops: bool) -> list[Step]:
    """What a new instance still needs: the create takes no host name, and leaves it running."""
    steps = []
    hostname = options.get("hostname")
    if hostname is not None and hostname != created.get("hostname"):
        steps.append(Step("update", {"hostname": hostname}, {"hostname": hostname}))
    if stops:
        steps.append(Step("stop", None, {"state": "Stopped"}))
    return steps


def _expected(options: Mapping[str, Any], facts: Facts, size: _Size) -> dict[str, Any]:
    """A new instance as far as it can be known before; None for what the server decides."""
    expected = {name: list(missing) if isinstance(missing, list) else missing for name, missing in SHAPE.items()}
    network, offering, template = (facts.records[name] for name in ("network", "compute_offering", "template"))
    expected.update({row.shown_id: options.get(row.option) for row in FIELDS if row.shown_id and not row.lookup})
    expected.update(
        compute_offering_id=offering.get("id"),
        compute_offering_name=offering.get("name"),
        cpu_count=size.cpu_count,
        memory_in_mb=size.memory_in_mb,
        image_id=template.get("id"),
        image_name=template.get("name"),
        **_place_of(network),
    )
    if "affinity_group" in facts.records:
        expected["affinity_group_ids"] = [facts.records["affinity_group"].get("id")]
    return expected


def _place_of(network: Mapping[str, Any]) -> dict[str, Any]:
    """What of an instance follows from its network."""
    place = {"network_id": network.get("id"), "network_name": network.get("name")}
    for api, name in (("vpcId", "vpc_id"), ("vpcName", "vpc_name"), ("zoneId", "zone_id"), ("zoneName", "zone_name")):
        place[name] = network.get(api)
    return place


@dataclass(frozen=True)
class _Size:
    """CPU count and memory in MB, and what of them has to be sent."""

    cpu_count: int | None
    memory_in_mb: int | None
    body: Mapping[str, int]


def _size(offering: Mapping[str, Any], options: Mapping[str, Any], current: Mapping[str, Any]) -> _Size:
    """The size that an offering and the options come to; what is not given is filled in from the instance. Raises Refused."""
    name = offering.get("name")
    rows = (BY_OPTION["cpu_count"], BY_OPTION["memory_in_mb"])
    if not offering.get("custom"):
        for row in rows:
            fixed = offering.get(row.api)
            if options.get(row.option) is not None and fixed is not None and fixed != options[row.option]:
                raise Refused(
                    f"{row.option} {options[row.option]} is not to be had with the compute_offering {name!r}, which is fixed at {fixed}:"
                    f" leave {row.option} out or choose a custom compute_offering."
                )
        return _Size(offering.get("cpuCount"), offering.get("memoryInMB"), {})
    values = {row.option: options.get(row.option) or as_integer(current.get(row.option)) for row in rows}
    missing = [option for option, value in values.items() if value is None]
    if missing:
        raise Refused(f"The compute_offering {name!r} is a custom one: give {enumerated(missing)} too.")
    for row, key in zip(rows, ("availableCpuCountValues", "availableMemoryInMBValues")):
        allowed = offering.get(key)
        if isinstance(allowed, list) and allowed and values[row.option] not in allowed:
            words = ", ".join(str(item) for item in allowed)
            raise Refused(f"{row.option} {values[row.option]} is not to be had with the compute_offering {name!r}: choose one of {words}.")
    cpu_count, memory_in_mb = int(values["cpu_count"] or 0), int(values["memory_in_mb"] or 0)
    ratio = offering.get("maxMemoryInMBToCpuRatio")
    if isinstance(ratio, (int, float)) and ratio and memory_in_mb > ratio * cpu_count:
        raise Refused(
            f"memory_in_mb {memory_in_mb} is too much for cpu_count {cpu_count}:"
            f" the compute_offering {name!r} allows {ratio:g} MB for each CPU."
        )
    return _Size(cpu_count, memory_in_mb, {"cpuCount": cpu_count, "memoryInMB": memory_in_mb})


def _ending(action: str, current: Mapping[str, Any], options: Mapping[str, Any], facts: Facts) -> Plan:
    """Destroying, purging and recovering: the attributes play no part."""
    given = [name for name in ("public_ips_to_release", "volumes_to_delete") if options.get(name)]
    given += ["delete_snapshots"] if options["delete_snapshots"] else []
    if action == "recover":
        step = Step(action, None, {"state": ENDS_IN["recover"]})
        return Plan((step,), current, {**current, **step.effect})
    if action == "purge":
        warnings: tuple[str, ...] = ()
        if given:
            warnings = (f"{described(current)} is destroyed already: {enumerated(given)} can have no effect any more",)
        return Plan((Step(action),), current, None, warnings=warnings)
    body: dict[str, Any] = {api: options[option] for option, api in DESTROY_FLAGS}
    if facts.address_ids:
        body["publicIpIdsToRelease"] = list(facts.address_ids)
    if facts.volume_ids:
        body["volumeIdsToDelete"] = list(facts.volume_ids)
    after: dict[str, Any] | None = None
    if not options["purge"]:
        addresses = current.get("public_ips")
        kept = addresses
        if isinstance(addresses, list):
            kept = [row for row in addresses if not isinstance(row, Mapping) or row.get("id") not in facts.address_ids]
        after = {**current, "state": ENDS_IN["delete"], "public_ips": kept}
    return Plan((Step(action, body),), current, after, warnings=tuple(facts.warnings))


def _convergence(words: Sequence[str], current: Mapping[str, Any], options: Mapping[str, Any], facts: Facts, progress: Progress) -> Plan:
    """Changes of an existing instance, with at most one interruption."""
    changes, warnings = ([], []) if "converge" not in words else _changes(current, options, facts)
    stops_first = words[:1] == ("stop",)
    runs = condition(current) == RUNNING and not stops_first
    interrupting = [step for step in changes if reboots(step)]
    if "converge" in words:
        problems = [*_conflicts(current, options, facts), *_lacking_permissions(changes, current, options, runs)]
        if problems:
            raise Refused(" ".join(problems))
    steps = list(changes)
    if stops_first:
        force = {"forceStop": True} if options["force_stop"] else None
        steps.insert(0, Step("stop", force, {"state": "Stopped"}))
    elif runs and len(interrupting) > 1:
        steps = [Step("stop", None, {"state": "Stopped"}), *changes, Step("start", None, {"state": "Running"})]
    revives = progress.stopped and condition(current) == STOPPED and options["state"] in ("present", "restarted")
    if "start" in words or revives:
        steps.append(Step("start", None, {"state": "Running"}))
    elif "reboot" in words and not progress.interrupted and not (runs and interrupting):
        steps.append(Step("reboot", None, {"state": "Running"}))
    after = dict(current)
    for step in steps:
        after.update(step.effect)
    drift = _drift(current, options) if "converge" in words else {}
    for option, both in drift.items():
        warnings.append(
            f"{described(current)} has another {option} than wanted, which can be chosen at create alone: {one_line(both['actual'])}"
        )
    return Plan(tuple(steps), current, after, warnings=tuple(warnings), drift=drift)


def reboots(step: Step) -> bool:
    """Whether a change reboots a running instance. A mere rename does not."""
    return any(row.changed_by == step.action and row.reboots and (row.shown_id in step.effect) for row in FIELDS)


def _changes(current: Mapping[str, Any], options: Mapping[str, Any], facts: Facts) -> tuple[list[Step], list[str]]:
    """The operations that make an instance as wanted, in their fixed order. Raises Refused for what can't be had."""
    found: dict[str, Step] = {}
    warnings: list[str] = []
    updated = [row for row in FIELDS if row.changed_by == "update" and _may_differ(row, current, options.get(row.option))]
    if updated:
        body = {row.api: options[row.option] for row in updated}
        found["update"] = Step("update", body, {str(row.shown_id): options[row.option] for row in updated})
    if "compute_offering" in facts.records and _resizes(current, options):
        offering = facts.records["compute_offering"]
        size = _size(offering, options, current)
        effect = {"compute_offering_id": offering.get("id"), "compute_offering_name": offering.get("name")}
        effect.update({n: v for n, v in (("cpu_count", size.cpu_count), ("memory_in_mb", size.memory_in_mb)) if v is not None})
        if any(current.get(name) != value for name, value in effect.items() if name != "compute_offering_name"):
            found["changeComputeOffering"] = Step("changeComputeOffering", {"computeOfferingId": offering.get("id"), **size.body}, effect)
    network = facts.records.get("network")
    if network is not None and network.get("id") != current.get("network_id"):
        effect = {name: value for name, value in _place_of(network).items() if value is not None}
        # The server chooses the new address.
        found["changeNetwork"] = Step("changeNetwork", {"networkId": network.get("id")}, {**effect, "ip_address": None})
        if options.get("ip_address") is not None:
            warnings.append("ip_address can be chosen at create alone: in the new network the server chooses one")
    if _associates(current, options):
        name = options["ssh_key_name"]
        found["associateSSHKey"] = Step("associateSSHKey", {"sshKeyName": name}, {"ssh_key_name": name})
        if current.get("ssh_key_name") is None:
            warnings.append(
                f"The API does not report the SSH key of {described(current)}: with update_ssh_key always, each run associates it again"
            )
    return [found[action] for action in CHANGE_ORDER if action in found], warnings


def _conflicts(current: Mapping[str, Any], options: Mapping[str, Any], facts: Facts) -> list[str]:
    """What stands against converging: a name that is taken, an address that can't be changed. A sentence each."""
    found = []
    others = [holder for holder in facts.holders if holder != current.get("id")]
    if others:
        found.append(
            f"{described(current)} can't be renamed to {options['name']!r}, which is the name of {enumerated(others)} already:"
            " choose another name."
        )
    moves = "network" in facts.records and facts.records["network"].get("id") != current.get("network_id")
    if _may_differ(BY_OPTION["ip_address"], current, options.get("ip_address")) and not moves:
        actual = one_line(current.get("ip_address"))
        found.append(
            f"{described(current)} has the ip_address {actual}, not {options['ip_address']}, and it can be chosen at create alone:"
            " leave ip_address out or give the one it has."
        )
    return found


def _lacking_permissions(changes: Sequence[Step], current: Mapping[str, Any], options: Mapping[str, Any], runs: bool) -> list[str]:
    """One sentence about all changes that need a permission that was not given; none if there are none."""
    refused: list[str] = []
    lacking: list[str] = []
    for step in changes:
        needed = ["allow_reboot"] if runs and reboots(step) else []
        needed += ["allow_network_change"] if step.action == "changeNetwork" else []
        needed = [name for name in needed if not options[name]]
        if needed:
            refused.append(f"{_difference(step, current)} (needs {enumerated(needed)})")
            lacking += [name for name in needed if name not in lacking]
    if not refused:
        return []
    return [
        f"{described(current)} differs in what may not be changed: {'; '.join(refused)}; set {enumerated(lacking)} to true to permit it."
    ]


def _difference(step: Step, current: Mapping[str, Any]) -> str:
    """What a change changes, in words."""
    words = []
    for row in FIELDS:
        shown_id = row.shown_id or ""
        if row.changed_by != step.action or shown_id not in step.effect or current.get(shown_id) == step.effect[shown_id]:
            continue
        key = row.shown_name or shown_id
        words.append(f"{row.option} from {one_line(current.get(key))} to {one_line(step.effect.get(key))}")
    return ", ".join(words)


def _drift(current: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Where an instance was created with something else than what is wanted now."""
    drift = {}
    template = BY_OPTION["template"]
    if _may_differ(template, current, options.get("template")):
        actual = current.get("image_id") if is_uuid(options["template"]) else current.get("image_name")
        # The id may be reported and the name not, which is no word on the name.
        if actual is not None:
            drift["template"] = {"wanted": options["template"], "actual": actual}
    group, groups = options.get("affinity_group"), current.get("affinity_group_ids")
    if is_uuid(group) and isinstance(groups, list) and not any(_same(item, group) for item in groups):
        drift["affinity_group"] = {"wanted": group, "actual": groups}
    return drift


# --- what shows ---------------------------------------------------------------------------------------------------


def shows_effect(step: Step, before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> bool:
    """Whether an instance, read after an answer was lost, shows that the step has been done or is under way."""
    if step.action in ("delete", "purge"):
        return now is None or condition(now) in (NONE, TRANSITION) or (step.action == "delete" and condition(now) == DESTROYED)
    if now is None:
        return False
    if condition(now) == TRANSITION and state_of(now).lower() != state_of(before).lower():
        return True
    if step.action == "recover":
        return condition(now) != DESTROYED
    if step.action == "reboot":
        # Of a running one it does not show afterwards that it has been rebooted.
        return condition(before) == STOPPED and condition(now) == RUNNING
    if step.action in ENDS_IN:
        return state_of(now).lower() == ENDS_IN[step.action].lower()
    return has_effect(step, now)


def has_effect(step: Step, now: Mapping[str, Any]) -> bool:
    """Whether an instance shows what a change was to bring about; what the API does not report does not show."""
    if step.action in ISO_OPERATIONS:
        return "iso_id" in now and now["iso_id"] == step.effect["iso_id"]
    wanted = {row.shown_id for row in FIELDS if row.changed_by == step.action} & set(step.effect)
    return bool(wanted) and all(now.get(name) == step.effect[name] for name in wanted if name is not None)


def diff_of(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, extra: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """``before`` and ``after`` for diff mode: what differs; of an instance that comes or goes, the whole."""
    if before is None or after is None or condition(after) == DESTROYED != condition(before):
        return {"before": dict(before or {}), "after": {**(after or {}), **extra}}
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {"before": {n: before.get(n) for n in names}, "after": {n: after.get(n) for n in names}}
