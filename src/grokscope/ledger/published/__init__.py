"""Registries of the published code: read as they are, believed in nothing, entered with their origin.

Source: Song & Ye 2026, public code of May 2026: a table `runs` of identifying and annotating columns, and beside it one
`data/<type>/<run id>/trace.npz` a run.
"""

from grokscope.ledger.published.importing import Imported, enter, entries

__all__ = ["Imported", "enter", "entries"]
