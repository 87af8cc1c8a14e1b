"""A capsule: one zip file with a suite, its part of the ledger, its report and the versions it was made with.

What it was made of can be made again from it: `grokscope run CAPSULE.zip` does, and compares.
"""

from grokscope.studies.capsule.opening import Opened, is_capsule, opened
from grokscope.studies.capsule.repeat import Agreement, agreements, begin
from grokscope.studies.capsule.sealing import seal

__all__ = ["Agreement", "Opened", "agreements", "begin", "is_capsule", "opened", "seal"]
