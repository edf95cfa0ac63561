"""Django's and DRF's defaults, with the product's database settings: connections are kept here too."""

from config import settings as product

DATABASES, DEFAULT_AUTO_FIELD = product.DATABASES, product.DEFAULT_AUTO_FIELD
FIELD_ENCRYPTION_KEYS, SECRET_KEY = product.FIELD_ENCRYPTION_KEYS, product.SECRET_KEY
PUBLIC_BASE_URL = product.PUBLIC_BASE_URL

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "bench.peers.viewset.urls"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "rest_framework",
    "organizations",
    "wabas",
    "webhooks",
    "phones",
    "onboarding",
]
# As `startproject` writes it.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["bench.peers.viewset.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "bench.peers.viewset.pagination.EnvelopePagination",
}
