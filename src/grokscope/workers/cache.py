"""JAX's compilation cache, kept between runs so that a second start does not compile again."""

from __future__ import annotations

import jax

from grokscope.folders import cache_folder


def use_compilation_cache() -> None:
    """Keep every compiled program, however quick it was to compile."""
    jax.config.update("jax_compilation_cache_dir", str(cache_folder() / "xla"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
