"""A small page on this machine: a search box, an image drop, a grid of what is found."""
