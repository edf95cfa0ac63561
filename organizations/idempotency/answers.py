"""Answers that are kept, to be given again byte for byte."""

import json
from dataclasses import dataclass, field

from django.http import HttpResponse

REPLAYED = "Idempotency-Replayed"
# Of an answer's headers those that belong to what it says; the others are made for each request.
KEPT_HEADERS = ("Content-Type", "Location", "Cache-Control")


@dataclass(frozen=True)
class Answer:
    """A 2xx as it was given. Its text may hold a secret that is shown once: it is stored encrypted."""

    status: int
    text: str = field(repr=False)

    @classmethod
    def of(cls, response: HttpResponse) -> "Answer":
        """Of a response that is rendered."""
        headers = {name: response[name] for name in KEPT_HEADERS if name in response}
        return cls(response.status_code, json.dumps([headers, response.content.decode()]))

    def response(self) -> HttpResponse:
        headers, body = json.loads(self.text)
        response = HttpResponse(body.encode(), status=self.status)
        del response["Content-Type"]
        for name, value in headers.items():
            response[name] = value
        return response


def is_success(response: HttpResponse) -> bool:
    return 200 <= response.status_code < 300
