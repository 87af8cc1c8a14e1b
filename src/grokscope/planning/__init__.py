"""What running a suite would do: which runs are to be done and why, and what they cost."""
