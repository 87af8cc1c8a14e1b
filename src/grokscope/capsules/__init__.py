"""A capsule: one zip file with a suite, its part of the ledger, its report and the versions it was made with.

What it was made of can be made again from it: `grokscope run CAPSULE.zip` does, and compares.
"""

from grokscope.capsules.opening import Opened, is_capsule, opened
from grokscope.capsules.repeat import Agreement, agreements, begin
from grokscope.capsules.sealing import seal

__all__ = ["Agreement", "Opened", "agreements", "begin", "is_capsule", "opened", "seal"]
