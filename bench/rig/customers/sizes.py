"""How many rows of each kind there are, by the two that are asked for."""

from dataclasses import dataclass

# Below, a state that one row in a hundred has would be missing.
LEAST_LINKS, LEAST_DELIVERIES = 400, 4000


@dataclass(frozen=True)
class Size:
    """As many links, numbers, contacts and conversations as `links` says; of the rest so many for each."""

    links: int
    deliveries: int

    def __post_init__(self) -> None:
        if self.links < LEAST_LINKS or self.deliveries < LEAST_DELIVERIES:
            raise ValueError(f"at least {LEAST_LINKS} links and {LEAST_DELIVERIES} deliveries")

    @property
    def organizations(self) -> int:
        return min(200, self.links // 50)

    @property
    def wabas(self) -> int:
        return self.links * 4 // 5

    @property
    def endpoints(self) -> int:
        return self.links * 2 // 5

    @property
    def events(self) -> int:
        return self.deliveries * 4 // 5

    @property
    def first_signups(self) -> int:
        """Further ones, of which the first link has many, come after them."""
        return self.links

    @property
    def notifications(self) -> int:
        return self.links

    @property
    def messages(self) -> int:
        return self.links * 3

    @property
    def acts(self) -> int:
        """Lines in the log of the staff."""
        return self.links // 2
