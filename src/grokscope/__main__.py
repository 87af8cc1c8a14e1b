"""`python -m grokscope`: the same as the command `grokscope`."""

from grokscope.cli import main

if __name__ == "__main__":
    main()
