# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jinja expressions of inventory files, evaluated for many hosts.

For each host, core compiles an expression again and wraps all variables in lazy containers. This takes nearly all of the time.
Two things here save it, and both give the same results as core:

- Jinja alone evaluates simple expressions on plain values (``SimpleExpression``);
- core compiles each expression only once (``remember_compiled``).

A third one is in purity.py: results are remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jinja2
from ansible import constants as core_settings
from jinja2 import nodes
from jinja2.sandbox import SandboxedEnvironment

from .purity import MISSING, all_nodes, names_in, parsed

try:
    # Core's tag that says where in a file a value comes from. Results of an expression get the expression's tag. It is private to core.
    from ansible._internal._datatag._tags import Origin
except ImportError:  # before 2.19, or after core has changed: SimpleExpression is not used then
    Origin = None

# What a simple expression may consist of. The filters and tests are those of Jinja that core does not replace.
SIMPLE_NODES = (
    nodes.Add,
    nodes.And,
    nodes.Call,
    nodes.Compare,
    nodes.Concat,
    nodes.CondExpr,
    nodes.Const,
    nodes.Filter,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Mul,
    nodes.Name,
    nodes.Not,
    nodes.Operand,
    nodes.Or,
    nodes.Output,
    nodes.Slice,
    nodes.Sub,
    nodes.Template,
    nodes.Test,
)
SIMPLE_FILTERS = frozenset("capitalize d default first last length count lower replace title trim upper".split())
SIMPLE_TESTS = frozenset("defined none string in eq equalto == ne != gt greaterthan lt lessthan ge le".split())
# The types of plain values. Core's tagged strings are subclasses of str, and so are not plain.
PLAIN_TYPES = (str, int, float, bool, type(None))
# The plain types that core can tag.
TAGGABLE_TYPES = (str, int, float)
# What SimpleExpression.value returns where only core can evaluate the expression.
ASK_CORE = object()


class SimpleExpression:
    """An expression for which Jinja alone gives the same result as core."""

    def __init__(self, text: str) -> None:
        """Raise ValueError if the expression is not simple."""
        names = names_in([text])
        tree = parsed("{{" + text + "}}")
        # Core treats backslashes differently.
        if Origin is None or core_settings.DEFAULT_JINJA2_EXTENSIONS or names is None or tree is None or "\\" in text:
            raise ValueError("not simple")
        if len(tree.body) != 1 or not all(map(_is_simple, all_nodes(tree))):
            raise ValueError("not simple")
        self._names = names
        self._origin = Origin.get_tag(text)
        self._evaluate = _SIMPLE_JINJA.compile_expression(str(text), undefined_to_none=False)

    def value(self, variables: Mapping[str, Any]) -> Any:
        """Return the result, or ASK_CORE if core has to evaluate it, also where it fails: core words the error."""
        used = {}
        for name in self._names:
            value = variables.get(name, MISSING)
            if type(value) not in PLAIN_TYPES:
                return ASK_CORE
            used[name] = value
        try:
            value = self._evaluate(used)
        except Exception:  # pylint: disable=broad-exception-caught
            return ASK_CORE
        if type(value) not in PLAIN_TYPES:
            return ASK_CORE
        return self._origin.tag(value) if self._origin is not None and type(value) in TAGGABLE_TYPES else value


class _FailingUndefined(jinja2.Undefined):
    """Stops the evaluation at an undefined value, because core handles these in its own way."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        raise jinja2.UndefinedError


_SIMPLE_JINJA = SandboxedEnvironment(undefined=_FailingUndefined)


def _is_simple(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Filter):
        return node.name in SIMPLE_FILTERS
    if isinstance(node, nodes.Test):
        return node.name in SIMPLE_TESTS
    return isinstance(node, SIMPLE_NODES)


def simple_expressions(texts: Sequence[Any]) -> dict[str, SimpleExpression]:
    """Return the simple ones among some expressions, by their text."""
    found = {}
    for text in texts:
        try:
            found[text] = SimpleExpression(text)
        except (ValueError, TypeError, jinja2.TemplateError):
            continue
    return found


def without_origin(value: Any) -> Any:
    """Return a value without core's tag of where in a file it comes from."""
    return Origin.untag(value) if Origin is not None else value


def as_condition(text: str) -> str:
    """Return the template that core before 2.19 makes of a condition."""
    # The brackets allow "a if b else c".
    return f"{{% if ({text}) %}} True {{% else %}} False {{% endif %}}"


def remember_compiled(templar: Any, expressions: Sequence[Any], conditions: Sequence[Any]) -> None:
    """Make a templar compile each of these expressions and conditions only once.

    The methods replaced here are private to core: TemplateEngine._compile_expression since 2.19, and before that from_string of the
    environment, which gets expressions in braces and conditions in an "if". Where core does not have them, nothing changes.
    """
    expressions = [text for text in expressions if isinstance(text, str)]
    conditions = [text for text in conditions if isinstance(text, str)]
    engine: Any = getattr(templar, "_engine", None)
    if hasattr(engine, "_compile_expression"):
        engine._compile_expression = memoized(engine._compile_expression, {*expressions, *conditions})
    elif engine is None and hasattr(templar.environment, "from_string"):
        # from_string evaluates constant parts while it compiles. If one of them is a random choice, all hosts would share it.
        sources = {"{{" + text + "}}" for text in expressions if not _is_partly_constant(text)}
        sources |= {as_condition(text) for text in conditions if not _is_partly_constant(text)}
        environment = templar.environment
        remembering = memoized(environment.from_string, sources)

        class Environment(type(environment)):  # type: ignore[misc]
            def from_string(self, *args: Any, **kwargs: Any) -> Any:
                # Text with a header is compiled by an overlay of the environment, which has other delimiters.
                return remembering(*args, **kwargs) if self is environment else super().from_string(*args, **kwargs)

        environment.__class__ = Environment


def memoized(compile_source: Callable[..., Any], sources: set[str]) -> Callable[..., Any]:
    """Return a function that compiles like ``compile_source``, but each of the given sources only once."""
    compiled: dict[Any, Any] = {}

    def compile_once(source: str, *args: Any, **kwargs: Any) -> Any:
        if source not in sources:
            return compile_source(source, *args, **kwargs)
        key = (source, args, *kwargs.items())
        if key not in compiled:
            compiled[key] = compile_source(source, *args, **kwargs)
        return compiled[key]

    return compile_once


def _is_partly_constant(text: str) -> bool:
    """Whether an expression has a filter or a test that uses no variable."""
    tree = parsed("{{" + text + "}}")
    return tree is None or any(node.find(nodes.Name) is None for node in tree.find_all((nodes.Filter, nodes.Test)))
