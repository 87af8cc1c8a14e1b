"""Statistics that the laws share: censored regression, means over seeds, agreement, and simulated truth."""
