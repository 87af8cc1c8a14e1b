"""A capsule: one zip file with a suite, its part of the ledger, its report and the versions it was made with.

What it was made of can be made again from it: `grokscope run CAPSULE.zip` does, and compares.
"""

from grokscope.capsules.comparison import Agreement, compare_runs, prepare_repeat
from grokscope.capsules.sealing import seal
from grokscope.capsules.unpacking import Capsule, is_capsule, unpack

__all__ = ["Agreement", "Capsule", "compare_runs", "is_capsule", "prepare_repeat", "seal", "unpack"]
