"""The `calculate_output` of OpenAI's multi grader: arithmetic on the values of its graders.

    parse("0.7 * exact + 0.3 * min(style, 1)")    names: exact, style
    evaluate(formula, {"exact": 1.0, "style": 0.5})   0.85

Numbers, names, `+ - * / ^`, and min, max, abs, floor, ceil, exp, sqrt, log. Nothing is executed:
the text is read into a tree of these, and anything else in it is refused.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tasks.core.errors import SettingsError

_MAX_LENGTH = 10_000
_OPERATORS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,
}
_FUNCTIONS: dict[str, tuple[Callable[..., float], int]] = {
    "min": (min, 0),
    "max": (max, 0),
    "abs": (abs, 1),
    "floor": (math.floor, 1),
    "ceil": (math.ceil, 1),
    "exp": (math.exp, 1),
    "sqrt": (math.sqrt, 1),
    "log": (math.log, 1),
}
"""Name to function and number of arguments; 0: one or more."""


class Formula(NamedTuple):
    text: str
    tree: ast.expr
    names: frozenset[str]


def parse(text: str) -> Formula:
    """Read a formula.

    Raises:
        SettingsError: it is none, or it has something in it that formulas have not.
    """
    if len(text) > _MAX_LENGTH:
        raise SettingsError(f"formula of {len(text)} characters; at most {_MAX_LENGTH}")
    if "**" in text:
        raise SettingsError(f"formula {text!r}: a power is written ^")
    try:
        tree = ast.parse(text.replace("^", "**").strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        raise SettingsError(f"formula {text!r} cannot be read: {problem}") from problem
    names: set[str] = set()
    _check(tree, text, names)
    return Formula(text, tree, frozenset(names))


def evaluate(formula: Formula, values: Mapping[str, float]) -> float | None:
    """The formula's value; None where there is none (a division by zero, a root of -1, NaN)."""
    try:
        found = float(_value(formula.tree, values))
    except (ArithmeticError, ValueError):
        return None
    return found if math.isfinite(found) else None


def _check(node: ast.AST, text: str, names: set[str]) -> None:
    match node:
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            return None
        case ast.Name(id=name):
            names.add(name)
            return None
        case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=operand):
            return _check(operand, text, names)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            _check(left, text, names)
            return _check(right, text, names)
        case ast.Call(func=ast.Name(id=name), args=given, keywords=[]) if name in _FUNCTIONS:
            wanted = _FUNCTIONS[name][1]
            if given and len(given) == (wanted or len(given)):
                for argument in given:
                    _check(argument, text, names)
                return None
    raise SettingsError(
        f"formula {text!r}: {ast.unparse(node)!r} is nothing a formula may hold; expected numbers, "
        f"names of graders, + - * / ^ and {', '.join(_FUNCTIONS)}"
    )


def _value(node: Any, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=op, operand=operand):
            found = _value(operand, values)
            return -found if isinstance(op, ast.USub) else found
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left, values), _value(right, values))
    return _FUNCTIONS[node.func.id][0](*(_value(argument, values) for argument in node.args))
