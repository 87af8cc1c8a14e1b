"""Grokscope: an instrument for watching networks learn."""
