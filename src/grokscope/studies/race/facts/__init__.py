"""What the race concludes: from runs to crossings, onsets and predictions, as plain data."""
