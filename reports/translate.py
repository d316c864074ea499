"""`reports.arithmetic` as JavaScript, for the page's form."""

import ast
from pathlib import Path
from typing import Any

from . import arithmetic

# What the functions call that is neither theirs nor PScript's.
_GIVEN = {
    **{f"math.{name}": f"Math.{name}" for name in ("log", "exp", "ceil")},
    "math.nan": "NaN",
    "math.isnan": "Number.isNaN",
    "write_size": '(size) => size.toLocaleString("en-US", { maximumFractionDigits: 4 })',
}


def translate() -> str:
    """A script that defines `arithmetic`: an object of its functions and constants, and `write_size`.

    Raises NameError where they call what the page has not, and PScript's JSError where they are no part of its Python.
    """
    from pscript import py2js  # for pages alone: not before one is written

    tree = ast.parse(Path(arithmetic.__file__).read_text(encoding="utf-8"))
    parts = [node for node in tree.body if isinstance(node, ast.Assign | ast.FunctionDef)]
    names = [node.name if isinstance(node, ast.FunctionDef) else ast.unparse(node.targets[0]) for node in parts]
    script: Any = py2js("\n".join(map(ast.unparse, parts)), docstrings=False)
    if unknown := script.meta["vars_unknown"] - _GIVEN.keys():
        raise NameError(f"the page has no {', '.join(sorted(unknown))} (it has: {', '.join(_GIVEN)})")
    given = "".join(f"{name} = {native};\n" for name, native in _GIVEN.items())
    body = f"let math = {{}}, write_size;\n{given}{script}\nreturn {{ write_size, {', '.join(names)} }};"
    return f"const arithmetic = (() => {{\n{body}\n}})();\n"
