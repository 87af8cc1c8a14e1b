"""Results of laws: frozen values that say how sure they are, how many runs they rest on, and how they were made."""

from grokscope.laws.results.crossings import CROSSED, Crossing, CrossingCode, CurveCrossing, Onset, OnsetCode
from grokscope.laws.results.estimates import Accuracy, Claim, Estimate, Verdict
from grokscope.laws.results.fits import Capacity, CapacityPoint, Form, MemorisationLaw
from grokscope.laws.results.times import Delay, ProbeRatio, Timescale

__all__ = [
    "CROSSED",
    "Accuracy",
    "Capacity",
    "CapacityPoint",
    "Claim",
    "Crossing",
    "CrossingCode",
    "CurveCrossing",
    "Delay",
    "Estimate",
    "Form",
    "MemorisationLaw",
    "Onset",
    "OnsetCode",
    "ProbeRatio",
    "Timescale",
    "Verdict",
]
