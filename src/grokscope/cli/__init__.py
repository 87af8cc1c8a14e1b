"""The door: parses, calls, prints. No arithmetic."""

from grokscope.cli.app import main

__all__ = ["main"]
