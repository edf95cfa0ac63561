"""What Prometheus is told of HTTP requests: by the name of their address, never by the path itself."""

from django.http import HttpRequest
from prometheus_client import Counter, Histogram

REQUESTS = Counter(
    "http_requests", "HTTP requests, by the first digit of their status.", ["route", "method", "status"]
)
REQUEST_SECONDS = Histogram(
    "http_request_duration_seconds",
    "From the request's arrival in the application to its answer, without what is streamed after that.",
    ["route", "method"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
# Whatever no address fits, what is refused before one is looked for, and static files.
NO_ROUTE = "none"
METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})


def note(request: HttpRequest, status: int, seconds: float) -> None:
    route, method = route_of(request), request.method if request.method in METHODS else "other"
    REQUESTS.labels(route, method, f"{status // 100}xx").inc()
    REQUEST_SECONDS.labels(route, method).observe(seconds)


def route_of(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else NO_ROUTE
