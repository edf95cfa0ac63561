"""One Django view without database and middleware: the floor under every Django answer."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"], MIDDLEWARE=[], ROOT_URLCONF=__name__, SECRET_KEY="bench", DEBUG=False
)


def bare(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"data": {}})


urlpatterns = [path("", bare)]
application = get_wsgi_application()
