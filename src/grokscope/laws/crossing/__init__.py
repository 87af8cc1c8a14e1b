"""Where memorising becomes faster than generalising, and where grokking begins."""
