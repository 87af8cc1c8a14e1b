"""Figures of the study of order: curves over seeds, matrices and graphs in the found order, states over iterations."""
