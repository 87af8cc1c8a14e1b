"""Conclusions from runs: pure functions from a frame of finished runs to frozen results with intervals.

Each law is in the module of its name. Nothing is imported here: the statistics libraries are slow to load.
"""
