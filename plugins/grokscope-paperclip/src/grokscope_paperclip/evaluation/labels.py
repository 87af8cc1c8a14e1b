"""Phrases that an image is described with: what astronomers look at and why, and those of the synthetic sky."""

from __future__ import annotations

GENERAL = tuple(
    " ".join(label.split())
    for label in """
    spiral galaxies; barred galaxies; elliptical galaxies; lenticular galaxies; dwarf galaxies; low surface
    brightness galaxies; starburst galaxies; ring galaxies; galaxy mergers; tidal tails; galaxy groups; galaxy
    clusters; brightest cluster galaxies; intracluster gas; galaxy evolution; high-redshift galaxies; Lyman-alpha
    emitters; Lyman-alpha absorption; reionisation; first stars; active galactic nuclei; quasars; quasar host
    galaxies; blazars; radio jets; supermassive black holes; stellar-mass black holes; strong gravitational lensing;
    weak lensing; Einstein rings; dark matter; dark energy; expansion rate; intergalactic gas; gas around galaxies;
    interstellar dust; interstellar shocks; molecules in space; molecular clouds; star formation; protostars;
    stellar jets and outflows; protoplanetary discs; debris discs; emission nebulae; reflection nebulae; dark
    nebulae; planetary nebulae; supernova remnants; supernovae; gamma-ray bursts; kilonovae; novae; massive stars;
    Wolf-Rayet stars; red giants; white dwarfs; neutron stars; brown dwarfs; low-mass stars; pulsating variables;
    Cepheids; eclipsing binaries; X-ray binaries; globular clusters; open clusters; crowded star fields; proper
    motions; initial mass function; stellar ages; chemical abundances; the Galactic bulge; the Magellanic Clouds;
    exoplanet atmospheres; directly imaged planets; giant planets; planetary rings; planetary storms; aurorae;
    moons; asteroids; comets; Kuiper-belt objects; zodiacal light; deep fields; blank fields; calibration exposures;
    standard stars; detector artefacts
    """.replace("\n", " ").split(";")
)


def sky_labels() -> list[str]:
    """The eighteen classes of the synthetic sky by name."""
    from grokscope_paperclip.sky.classes import CLASSES

    return [each.name for each in CLASSES]
