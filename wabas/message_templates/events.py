"""The data of `template.status_updated`. Nothing is published here: who learns of a decision does that."""

from typing import Any

from wabas.models import Waba

STATUS_UPDATED = "template.status_updated"


def status_updated(
    waba: Waba, *, name: str, language_code: str, status: str, reason: str | None
) -> dict[str, Any]:
    return {
        "wabaId": str(waba.pk),
        "templateName": name,
        "languageCode": language_code,
        "status": status,
        "reason": reason,
    }
