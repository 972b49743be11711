"""What is left of the modules in a wheel without the contents of literals, docstrings and comments, by Python's own parser.

Reads a wheel's path from each line, and answers each with a line: an object of file to shape.
"""

import ast
import json
import sys
import zipfile


class Shape(ast.NodeTransformer):
    """Keeps the kind of a literal and nothing of what it holds: offsets in descriptors are numbers."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant(type(node.value).__name__)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        # A comment of blanks is no docstring, and something has to stand there.
        if isinstance(getattr(node, "body", None), list):
            node.body = [part for part in node.body if not is_nothing(part)]
        return node


def is_nothing(node: ast.AST) -> bool:
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_text or isinstance(node, ast.Pass)


def shape(name: str, content: bytes) -> str:
    if not name.endswith((".py", ".pyi")):
        return ""
    # As bytes: what they are encoded in is Python's to find out.
    return ast.dump(Shape().visit(ast.parse(content, name)))


def shapes(path: str) -> dict[str, str]:
    with zipfile.ZipFile(path) as wheel:
        return {name: shape(name, wheel.read(name)) for name in wheel.namelist()}


for line in sys.stdin:
    try:
        answer = shapes(line.rstrip("\n"))
    except (SyntaxError, ValueError) as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
