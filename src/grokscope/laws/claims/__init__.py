"""Tests of what a suite claims of its crossings and onsets."""
