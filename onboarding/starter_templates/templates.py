"""The templates themselves: our texts by language, from the folder `sets`, as Meta takes them.

One JSON file a language: Meta's code of it, and each template's name at Meta, category and components.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from onboarding.languages import spoken

FOLDER = Path(__file__).parent
# The language of whom we do not speak theirs.
USUAL = "en"
SAMPLE_NAME, SAMPLE_TYPE = "sample.pdf", "application/pdf"


@dataclass(frozen=True)
class Template:
    """`name`, `language_code`, `category` and `components` are Meta's; see `meta_graph.templates.create`."""

    name: str
    language_code: str
    category: str
    components: tuple[dict[str, Any], ...]

    @property
    def needs_sample(self) -> bool:
        """Meta reviews a header with a document by a sample of one."""
        return any(component.get("format") == "DOCUMENT" for component in self.components)

    def with_sample(self, handle: str) -> list[dict[str, Any]]:
        """The components, with the uploaded sample's handle where a document will be."""
        sample = {"example": {"header_handle": [handle]}}
        return [one | sample if one.get("format") == "DOCUMENT" else one for one in self.components]


def template_of(name: str, language: str | None) -> Template:
    """Our template `name` in a link's `language`, a BCP 47 tag; in English where we do not speak that."""
    return read(spoken(language or "") or USUAL)[name]


@cache
def read(language: str) -> dict[str, Template]:
    """The templates of one of our languages, by our names."""
    path = FOLDER / "sets" / f"{language}.json"
    given = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: Template(one["name"], given["languageCode"], one["category"], tuple(one["components"]))
        for name, one in given["templates"].items()
    }


@cache
def sample() -> bytes:
    """The document that stands for any other, for Meta's reviewers."""
    return (FOLDER / SAMPLE_NAME).read_bytes()
