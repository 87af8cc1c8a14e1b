"""What the study of paths concludes: of each run, of its pruning, and of the runs of one sweep of w0."""
