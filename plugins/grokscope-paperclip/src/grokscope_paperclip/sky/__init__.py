"""A synthetic sky: proposals of eighteen classes with previews and abstracts in the real archive's layout."""
