"""Which question: each study strings the rooms below it into one job."""
