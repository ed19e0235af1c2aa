# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jinja expressions of inventory files, worked out for many hosts.

Core compiles an expression anew for each host, and builds a world of lazy variables around it, which is nearly all of the time
that it takes. Three ways are quicker, each only where it is certain to give what core gives:

- what came of an expression is remembered for the same values of the variables that it uses (``names_in``, ``key_of``);
- a simple expression about plain values is left to Jinja alone (``Simple``);
- core compiles an expression once (``remember_compiled``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jinja2
from ansible import constants as core_settings
from jinja2 import nodes
from jinja2.sandbox import SandboxedEnvironment

try:
    # Where an expression stands in the file; core marks with it what comes of the expression. It is private to core.
    from ansible._internal._datatag._tags import Origin
except ImportError:  # before 2.19, or after a change of core's: Simple is not used then
    Origin = None

# Expressions of nothing but these always give the same for the same values.
PURE_NODES = (
    nodes.BinExpr,
    nodes.Compare,
    nodes.Concat,
    nodes.CondExpr,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Keyword,
    nodes.List,
    nodes.Name,
    nodes.Operand,
    nodes.Output,
    nodes.Slice,
    nodes.Template,
    nodes.TemplateData,
    nodes.Tuple,
    nodes.UnaryExpr,
)
PURE_FILTERS = frozenset(
    """
    abs bool capitalize d default first float int join last length count list lower max min regex_escape regex_findall
    regex_replace regex_search replace reverse round sort split string sum ternary title trim truncate unique upper
    """.split()
)
PURE_TESTS = frozenset(
    """
    defined undefined none boolean true false integer float number string mapping sequence even odd divisibleby eq equalto == ne !=
    gt greaterthan lt lessthan ge le in lower upper match search regex contains
    """.split()
)
# Methods of text. Other calls may be lookups, now(), or whatever else the future brings.
PURE_METHODS = frozenset("capitalize count endswith find lower lstrip replace rstrip split startswith strip title upper zfill".split())

# Simple expressions are made of these. The filters and tests are Jinja's own, which core does not replace.
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
PLAIN_TYPES = (str, int, float, bool, type(None))
# Those that can have a mark of core's.
MARKED_TYPES = (str, int, float)
MISSING = object()


# For looking at expressions; nothing is worked out in it.
_JINJA = jinja2.Environment()


def as_condition(text: str) -> str:
    """A condition as the template that cores before 2.19 make of it."""
    return f"{{% if {text} %}} True {{% else %}} False {{% endif %}}"


def _parsed(source: Any) -> nodes.Template | None:
    """The syntax tree of a template; None if it is none."""
    try:
        return _JINJA.parse(source)
    except (jinja2.TemplateError, TypeError, AttributeError, RecursionError):
        return None


def _all_nodes(tree: nodes.Node) -> Iterator[nodes.Node]:
    yield tree
    yield from tree.find_all(nodes.Node)


def names_in(expressions: Sequence[Any], templates: Sequence[Any] = ()) -> tuple[str, ...] | None:
    """The variables that expressions and templates use between them; None if what comes of one may depend on more than those."""
    names: set[str] = set()
    for source in ["{{" + text + "}}" if isinstance(text, str) else text for text in expressions] + list(templates):
        if source is None or isinstance(source, bool):
            continue
        tree = _parsed(source)
        if tree is None or not all(map(_is_pure, _all_nodes(tree))):
            return None
        names |= {node.name for node in tree.find_all(nodes.Name)}
    return tuple(sorted(names))


def _is_pure(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Filter):
        return node.name in PURE_FILTERS
    if isinstance(node, nodes.Test):
        return node.name in PURE_TESTS
    if isinstance(node, nodes.Call):
        return isinstance(node.node, nodes.Getattr) and node.node.attr in PURE_METHODS and not node.dyn_args and not node.dyn_kwargs
    # Text with a brace could be a template within the template.
    if isinstance(node, nodes.Const):
        return not isinstance(node.value, str) or "{" not in node.value
    return isinstance(node, PURE_NODES)


def is_scalar(value: Any) -> bool:
    """Whether a value is a number, a truth value, nothing, or text that is no template."""
    return value is None or isinstance(value, (bool, int, float)) or (isinstance(value, str) and "{" not in value)


def key_of(known: Mapping[str, Any], names: Sequence[str]) -> tuple[Any, ...] | None:
    """The values of some variables as a key of a dict; None if one of them can't be part of one.

    With their types: 1, 1.0 and true are equal, but not the same.
    """
    key = []
    for name in names:
        value = known.get(name, MISSING)
        if value is not MISSING and not is_scalar(value):
            return None
        key.append((type(value), value))
    return tuple(key)


class Simple:
    """An expression that Jinja alone works out as core would."""

    def __init__(self, text: str) -> None:
        """Raises ValueError for one that is not so simple."""
        names = names_in([text])
        tree = _parsed("{{" + text + "}}")
        # Core reads a backslash in another way.
        if Origin is None or core_settings.DEFAULT_JINJA2_EXTENSIONS or names is None or tree is None or "\\" in text:
            raise ValueError("not simple")
        if len(tree.body) != 1 or not all(map(_is_simple, _all_nodes(tree))):
            raise ValueError("not simple")
        self._names = names
        self._origin = Origin.get_tag(text)
        self._evaluate = _SIMPLE_JINJA.compile_expression(str(text), undefined_to_none=False)

    def value(self, variables: Mapping[str, Any]) -> Any:
        """What comes of it; MISSING where core has to be asked, be it for the words in which it complains."""
        used = {}
        for name in self._names:
            value = variables.get(name, MISSING)
            # Text with a mark of core's is not plain either.
            if type(value) not in PLAIN_TYPES:
                return MISSING
            used[name] = value
        try:
            value = self._evaluate(used)
        except Exception:  # pylint: disable=broad-exception-caught
            return MISSING
        if type(value) not in PLAIN_TYPES:
            return MISSING
        return self._origin.tag(value) if self._origin is not None and type(value) in MARKED_TYPES else value


def without_place(value: Any) -> Any:
    """A value without core's mark of where it stands in a file."""
    return Origin.untag(value) if Origin is not None else value


class _Undefined(jinja2.Undefined):
    """Ends it where something is undefined: core has views of its own on that."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        raise jinja2.UndefinedError


_SIMPLE_JINJA = SandboxedEnvironment(undefined=_Undefined)


def _is_simple(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Filter):
        return node.name in SIMPLE_FILTERS
    if isinstance(node, nodes.Test):
        return node.name in SIMPLE_TESTS
    return isinstance(node, SIMPLE_NODES)


def simple_ones(texts: Sequence[Any]) -> dict[str, Simple]:
    """Those of some expressions that are simple."""
    found = {}
    for text in texts:
        try:
            found[text] = Simple(text)
        except (ValueError, TypeError, jinja2.TemplateError):
            continue
    return found


def remember_compiled(templar: Any, expressions: Sequence[Any], conditions: Sequence[Any]) -> None:
    """Has a templar compile each of these expressions once. Where core has no such place (any more), nothing changes.

    The places are private to core: TemplateEngine._compile_expression since 2.19, the environment's from_string before, where
    helpers of inventory plugins put expressions between braces, and conditions into an if.
    """
    expressions = [text for text in expressions if isinstance(text, str)]
    conditions = [text for text in conditions if isinstance(text, str)]
    engine: Any = getattr(templar, "_engine", None)
    if hasattr(engine, "_compile_expression"):
        engine._compile_expression = once(engine._compile_expression, {*expressions, *conditions})
    elif engine is None and hasattr(templar.environment, "from_string"):
        # Here Jinja works out at once what depends on no variable, such as a random choice out of constants.
        sources = {"{{" + text + "}}" for text in expressions if not _is_partly_constant(text)}
        sources |= {as_condition(text) for text in conditions if not _is_partly_constant(text)}
        templar.environment.from_string = once(templar.environment.from_string, sources)


def once(compile_anew: Callable[..., Any], sources: set[str]) -> Callable[..., Any]:
    """A function that compiles; what it makes of one of the sources is made once."""
    compiled: dict[Any, Any] = {}

    def compile_once(source: str, *args: Any, **kwargs: Any) -> Any:
        if source not in sources:
            return compile_anew(source, *args, **kwargs)
        key = (source, args, *kwargs.items())
        if key not in compiled:
            compiled[key] = compile_anew(source, *args, **kwargs)
        return compiled[key]

    return compile_once


def _is_partly_constant(text: str) -> bool:
    """Whether an expression has a filter or a test that no variable goes into."""
    tree = _parsed("{{" + text + "}}")
    return tree is None or any(node.find(nodes.Name) is None for node in tree.find_all((nodes.Filter, nodes.Test)))
