# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mistakes that can be made in a source file."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {}
for one, other in (
    (ast.Eq, ast.NotEq),
    (ast.Lt, ast.LtE),
    (ast.Gt, ast.GtE),
    (ast.In, ast.NotIn),  # codespell:ignore notin
    (ast.Is, ast.IsNot),
    (ast.And, ast.Or),
    (ast.Add, ast.Sub),
    (ast.Mult, ast.Div),
    (ast.BitAnd, ast.BitOr),
):
    SWAPPED.update({one: other, other: one})
SWAPPED.update({ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult})

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# These are not behaviour, or none that a test could see.
IGNORED_FIELDS = ("annotation", "returns", "decorator_list", "ctx")
# How many characters of a statement are shown.
SHOWN = 120


@dataclass(frozen=True)
class Mutant:
    """One mistake. ``owner``, ``field`` and ``index``: where ``new`` goes in the tree."""

    path: str
    line: int
    scope: str
    """The function that it is in, with its class; empty outside of functions."""
    lines: frozenset[int]
    """The lines of its statement: a test that runs one of them reaches it. For what runs at import: the lines that use the name."""
    at_import: bool
    """Whether it is outside of functions, or a default of one."""
    owner: ast.AST
    field: str
    index: int | None
    new: Any
    shown: ast.AST
    """The part of the tree that is printed as it is before and after."""
    before: str = ""
    after: str = ""
    number: int = 0
    """Counts those that look alike in one function."""

    @property
    def key(self) -> str:
        """Its name, which stays as it is when lines move."""
        return f"{self.path}:{self.scope}: {self.before} -> {self.after} ({self.number})"

    @property
    def function(self) -> str:
        """The outermost function that it is in, with its class."""
        return self.scope.partition("()")[0]

    def put(self, value: Any) -> Any:
        """Puts a value into the tree; returns the one that it replaces."""
        if self.index is None:
            old = getattr(self.owner, self.field)
            setattr(self.owner, self.field, value)
        else:
            values = getattr(self.owner, self.field)
            old, values[self.index] = values[self.index], value
        return old


def mutants_of(path: str, source: str) -> tuple[ast.Module, list[Mutant]]:
    """The tree of a source, and all mutants of it."""
    tree = ast.parse(source)
    counts: Counter[tuple[str, str, str]] = Counter()
    found = []
    for mutant in _Finder(path, tree).inside(tree, "", frozenset()):
        before = _text_of(mutant.shown)
        old = mutant.put(mutant.new)
        # If the whole part is replaced, the new one is printed.
        after = _text_of(mutant.new if old is mutant.shown else mutant.shown)
        mutant.put(old)
        if before != after:
            before, after = _around_difference(before, after)
            identity = (mutant.scope, before, after)
            counts[identity] += 1
            found.append(replace(mutant, before=before, after=after, number=counts[identity]))
    return tree, found


def _text_of(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


def _around_difference(before: str, after: str) -> tuple[str, str]:
    """Two long texts, cut to the part where they begin to differ."""
    same = next((index for index, (one, other) in enumerate(zip(before, after)) if one != other), 0)
    start = max(0, same - SHOWN // 2)
    dots = "..." if start else ""
    return dots + before[start : start + SHOWN], dots + after[start : start + SHOWN]


class _Finder:
    def __init__(self, path: str, tree: ast.Module) -> None:
        self.path = path
        self.uses: dict[str, set[int]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                self.uses.setdefault(node.id, set()).add(node.lineno)

    def inside(self, owner: ast.AST, scope: str, lines: frozenset[int]) -> Iterator[Mutant]:
        """The mutants of everything within a node."""
        for field, value in ast.iter_fields(owner):
            if field in IGNORED_FIELDS:
                continue
            for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(node, ast.AST):
                    found = self._of(node, owner, field, index, scope, lines)
                    if isinstance(owner, FUNCTIONS) and isinstance(node, ast.arguments) and scope.count("()") == 1:
                        # Defaults are set at import, and take effect where the body runs.
                        body = frozenset(range(owner.body[0].lineno, (owner.end_lineno or owner.lineno) + 1))
                        yield from (replace(mutant, at_import=True, lines=body) for mutant in found)
                    else:
                        yield from found

    def _of(self, node: ast.AST, owner: ast.AST, field: str, index: int | None, scope: str, lines: frozenset[int]) -> Iterator[Mutant]:
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            # Sentences and docstrings.
            return
        if isinstance(node, ast.If) and "TYPE_CHECKING" in _text_of(node.test):
            return
        in_function = "()" in scope
        if isinstance(node, ast.stmt):
            lines = _reach(node) if in_function else self._uses_of(node)

        def new(value: Any, in_owner: ast.AST = owner, in_field: str = field, at: int | None = index, shown: ast.AST = node) -> Mutant:
            ast.copy_location(value, shown)
            return Mutant(self.path, getattr(shown, "lineno", 0), scope, lines, not in_function, in_owner, in_field, at, value, shown)

        if isinstance(node, ast.Compare):
            for number, operator in enumerate(node.ops):
                yield new(SWAPPED[type(operator)](), node, "ops", number)
        elif isinstance(node, (ast.BoolOp, ast.BinOp)) and type(node.op) in SWAPPED:
            yield new(SWAPPED[type(node.op)](), node, "op", None)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield new(node.operand)
        elif isinstance(node, ast.Constant):
            changed = _other_constant(node.value)
            if changed is not None:
                # The constant alone would not say which one it is.
                yield new(ast.Constant(changed), shown=owner if isinstance(owner, ast.expr) else node)
        elif isinstance(node, ast.Return) and node.value is not None and not _is_empty(node.value):
            yield new(ast.Constant(None), node, "value", None)
        elif isinstance(node, (ast.AugAssign, ast.Raise, ast.Continue, ast.Break)) or (
            isinstance(node, ast.Expr) and isinstance(node.value, (ast.Call, ast.Await, ast.Yield, ast.YieldFrom))
        ):
            yield new(ast.Pass())
        if isinstance(node, (ast.If, ast.While, ast.IfExp)) and not isinstance(node.test, ast.Constant):
            for truth in (True, False):
                yield new(ast.Constant(truth), node, "test", None, node.test)
        if isinstance(node, ast.comprehension):
            for number, test in enumerate(node.ifs):
                for truth in (True, False):
                    yield new(ast.Constant(truth), node, "ifs", number, test)
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            kind = "()" if isinstance(node, FUNCTIONS) else ""
            scope = f"{scope}.{node.name}{kind}".lstrip(".")
        yield from self.inside(node, scope, lines)

    def _uses_of(self, statement: ast.stmt) -> frozenset[int]:
        """The lines that use what is assigned at import."""
        lines: set[int] = set()
        for target in getattr(statement, "targets", [getattr(statement, "target", None)]):
            lines |= self.uses.get(getattr(target, "id", ""), set())
        return frozenset(lines)


def _reach(statement: ast.stmt) -> frozenset[int]:
    """The lines of a statement; of one that has a body, only those before the body."""
    body = getattr(statement, "body", None)
    end = body[0].lineno - 1 if body else statement.end_lineno or statement.lineno
    return frozenset(range(statement.lineno, max(end, statement.lineno) + 1))


def _is_empty(node: ast.expr) -> bool:
    """Whether most callers can't tell a value from None."""
    return isinstance(node, ast.Constant) and not node.value


def _other_constant(value: Any) -> Any:
    """Another value of the same type. None for sentences, and for types that are not changed."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str) and " " not in value:
        return f"{value}_"
    return None
