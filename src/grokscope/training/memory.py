"""The error of a device whose memory is too small."""

from __future__ import annotations

OUT_OF_MEMORY = "RESOURCE_EXHAUSTED"
"""XLA's word for it, on every device."""


def out_of_memory(error: Exception) -> bool:
    """Whether a JaxRuntimeError says that something did not fit."""
    return OUT_OF_MEMORY in str(error)
