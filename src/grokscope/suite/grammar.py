"""What a suite's grammar is made of, for packages whose suites have one of their own."""

from grokscope.suite.document import read_document
from grokscope.suite.errors import Findings, SuiteError
from grokscope.suite.keys import refuse_unknown
from grokscope.suite.plain import specs
from grokscope.suite.shipped import find, read_text, shipped
from grokscope.suite.value import Value, in_words

__all__ = [
    "Findings",
    "SuiteError",
    "Value",
    "find",
    "in_words",
    "read_document",
    "read_text",
    "refuse_unknown",
    "shipped",
    "specs",
]
