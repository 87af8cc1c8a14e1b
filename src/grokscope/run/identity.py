"""Names of runs: digits of a hash of all that describes them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

PROTOCOL = 1
"""Raised whenever the meaning of an unchanged spec changes, so that old results are never taken for new ones."""


def identity_of(spec: Mapping[str, Any]) -> str:
    """20 hexadecimal digits of plain values (see `Run.identity`)."""
    return digits(json.dumps(spec, sort_keys=True, separators=(",", ":"), allow_nan=False))


def digits(canonical: str) -> str:
    """The first 20 hexadecimal digits of a text's SHA-256."""
    return hashlib.sha256(canonical.encode()).hexdigest()[:20]
