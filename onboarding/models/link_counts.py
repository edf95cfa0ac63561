"""How many links an organization made on a day, which the database itself keeps."""

from django.db import models


class LinkCount(models.Model):
    """A part of one day's count; the parts of a day together are it.

    Triggers on the links' table write these rows, on PostgreSQL alone: `migrations/_link_counts.py`. Who
    finds a part locked adds to another one, so that nobody waits for anybody. `organization_id` is no foreign
    key: a deleted organization's links are subtracted here after Django has deleted what refers to it.
    """

    organization_id = models.UUIDField()
    made_on = models.DateField(help_text="UTC")
    links = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["organization_id", "made_on"], name="link_count_of_day")]

    def __str__(self) -> str:
        return f"{self.made_on}: {self.links}"
