"""Do grokking and steady learning end in the same model?"""

from grokscope.studies.paths.study import Paths

__all__ = ["Paths"]
