"""One Django view that inserts the body into the product's table and answers: no check, nothing behind it.

The floor under every Django answer to a POST that is durable when it is answered.
"""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from config import settings as product

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES=product.DATABASES,
    DATA_UPLOAD_MAX_MEMORY_SIZE=4 * 1024 * 1024,
    DEBUG=False,
    MIDDLEWARE=[],
    ROOT_URLCONF=__name__,
    SECRET_KEY="bench",
)
INSERT = "INSERT INTO meta_events_notification (received_at, body, status) VALUES (%s, %s, 'received')"


@csrf_exempt
def insert(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [timezone.now(), request.body])
    return HttpResponse()


urlpatterns = [path("webhook/meta", insert)]
application = get_wsgi_application()
