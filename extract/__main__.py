"""python -m extract: the same as the command caseloom."""

from extract.cli import main

if __name__ == "__main__":
    main()
