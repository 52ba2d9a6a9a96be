"""What the help centre is told by whoever runs it. Nothing here is read from the environment."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """``public_url``: our address as citizens see it; ``chat_url``: the web chat's, None where there is none.

    ``theme``: a folder whose ``templates/`` and ``static/`` replace ours file by file; ``index``: where the search
    index is kept (in memory without it); ``content``, ``campaigns``: folders, the packaged ones without them;
    ``drafts``: whether campaigns that nobody has validated are shown.
    """

    public_url: str = "http://127.0.0.1:8081"
    chat_url: str | None = None
    form_url: str = "https://www.gendarmerie.interieur.gouv.fr/"
    appointment_url: str = "https://www.masecurite.interieur.gouv.fr/"
    exit_url: str = "https://fr.wikipedia.org/"
    frame_ancestors: tuple[str, ...] = ("https:", "http:")
    theme: Path | None = None
    content: Path | None = None
    campaigns: Path | None = None
    index: Path | None = None
    reload_seconds: float = 5.0
    feedback_per_minute: int = 120
    drafts: bool = True
