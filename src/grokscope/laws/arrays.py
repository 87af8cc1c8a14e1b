"""The array type of the laws."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
"""A NumPy array; its shape is said where it is an argument or a result."""
