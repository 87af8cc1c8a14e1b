"""How it learns: lanes, epochs, packs, checkpoints. Needs nothing beyond JAX, Equinox, Optax, NumPy, safetensors."""
