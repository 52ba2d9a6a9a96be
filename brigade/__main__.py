"""``python -m brigade``."""

from brigade.cli import main

main()
