"""An archive's user and a model: embed, search, describe, and a local page for it."""
