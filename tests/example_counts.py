"""How many made-up inputs the tests feed: thousands in all by default, and more of each kind in the long tests."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("GROKSCOPE_TEST_FEED", "1"))


def fed(n: int) -> settings:
    """So many examples, times `GROKSCOPE_TEST_FEED`."""
    return settings(
        max_examples=n * TIMES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
