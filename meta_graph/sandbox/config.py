"""What the fake Meta is told at its start: the app it knows and how it behaves."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class SandboxConfig:
    """The partner's app and portfolio, as Meta's dashboard would know them."""

    app_id: str
    app_secret: str = field(repr=False)
    config_id: str
    system_user_token: str = field(repr=False)
    business_id: str
    system_user_id: str
    credit_line_id: str = ""
    callback_url: str | None = None
    deauthorize_url: str | None = None
    data_deletion_url: str | None = None
    verify_token: str = field(default="", repr=False)
    state_path: Path | None = None
    latency_ms: int = 0
    app_name: str = "Gangway"
    has_rate_limits: bool = True
    clock: Callable[[], float] = time.time

    @property
    def app_token(self) -> str:
        return f"{self.app_id}|{self.app_secret}"
