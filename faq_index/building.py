"""Builds indexes in a process of its own, so that what learning needs never weighs on a search.

    python -m faq_index.building CONTENT FOLDER LANGUAGE...

writes FOLDER/LANGUAGE.npz and says on standard output which language is done.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from faq_index.content import load
from faq_index.index import build
from faq_index.search import scored
from faq_index.texts import texts
from faq_index.training import learned
from faq_index.words import language


def main(content: Path, folder: Path, codes: Sequence[str]) -> None:
    """Index the folder ``content`` in these languages."""
    library = load(content)
    for code in codes:
        written = texts(library.entries, language(code))
        build(written, scored(written), learned(written)).write(folder / f"{code}.npz")
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
