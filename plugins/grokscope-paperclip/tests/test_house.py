"""How the modules of this package depend on one another."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import grokscope_paperclip

ROOT = Path(grokscope_paperclip.__file__).parent


def imported(path: Path) -> set[str]:
    """Every module, and every name that may be one, that a file imports, those of functions and type checkers too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_no_module_imports_itself_by_way_of_others() -> None:
    modules = {
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__"): imported(path)
        for path in ROOT.rglob("*.py")
    }
    assert "grokscope_paperclip.learning.parts" in modules
    known = {name: {each for each in found if each in modules} for name, found in modules.items()}
    assert list(TopologicalSorter(known).static_order())
