"""Summaries without a model: a gazetteer of what can be seen, and the phrases that say what is wanted of it."""

from __future__ import annotations

import re

from grokscope_paperclip.data.manifest import Summary
from grokscope_paperclip.summaries.schema import LONGEST, MOST_ITEMS

RULES_VERSION = 2
GAZETTEER = tuple(
    """
    barred spiral galaxy; barred disk galaxy; galaxy with a stellar bar; grand-design spiral; spiral galaxy;
    late-type disk galaxy; giant elliptical; elliptical galaxy; early-type galaxy; lenticular galaxy; edge-on disk
    with a dust lane; disk seen edge-on; edge-on galaxy; dwarf irregular galaxy; gas-rich dwarf; dIrr galaxy;
    dwarf spheroidal galaxy; dwarf galaxy; ultra-diffuse galaxy; interacting pair with tidal tails; colliding
    galaxies; galaxy merger; tidal tail; starburst galaxy; rich cluster of galaxies; galaxy cluster; massive
    cluster; strong lensing system; gravitational lens; lensed arc; Einstein ring; old massive star cluster;
    Galactic globular; globular cluster; young loose star cluster; young stellar association; open cluster; dense
    star field of the bulge; crowded stellar field; Galactic bulge field; ejected shell of a dying star; post-AGB
    nebula; planetary nebula; reflection nebula; filaments of an exploded star; expanding blast wave; supernova
    remnant; core-collapse supernova; supernova; H II region; star-forming cloud; emission nebula; molecular cloud;
    protostar; protoplanetary disk; debris disk; Herbig-Haro object; stellar jet; gas giant atmosphere; giant
    planet; Jovian planet; exoplanet; cometary nucleus with a tail; active comet; comet; asteroid; Kuiper belt
    object; Jupiter; Saturn; Mars; Uranus; Neptune; luminous active nucleus; active galactic nucleus; quasar; QSO;
    blazar; black hole; gamma-ray burst; ultra-deep survey field; blank field survey of distant galaxies; deep
    field; high-redshift galaxy; Lyman alpha; intergalactic medium; circumgalactic medium; intracluster light;
    interstellar medium; dark matter; white dwarf; brown dwarf; Cepheid; RR Lyrae; red giant; massive star; binary
    star; X-ray binary; neutron star; pulsar; internal flat field; detector dark frame
    """.replace("\n", " ").split(";")
)
NAMES = [" ".join(name.split()) for name in GAZETTEER]
_SEEN = re.compile(
    r"\b(" + "|".join(re.escape(name) for name in sorted(NAMES, key=len, reverse=True)) + r")(?:s|es)?\b", re.I
)
_LOOK = re.compile(r"\b(?:the|a|an)\s+([a-z]+(?:-[a-z]+)*)\s+$", re.I)
_VERBS = (
    "measure|determine|constrain|study|trace|map|search for|find|identify|derive|detect|reconstruct|count|track|"
    "monitor|update|test|probe|explore|characterize|investigate|understand|resolve|quantify"
)
_WANTED = re.compile(rf"\bto ((?:{_VERBS})\b[^.;:(){{}}]*|study[^.;:]*)", re.I)
_TELESCOPE = re.compile(r"\b(?:HST|Hubble(?: Space Telescope)?|JWST|Webb|WFC3|ACS|STIS|NICMOS|COS)\b(?! constant)")
_DEPTH = (
    ("shallow", ("shallow", "snapshot")),
    ("deep", ("very deep imaging", "long integrations", "ultra-deep imaging")),
)
UNKNOWN = "unidentified target"


def by_rules(abstract: str, title: str = "", category: str = "") -> Summary:
    """The summary that rules find. Never empty: what nothing is found of is named by its category."""
    text = " ".join(f"{title}. {abstract}".replace("{", "(").replace("}", ")").split())
    objects: dict[str, None] = {}
    for match in _SEEN.finditer(text):
        if match[1].isupper() and len(match[1]) > 3:
            continue  # a target's proper name, such as COMET C/1995 O1
        look = _LOOK.search(text[: match.start()])
        name = match[1] if match[1][:2].isupper() or " " in match[1][:2] else match[1][0].lower() + match[1][1:]
        objects[f"{look[1].lower()} {name}" if look else name] = None
    for word, signs in _DEPTH:
        if any(sign in text.lower() for sign in signs):
            objects[f"{word} imaging"] = None
    uses = [_TELESCOPE.sub("", match[1]).strip() for match in _WANTED.finditer(text)]
    fallback = category.lower() or UNKNOWN
    return Summary(_distinct(list(objects)) or (_fits(fallback),), _distinct(uses) or (f"study of {_fits(fallback)}",))


def _distinct(items: list[str]) -> tuple[str, ...]:
    """At most five, each within its length and said once."""
    return tuple(dict.fromkeys(_fits(item) for item in items if len(item) >= 3))[:MOST_ITEMS]


def _fits(item: str) -> str:
    """An item cut at a word so that it is not too long."""
    item = " ".join(item.replace(";", ",").split())
    return item if len(item) <= LONGEST else item[:LONGEST].rsplit(" ", 1)[0]
