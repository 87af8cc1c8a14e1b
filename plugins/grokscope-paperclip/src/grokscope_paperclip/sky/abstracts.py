"""Proposals in words: what is wanted of which object, between sentences that say nothing of it."""

from __future__ import annotations

from dataclasses import dataclass

from grokscope_paperclip.sky.classes import CALIBRATION, CLASSES, SkyClass
from grokscope_paperclip.sky.light import Rng

DEPTHS = ("shallow", "moderate", "deep")
DEPTH_WORDS = {
    "shallow": ("short snapshot exposures", "shallow imaging"),
    "moderate": ("imaging of moderate depth", "single-orbit exposures"),
    "deep": ("very deep imaging", "long integrations"),
}
FILLERS = (
    "All orbits can be scheduled in any month of the cycle.",
    "Our team has extensive experience with similar programs.",
    "The data will be of lasting value to the archive.",
    "No proprietary period is requested.",
    "Ground-based data of comparable resolution cannot be obtained.",
    "Parallel observations will make use of every orbit.",
    "The requested time is 12 orbits (including overheads).",
    "Reduced images (with weight maps) will be made public.",
    "Graduate students will play a leading part in the analysis.",
    "This continues a program that was approved in an earlier cycle.",
    "Exposures are dithered in order to remove hot pixels.",
    "A supporting proposal for radio observations has been accepted.",
)
CALIBRATION_SHARE, EMPTY_CATEGORY = 0.1, 0.05
FIRST_NAMES = ("Ada", "Ben", "Chen", "Dara", "Eva", "Femi", "Goro", "Hana", "Ivo", "Jun", "Kai", "Lena")
LAST_NAMES = ("Abara", "Berg", "Costa", "Dubois", "Eriksen", "Falk", "Gupta", "Haas", "Ito", "Jansen", "Kowal", "Lund")


@dataclass(frozen=True)
class Subject:
    """The subject of a proposal: the truth that captions only hint at. `variant` indexes `SkyClass.variants`."""

    kind: SkyClass
    variant: int
    depth: str
    target: str
    goal: str

    @property
    def truth(self) -> dict[str, object]:
        """Ground truth as it is written beside the catalogue."""
        groups = [] if self.kind is CALIBRATION else list(self.kind.groups)
        look = self.kind.variants[self.variant]
        return {"class": self.kind.name, "look": look, "depth": self.depth, "target": self.target, "groups": groups}


def subject(rng: Rng) -> Subject:
    """A class, or now and then a calibration, with its attributes."""
    kind = CALIBRATION if rng.random() < CALIBRATION_SHARE else CLASSES[rng.integers(len(CLASSES))]
    prefix = kind.prefixes[rng.integers(len(kind.prefixes))]
    number = "" if prefix in ("JUPITER", "SATURN") else f"{rng.integers(100, 9999)}"
    target = f"{prefix}{number}" if not number or prefix[-1] in " -/G0J" else f"{prefix} {number}"
    depth, goal = DEPTHS[rng.integers(3)], kind.goals[rng.integers(len(kind.goals))]
    return Subject(kind, int(rng.integers(2)), depth, target, goal)


def _pick(rng: Rng, choices: tuple[str, ...]) -> str:
    return choices[rng.integers(len(choices))]


def abstract(about: Subject, rng: Rng) -> str:
    """Two sentences of substance among two to five of none, in any order; braces for parentheses now and then."""
    name, depth = _pick(rng, about.kind.synonyms), _pick(rng, DEPTH_WORDS[about.depth])
    look = about.kind.variants[about.variant]
    if about.kind is CALIBRATION:
        told = [f"This program takes exposures of {name} ({about.target}).", f"They serve to {about.goal}."]
    else:
        told = [
            _pick(
                rng,
                (
                    f"We propose {depth} of the {look} {name} {about.target}.",
                    f"We request {depth} of {about.target}, a {look} {name}.",
                    f"The {look} {name} {about.target} will be observed with {depth}.",
                ),
            ),
            _pick(
                rng,
                (
                    f"Our aim is to {about.goal}.",
                    f"This will allow us to {about.goal}.",
                    f"These images are needed to {about.goal}.",
                ),
            ),
        ]
    fillers = [FILLERS[i] for i in rng.choice(len(FILLERS), rng.integers(2, 6), replace=False)]
    sentences = told + fillers
    text = " ".join(sentences[i] for i in rng.permutation(len(sentences)))
    return text.replace("(", "{").replace(")", "}") if rng.random() < 0.3 else text


def title(about: Subject, rng: Rng) -> str:
    """A title, at times long enough that the catalogue wraps it."""
    head = _pick(rng, ("Imaging of", "A new look at", "A survey of", "The nature of"))
    tail = _pick(rng, ("", ": first results from a large program of this and earlier cycles of observation"))
    return f"{head} {about.target}{tail}"


def person(rng: Rng) -> str:
    return f"{_pick(rng, FIRST_NAMES)} {_pick(rng, LAST_NAMES)}"


def category(about: Subject, rng: Rng) -> str:
    """The category as catalogues write it: case varies, and some are empty or the word None."""
    if rng.random() < EMPTY_CATEGORY:
        return _pick(rng, ("", "None"))
    return about.kind.category if rng.random() < 0.7 else about.kind.category.title()
