"""The race: does grokking begin where the speeds of memorising and generalising cross?"""

from grokscope.studies.race.study import Race

__all__ = ["Race"]
