# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Jinja expressions always give the same result for the same variables.

Their results can be remembered: the inventory then evaluates an expression once for all hosts that have the same values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.parser import Parser

# Only listed nodes, filters, tests and methods count as pure. Anything else, such as a lookup or now(), may differ each time.
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
# Methods of str.
PURE_METHODS = frozenset("capitalize count endswith find lower lstrip replace rstrip split startswith strip title upper zfill".split())

# With this at its beginning, text is a template without any brace.
HEADER = "#jinja2:"

# Stands for the value of a variable that does not exist.
MISSING = object()

# Only parses expressions. Nothing is evaluated in it.
_JINJA = jinja2.Environment()


def names_in(expressions: Sequence[Any], templates: Sequence[Any] = ()) -> tuple[str, ...] | None:
    """Return the variables that some expressions and templates use, or None if their results may depend on anything else."""
    names: set[str] = set()
    for source in ["{{" + text + "}}" if isinstance(text, str) else text for text in expressions] + list(templates):
        if source is None or isinstance(source, bool):
            continue
        tree = parsed(source)
        if tree is None or source.startswith(HEADER) or not all(map(_is_pure, all_nodes(tree))):
            return None
        names |= {node.name for node in tree.find_all(nodes.Name)}
    return tuple(sorted(names))


def key_of(variables: Mapping[str, Any], names: Sequence[str]) -> tuple[Any, ...] | None:
    """Return the values of the named variables as a dict key, or None if one of them is not a scalar.

    The key includes their types, because 1, 1.0 and true are equal in Python but give different results.
    """
    key = []
    for name in names:
        value = variables.get(name, MISSING)
        if value is not MISSING and not is_scalar(value):
            return None
        key.append((type(value), value))
    return tuple(key)


def is_scalar(value: Any) -> bool:
    """Whether a value is a number, a boolean, None, or text that is not a template."""
    if isinstance(value, str):
        return "{" not in value and not value.startswith(HEADER)
    return value is None or isinstance(value, (bool, int, float))


def parsed(source: Any) -> nodes.Template | None:
    """Return the syntax tree of a template, or None if it is not a valid one."""
    try:
        return _JINJA.parse(source)
    except (jinja2.TemplateError, TypeError, AttributeError, RecursionError):
        return None


def syntax_problem(text: str, is_template: bool = False) -> str | None:
    """Return why a text is not a Jinja expression, or not a Jinja template, or None if it is one."""
    try:
        if is_template:
            _JINJA.parse(text)
        else:
            parser = Parser(_JINJA, text, state="variable")
            parser.parse_expression()
            if not parser.stream.eos:
                return f"it does not end before {parser.stream.current}"
    except jinja2.TemplateError as error:
        return str(error)
    except RecursionError:
        return "it is nested too deeply"
    return None


def names_of(source: str) -> set[str]:
    """Return the variables that a template uses."""
    tree = parsed(source)
    return set() if tree is None else {node.name for node in tree.find_all(nodes.Name)}


def all_nodes(tree: nodes.Node) -> Iterator[nodes.Node]:
    """Yield a node and all nodes below it."""
    yield tree
    yield from tree.find_all(nodes.Node)


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
