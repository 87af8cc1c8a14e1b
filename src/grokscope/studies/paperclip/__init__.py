"""PAPERCLIP: can images of the sky and the words of astronomers share one space?

Its rooms, top to bottom: `report`, `suite`, `use` (search, describe, serve), `evaluation`, `learning`, `summaries`,
`data`, `sky`. Only `learning` and what stands above it need PyTorch; nothing outside this package imports any of it
but the command line, when it is asked to.
"""
