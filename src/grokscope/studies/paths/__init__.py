"""Do grokking and steady learning end in the same model?"""

from grokscope.studies.paths.study import STUDY

__all__ = ["STUDY"]
