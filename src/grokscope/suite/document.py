"""A YAML file as values that remember where they stand, so that every complaint can name its line.

YAML 1.2, read as text, lists and mappings only: nothing in a file can construct an object. Aliases may repeat
values, within a budget; tags other than YAML's own scalars, merge keys and second documents are refused.
"""

from __future__ import annotations

import json
import math
import warnings

from ruamel.yaml import YAML, MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.error import MarkedYAMLError, YAMLError, YAMLWarning

from grokscope.spec import LARGEST_INT
from grokscope.suite.errors import Findings, SuiteError
from grokscope.suite.value import Value, in_words, short

MOST_BYTES = 2**18
MOST_VALUES = 200_000
MOST_DEPTH = 16
CORE = "tag:yaml.org,2002:"
COLLECTIONS = (CORE + "map", CORE + "seq")
SCALARS = ("str", "int", "float", "bool", "null")


def read_document(text: str, findings: Findings) -> Value:
    """The one mapping in a YAML text.

    Raises:
        SuiteError: it is not YAML, is empty, is not a mapping, holds several documents, or is larger than
            256 KiB, 200,000 values or 16 levels.
    """
    if len(text.encode(errors="surrogatepass")) > MOST_BYTES:
        raise SuiteError([f"{findings.source}: found a file of over {MOST_BYTES} bytes, expected a suite"])
    yaml = YAML(typ="safe", pure=True)
    with warnings.catch_warnings():
        # the library's remarks on numbers of YAML 1.1 are about a dialect that suites are not written in
        warnings.simplefilter("ignore", YAMLWarning)
        node = _composed(yaml, text, findings)
        root = _Reader(yaml, findings).value(node, node.start_mark.line + 1, "", 0) if node else Value(None, 1)
    findings.raise_faults()
    if not isinstance(root.data, dict) or not root.data:
        what = "an empty file" if root.data is None else root.found
        findings.refuse(Value(None, root.line), "a mapping with the keys name and experiments", found=what)
        findings.raise_faults()
    return root


def _composed(yaml: YAML, text: str, findings: Findings) -> Node | None:
    """The tree of nodes, or a SuiteError where the text stops being YAML."""
    try:
        node: Node | None = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(error.problem or error.context).split())
        hint = ", expected YAML"
        if error.context == "expected a single document in the stream":
            problem, hint = "found another document", ", expected one"
        elif "alias" in str(error.context) + problem:
            hint = ', expected YAML (the operation * is written "*")'
        line = f":{mark.line + 1}" if mark is not None else ""
        what = problem if problem.startswith("found") else f"found text that is no YAML ({problem})"
        raise SuiteError([f"{findings.source}{line}: {what}{hint}"]) from None
    except RecursionError:
        raise SuiteError([f"{findings.source}: found endless nesting, expected at most {MOST_DEPTH} levels"]) from None
    except (YAMLError, ValueError, OverflowError) as error:
        problem = " ".join(str(error).split()).split(' in "<')[0]
        raise SuiteError([f"{findings.source}: found text that is no YAML ({problem}), expected YAML"]) from None
    return node


class _Reader:
    """Turns nodes into values, refusing what a suite has no use for."""

    def __init__(self, yaml: YAML, findings: Findings):
        self.constructor = yaml.constructor
        self.findings = findings
        self.n_values = 0

    def value(self, node: Node, line: int, path: str, depth: int) -> Value:
        here = Value(None, line, path)
        self.n_values += 1
        if self.n_values > MOST_VALUES or depth > MOST_DEPTH:
            # raised at once: going on is what a file of aliases to aliases wants
            self.findings.refuse(
                here, f"at most {MOST_VALUES} values in {MOST_DEPTH} levels", found="more, counting what aliases repeat"
            )
            self.findings.raise_faults()
        tag = str(node.tag)
        if isinstance(node, ScalarNode):
            return Value(self.scalar(node, tag, here), line, path)
        if tag not in COLLECTIONS:
            self.findings.refuse(here, "plain YAML", found=f"the tag {in_words(tag)}")
            return here
        if isinstance(node, SequenceNode):
            return Value([self.value(e, e.start_mark.line + 1, path, depth + 1) for e in node.value], line, path)
        return Value(self.entries(node, path, depth) if isinstance(node, MappingNode) else None, line, path)

    def entries(self, node: MappingNode, path: str, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value if isinstance(key_node, ScalarNode) else None
            if not isinstance(key, str) or not key.isprintable() or str(key_node.tag) == CORE + "merge":
                what = "a merge key (<<)" if key == "<<" else "a key of another kind"
                self.findings.refuse(Value(None, line, path), "keys that are plain text", found=what)
                continue
            value = self.value(value_node, line, f"{path}.{key}" if path else key, depth + 1)
            if key in found:
                self.repeated(found[key], value)
            found[key] = value
        return found

    def repeated(self, first: Value, second: Value) -> None:
        if first.plain() == second.plain():
            self.findings.warn(second, f"repeats the key of line {first.line} with the same value")
        else:
            what = f"{_briefly(first)} in line {first.line} and then {_briefly(second)}"
            self.findings.refuse(second, "each key once, or with one value", found=what)

    def scalar(self, node: ScalarNode, tag: str, here: Value) -> str | int | float | bool | None:
        kind = tag.removeprefix(CORE)
        if kind == "timestamp":
            return str(node.value)
        if kind not in SCALARS:
            self.findings.refuse(here, "plain YAML", found=f"the tag {in_words(tag)}")
            return None
        try:
            data: str | int | float | bool | None = self.constructor.construct_object(node)
        except (YAMLError, ValueError, LookupError, OverflowError):
            self.findings.refuse(here, f"a valid {kind}", found=in_words(node.value))
            return None
        if isinstance(data, int | float) and (
            not math.isfinite(data) if isinstance(data, float) else abs(data) >= LARGEST_INT
        ):
            self.findings.refuse(here, "a finite number of at most 63 bits", found=in_words(node.value))
            return None
        if isinstance(data, str) and any("\ud800" <= char <= "\udfff" for char in data):
            self.findings.refuse(here, "valid Unicode", found=in_words(data))
            return None
        return data


def _briefly(value: Value) -> str:
    """A value as it would be written, lists and mappings too."""
    return short(json.dumps(value.plain(), ensure_ascii=False)) if isinstance(value.data, list | dict) else value.found
