"""What laws return: frozen values that say how sure they are, how many runs they rest on, and how they were made."""

from grokscope.laws.results.claim import Claim
from grokscope.laws.results.estimates import Accuracy, Estimate, Timescale
from grokscope.laws.results.fits import Capacity, Form, MemorisationLaw, ProbeRatio
from grokscope.laws.results.places import Crossing, CrossingCode, Delay, Onset, OnsetCode

__all__ = [
    "Accuracy",
    "Capacity",
    "Claim",
    "Crossing",
    "CrossingCode",
    "Delay",
    "Estimate",
    "Form",
    "MemorisationLaw",
    "Onset",
    "OnsetCode",
    "ProbeRatio",
    "Timescale",
]
