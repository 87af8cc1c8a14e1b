"""Traces of a suite's runs, read from the ledger as they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from grokscope.ledger import Ledger

AHEAD = 256
"""Traces that a walk reads at once: some 30 MiB of long ones."""


class Traces(Mapping[str, Mapping[str, np.ndarray]]):
    """Traces by identity: columns of one number an epoch by name, element 0 for epoch 1.

    Only what was read last is kept. Whoever asks for one run after the other in the order of `identities` is read
    ahead of; a single look-up reads a single trace.
    """

    def __init__(self, ledger: Ledger, identities: list[str]):
        self._ledger, self._identities = ledger, identities
        self._place = {identity: place for place, identity in enumerate(identities)}
        self._held: dict[str, dict[str, np.ndarray]] = {}
        self._next = 0

    def __getitem__(self, identity: str) -> Mapping[str, np.ndarray]:
        place = self._place[identity]
        if identity not in self._held:
            n = AHEAD if place == self._next else 1
            self._held = self._ledger.traces(self._identities[place : place + n])
        self._next = place + 1
        return self._held[identity]

    def __iter__(self) -> Iterator[str]:
        return iter(self._identities)

    def __len__(self) -> int:
        return len(self._identities)
