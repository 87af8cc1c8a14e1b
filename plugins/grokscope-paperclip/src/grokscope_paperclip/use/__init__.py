"""What an archive's user does with a model: embed, search, describe, and a local page for it."""
