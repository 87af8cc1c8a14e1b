"""Signals: numbers that a run records beside losses and accuracies, if it asks for them. A new signal is a new file.

A signal is a frozen spec under `grokscope.run.Signal` with `values(seen)`, which is compiled into the run's program. It
makes one number, in a column of the signal's name, or a dict of numbers, in columns `signal/name`.
"""
