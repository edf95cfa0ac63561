"""What the measurements share: database, processes, load, CPU time, the table that is printed.

Importing it sets Django up on the servers of TEST_DATABASE_URL and TEST_REDIS_URL, so that the modules
that import it may import models.
"""

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.test_settings"
django.setup()
