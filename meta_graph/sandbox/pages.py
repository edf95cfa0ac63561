"""The frame of every page: inline style and script, the notice that this is not Meta, and escaping."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent / "static"
STYLE = (STATIC / "style.css").read_text(encoding="utf-8")


def static(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def document(title: str, body: str, script: str = "") -> str:
    """A whole page; `body` is HTML whose values the caller has escaped."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} - Sandbox</title>
<style>{STYLE}</style>
</head>
<body>
<p class="notice">Sandbox: this is not Meta</p>
<main>
{body}
</main>
{f"<script>{static(script)}</script>" if script else ""}
</body>
</html>
"""


def data_script(name: str, data: Any) -> str:
    """Data for a page's script; `<` is escaped, so that no text can end the element."""
    text = json.dumps(data).replace("<", "\\u003c")
    return f'<script type="application/json" id="{escape(name)}">{text}</script>'


def pretty(text: str) -> str:
    """JSON spread over lines, any other text as it is; escaped."""
    with suppress(ValueError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return escape(text)


def options(values: dict[str, str], chosen: str = "") -> str:
    """`<option>` elements of value -> label."""
    return "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(label)}</option>'
        for value, label in values.items()
    )


def time_of(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f'<time datetime="{moment.isoformat()}">{moment:%H:%M:%S} UTC</time>'
