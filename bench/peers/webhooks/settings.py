"""Django over the product's tables, and Celery as its first steps with Django set it up.

Nothing is imported from `config`: that would make the product's Celery application too.
"""

import environ

env = environ.Env()

DEBUG = False
USE_TZ = True
SECRET_KEY = env.str("SECRET_KEY")
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS")
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The product's: connections are kept here too, as far as Celery lets them be.
DATABASES = {
    "default": env.db("DATABASE_URL")
    | {"CONN_MAX_AGE": 600, "OPTIONS": {"server_side_binding": True, "prepare_threshold": 5}}
}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "organizations",
    "wabas",
    "webhooks",
]

CELERY_BROKER_URL = env.str("REDIS_URL")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Beside the product's queues on one Redis, and out of earshot of its workers.
CELERY_BROKER_TRANSPORT_OPTIONS = {"global_keyprefix": "tasks:"}
