"""Kinds for Grokscope that are not built in."""
