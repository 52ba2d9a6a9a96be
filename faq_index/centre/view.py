"""What every page says about itself, whatever it shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class View:
    """``path`` is what follows the language in the address; ``context`` is what an operator is told when a chat begins
    here (French, or nothing); ``languages`` those in which the page really is; ``trail`` leads here from the home page.
    """

    language: str
    path: str
    title: str
    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    languages: tuple[str, ...] = ("fr", "en", "es", "de", "it")
    indexed: bool = True
    sensitive: bool = False
    entry_point: str = "gendarmerie"
    context: str = ""
    summary: str = ""
    structured: str = ""
    trail: tuple[tuple[str, str], ...] = ()
    feed_path: str = "feed.atom"
    query: str = ""
    printing: bool = False
    status: int = 200
    shared: bool = True
    prevention: bool = False

    def address(self, language: str) -> str:
        """The same page in another language."""
        return f"/{language}/{self.path}"

    @property
    def canonical(self) -> str:
        """The address that search engines should keep."""
        path = self.path.removesuffix("/print")
        return f"/{self.language if self.language in self.languages else 'fr'}/{path}"

    @property
    def alternates(self) -> dict[str, str]:
        """Its addresses in the languages that it is really in."""
        return {code: self.address(code) for code in self.languages} if self.indexed else {}

    @property
    def feed(self) -> str:
        """The Atom feed that it belongs to."""
        return f"/{self.language}/{self.feed_path}"
