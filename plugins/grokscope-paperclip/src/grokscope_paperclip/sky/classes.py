"""The eighteen classes: how each is drawn, what astronomers call it and want of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from grokscope_paperclip.sky import galaxies, nearby
from grokscope_paperclip.sky.light import Array, Rng

Draw = Callable[[Rng, int, int], Array]


@dataclass(frozen=True)
class SkyClass:
    """A class of objects.

    Attributes:
        name: what search and labels call it; `synonyms` are what abstracts may say instead.
        variants: the two looks it has, an adjective each; `draw(rng, n, variant)` draws them.
        category: of the proposals, as in the catalogue.
        prefixes: of the targets' names.
        goals: what may be learned from it: each follows "to".
        groups: wider concepts that it belongs to, for queries with an exact answer.
    """

    name: str
    draw: Draw
    variants: tuple[str, str]
    synonyms: tuple[str, ...]
    category: str
    prefixes: tuple[str, ...]
    goals: tuple[str, ...]
    groups: tuple[str, ...]


CLASSES = (
    SkyClass(
        "spiral galaxy",
        galaxies.spiral,
        ("loosely wound", "tightly wound"),
        ("spiral galaxy", "late-type disk galaxy", "grand-design spiral"),
        "GALAXIES",
        ("NGC", "UGC"),
        (
            "measure star formation along spiral arms",
            "trace the density wave of the disk",
            "determine the ages of young stellar associations in arms",
        ),
        ("galaxies", "disk galaxies"),
    ),
    SkyClass(
        "barred spiral galaxy",
        galaxies.barred,
        ("open-armed", "ringed"),
        ("barred spiral galaxy", "barred disk galaxy", "galaxy with a stellar bar"),
        "GALAXIES",
        ("NGC", "IC"),
        (
            "study gas inflow along the bar",
            "determine how bars feed nuclear star formation",
            "measure the pattern speed of the bar",
        ),
        ("galaxies", "disk galaxies"),
    ),
    SkyClass(
        "elliptical galaxy",
        galaxies.elliptical_galaxy,
        ("round", "flattened"),
        ("elliptical galaxy", "early-type galaxy", "giant elliptical"),
        "GALAXIES",
        ("NGC", "VCC"),
        (
            "measure the central light of early-type galaxies",
            "constrain the mass of the central black hole",
            "study the formation of old spheroids",
        ),
        ("galaxies", "early-type galaxies"),
    ),
    SkyClass(
        "edge-on galaxy",
        galaxies.edge_on,
        ("small-bulge", "bulge-dominated"),
        ("edge-on galaxy", "edge-on disk with a dust lane", "disk seen edge-on"),
        "GALAXIES",
        ("NGC", "ESO"),
        (
            "measure the vertical structure of the disk",
            "map extraplanar dust above the dust lane",
            "determine the thickness of the stellar disk",
        ),
        ("galaxies", "disk galaxies"),
    ),
    SkyClass(
        "dwarf irregular galaxy",
        galaxies.irregular,
        ("starbursting", "quiescent"),
        ("dwarf irregular galaxy", "gas-rich dwarf", "dIrr galaxy"),
        "STELLAR POPULATIONS",
        ("DDO", "UGCA"),
        (
            "reconstruct the star formation history of dwarf galaxies",
            "measure the distance from red giants",
            "study feedback in low-mass galaxies",
        ),
        ("galaxies", "dwarf galaxies"),
    ),
    SkyClass(
        "galaxy merger",
        galaxies.merger,
        ("early-stage", "late-stage"),
        ("galaxy merger", "interacting pair with tidal tails", "colliding galaxies"),
        "GALAXIES",
        ("Arp", "VV"),
        (
            "identify young star clusters formed in tidal tails",
            "determine the dynamical age of the collision",
            "study how mergers trigger starbursts",
        ),
        ("galaxies", "interacting galaxies"),
    ),
    SkyClass(
        "galaxy cluster",
        galaxies.cluster,
        ("relaxed", "merging"),
        ("galaxy cluster", "rich cluster of galaxies", "massive cluster"),
        "COSMOLOGY",
        ("Abell", "MACS"),
        (
            "measure the dark matter profile of clusters",
            "study the evolution of cluster member galaxies",
            "map the intracluster light",
        ),
        ("galaxy clusters", "dark matter"),
    ),
    SkyClass(
        "gravitational lens",
        galaxies.lens,
        ("giant-arc", "Einstein-ring"),
        ("gravitational lens", "strong lensing system", "lensed arc"),
        "COSMOLOGY",
        ("SDSS J", "SL2S J"),
        (
            "constrain the mass distribution of the lens",
            "determine the Hubble constant from time delays",
            "study magnified background galaxies in lensed arcs",
        ),
        ("strong lensing", "dark matter"),
    ),
    SkyClass(
        "globular cluster",
        nearby.globular,
        ("loose", "core-collapsed"),
        ("globular cluster", "old massive star cluster", "Galactic globular"),
        "STELLAR POPULATIONS",
        ("NGC", "Pal"),
        (
            "measure proper motions of cluster stars",
            "search for multiple stellar populations in old clusters",
            "determine the white dwarf cooling age",
        ),
        ("star clusters", "stellar populations"),
    ),
    SkyClass(
        "open cluster",
        nearby.open_cluster,
        ("gas-free", "embedded"),
        ("open cluster", "young loose star cluster", "young stellar association"),
        "STELLAR POPULATIONS",
        ("NGC", "Tr"),
        (
            "determine the initial mass function of young clusters",
            "measure the binary fraction of young stars",
            "constrain the disruption of open clusters",
        ),
        ("star clusters", "stellar populations"),
    ),
    SkyClass(
        "crowded stellar field",
        nearby.crowded,
        ("uniform", "dust-crossed"),
        ("crowded stellar field", "dense star field of the bulge", "Galactic bulge field"),
        "STELLAR POPULATIONS",
        ("OGLE BLG", "Sgr Field "),
        (
            "detect microlensing events towards the bulge",
            "derive the ages of bulge stars from photometry",
            "measure the proper motions of field stars",
        ),
        ("stellar populations", "star fields"),
    ),
    SkyClass(
        "planetary nebula",
        nearby.planetary,
        ("round", "bipolar"),
        ("planetary nebula", "ejected shell of a dying star", "post-AGB nebula"),
        "HOT STARS",
        ("PN G", "Hen 2-"),
        (
            "study mass loss at the end of stellar evolution",
            "measure the expansion of the nebular shell",
            "determine the temperature of the central star",
        ),
        ("nebulae", "ionised gas"),
    ),
    SkyClass(
        "supernova remnant",
        nearby.remnant,
        ("complete", "one-sided"),
        ("supernova remnant", "filaments of an exploded star", "expanding blast wave"),
        "ISM",
        ("SNR G", "SNR 0"),
        (
            "measure shock velocities of filaments",
            "search for the ejecta of the explosion",
            "constrain the age of the blast wave",
        ),
        ("nebulae", "supernovae"),
    ),
    SkyClass(
        "emission nebula",
        nearby.emission,
        ("billowing", "pillared"),
        ("emission nebula", "H II region", "star-forming cloud"),
        "STAR FORMATION",
        ("NGC", "Sh 2-"),
        (
            "find protostellar jets in star-forming clouds",
            "study photoevaporation of dusty clouds",
            "map the ionisation fronts of the region",
        ),
        ("nebulae", "ionised gas"),
    ),
    SkyClass(
        "giant planet",
        nearby.planet,
        ("banded", "ringed"),
        ("giant planet", "Jovian planet", "gas giant atmosphere"),
        "SOLAR SYSTEM",
        ("JUPITER", "SATURN"),
        ("track cloud bands and storms", "measure zonal winds in the atmosphere", "study seasonal changes of hazes"),
        ("solar system", "planets"),
    ),
    SkyClass(
        "comet",
        nearby.comet,
        ("dusty", "gas-rich"),
        ("comet", "active comet", "cometary nucleus with a tail"),
        "SOLAR SYSTEM",
        ("COMET C/", "COMET P/"),
        (
            "determine the size of the nucleus",
            "measure the dust production of the coma",
            "study the activity of icy bodies",
        ),
        ("solar system", "small bodies"),
    ),
    SkyClass(
        "quasar",
        galaxies.quasar,
        ("luminous", "hosted"),
        ("quasar", "luminous active nucleus", "QSO"),
        "AGN",
        ("PG ", "3C "),
        (
            "study the host galaxies of quasars",
            "measure the black hole growth of luminous nuclei",
            "constrain the duty cycle of active nuclei",
        ),
        ("active galaxies", "black holes"),
    ),
    SkyClass(
        "deep field",
        galaxies.deep_field,
        ("blank", "confusion-limited"),
        ("deep field", "blank field survey of distant galaxies", "ultra-deep survey field"),
        "COSMOLOGY",
        ("Field ", "Deep "),
        (
            "count faint galaxies at high redshift",
            "determine the luminosity function of the first galaxies",
            "study the morphology of distant galaxies",
        ),
        ("high-redshift galaxies", "cosmology"),
    ),
)

CALIBRATION = SkyClass(
    "calibration",
    nearby.calibration,
    ("lamp", "standard-star"),
    ("internal flat field", "detector dark frames"),
    "CALIBRATION",
    ("FLAT-", "STD-"),
    ("monitor the sensitivity of the detector", "update the reference files", "track hot pixels"),
    ("calibration",),
)

BY_NAME = {each.name: each for each in (*CLASSES, CALIBRATION)}
