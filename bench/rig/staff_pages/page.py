"""One page to open, and what somebody may click on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Page:
    """`name` is the same whatever rows there are. `given`: a POST's body. `kind` groups what is alike."""

    name: str
    url: str
    kind: str
    given: Mapping[str, str | Sequence[str]] | None = None

    def open(self, client: Any) -> Any:
        return client.get(self.url) if self.given is None else client.post(self.url, self.given)
