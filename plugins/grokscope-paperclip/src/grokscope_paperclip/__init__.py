"""PAPERCLIP: can images of the sky and the words of astronomers share one space?

Its rooms, top to bottom: `commands`, `report`, `suite`, `use` (search, describe, serve), `evaluation`, `learning`,
`summaries`, `data`, `sky`. Only `learning` and what stands above it need PyTorch. Grokscope finds the commands by the
entry point `paperclip` of the group `grokscope.commands`, and knows nothing else of this package.
"""
