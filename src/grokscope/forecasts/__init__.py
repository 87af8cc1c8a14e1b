"""Predictions frozen before their outcome is looked at, and scored after it."""
