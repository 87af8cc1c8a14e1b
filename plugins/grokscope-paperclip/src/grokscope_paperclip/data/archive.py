"""The archive behind an interface: which previews a proposal has, and their bytes."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy as np

from grokscope.spec import InputError
from grokscope_paperclip.data.layout import Preview

DOWNLOAD = "https://mast.stsci.edu/api/v0.1/Download/file"
MOST_BYTES = 2**26
CHUNK = 20
"""Observations a question: MAST's server join times out for large programmes."""


class ArchiveError(Exception):
    """The archive did not give what was asked; trying again may help."""


class Archive(Protocol):
    """An archive that previews can be fetched from."""

    def observations(self, proposal: int) -> list[Mapping[str, Any]]:
        """Public observations of a programme, each with at least `obs_id`. Raises ArchiveError."""

    def products(self, observations: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Data products of observations, each with `productFilename`, `productType`, `dataURI`. Raises ArchiveError."""

    def download(self, uri: str) -> bytes:
        """The bytes of a product. Raises ArchiveError."""


class Mast:
    """The Mikulski Archive through astroquery, with a pause between any two questions.

    Args:
        mission: `HST`, or another collection with previews.
        pause: seconds between the beginnings of two questions.
        timeout: seconds that an answer may take.
        address: where files are downloaded from.
    """

    def __init__(self, *, mission: str = "HST", pause: float = 0.5, timeout: float = 120, address: str = DOWNLOAD):
        self.mission, self.pause, self.timeout, self.address = mission, pause, timeout, address
        self._last = -np.inf

    def observations(self, proposal: int) -> list[Mapping[str, Any]]:
        asked = {"obs_collection": self.mission, "proposal_id": [str(proposal)], "dataRights": "PUBLIC"}
        return _rows(self._ask("query_criteria", **asked))

    def products(self, observations: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        identities = [str(each["obsid"]) for each in observations]
        found: list[Mapping[str, Any]] = []
        for start in range(0, len(identities), CHUNK):
            found += _rows(self._ask("get_product_list", identities[start : start + CHUNK]))
        return found

    def download(self, uri: str) -> bytes:
        self._wait()
        return download(f"{self.address}?{urllib.parse.urlencode({'uri': uri})}", self.timeout)

    def _ask(self, what: str, *args: Any, **kwargs: Any) -> Any:
        from astroquery.mast import Observations

        self._wait()
        Observations.TIMEOUT = self.timeout
        try:
            return getattr(Observations, what)(*args, **kwargs)
        except Exception as error:  # astroquery lets through whatever its parsers and requests meet
            raise ArchiveError(f"{what}: {type(error).__name__}: {error}") from error

    def _wait(self) -> None:
        time.sleep(max(0.0, self._last + self.pause - time.monotonic()))
        self._last = time.monotonic()


def _rows(table: Any) -> list[Mapping[str, Any]]:
    """The rows of an astropy table; what is masked is None."""
    return [{name: None if np.ma.is_masked(row[name]) else row[name] for name in table.colnames} for row in table]


def download(address: str, timeout: float) -> bytes:
    """The body of an answer, at most 64 MiB, within `timeout` seconds as a whole.

    Raises:
        ArchiveError: there is none, it is too long or cut short, or it takes too long.
    """
    ends = time.monotonic() + timeout
    try:
        with urllib.request.urlopen(address, timeout=timeout) as answer:
            declared, body = answer.headers.get("Content-Length"), bytearray()
            while part := answer.read1(2**16):
                body += part
                if len(body) > MOST_BYTES:
                    raise ArchiveError(f"{address}: found over {MOST_BYTES:,} bytes")
                if time.monotonic() > ends:
                    raise ArchiveError(f"{address}: no whole answer within {timeout:g} s")
    except urllib.error.HTTPError as error:
        with error:
            raise ArchiveError(f"{address}: HTTP {error.code}") from error
    except OSError as error:
        raise ArchiveError(f"{address}: {error}") from error
    if declared and len(body) != int(declared):
        raise ArchiveError(f"{address}: found {len(body)} bytes of {declared}")
    return bytes(body)


def previews_of(
    proposal: int, observations: Iterable[Mapping[str, Any]], products: Iterable[Mapping[str, Any]], *, colour: bool
) -> list[Preview]:
    """The preview pictures among the products, each once, in order of their names.

    Previews of `total` products combine all exposures of a visit; those in colour are left out unless `colour`.
    """
    of = {str(each.get("obs_id")): each for each in observations}
    found: dict[str, Preview] = {}
    for product in products:
        name = str(product.get("productFilename") or "")
        wanted = product.get("productType") == "PREVIEW" and name.lower().endswith((".jpg", ".jpeg"))
        if not wanted or "total" not in name or ("color" in name and not colour) or not safe_name(name):
            continue
        visit = of.get(str(product.get("parent_obsid_name") or product.get("obs_id")), {})
        instrument = str(visit.get("instrument_name") or "")
        found[name] = Preview(
            proposal=proposal,
            filename=name,
            obs_id=str(product.get("obs_id") or ""),
            uri=str(product.get("dataURI") or ""),
            instrument=instrument,
            detector=instrument.partition("/")[2],
            filters=str(visit.get("filters") or ""),
            exposure=_number(visit.get("t_exptime")),
            target=str(visit.get("target_name") or ""),
            ra=_number(visit.get("s_ra")),
            dec=_number(visit.get("s_dec")),
        )
    return [found[name] for name in sorted(found)]


def safe_name(name: str) -> bool:
    """True if a name from outside may become the name of a file."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,200}", name) is not None


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def choose_previews(previews: list[Preview], most: int, seed: int) -> list[Preview]:
    """At most so many of a proposal's previews, drawn without replacement by the proposal's own stream.

    Raises:
        InputError: fewer than one is asked for.
    """
    if most < 1:
        raise InputError(f"images per proposal: found {most}, expected at least 1")
    if not previews:
        return []
    rng = np.random.default_rng([seed, previews[0].proposal])
    picked = rng.permutation(len(previews))[:most]
    return [previews[i] for i in sorted(picked)]
