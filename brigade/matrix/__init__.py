"""Matrix, as our services see it; the only folder that imports matrix-nio."""

from brigade.matrix.account import Account, txn
from brigade.matrix.homeserver import Homeserver

__all__ = ["Account", "Homeserver", "txn"]
