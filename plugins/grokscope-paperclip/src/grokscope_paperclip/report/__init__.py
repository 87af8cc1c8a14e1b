"""The report of a suite of this study: figures and one page."""
