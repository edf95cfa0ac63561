"""One call of Graph, as support reads it. Its subjects are plain ids: they may be gone before it."""

from django.db import models
from django.db.models import Q

from organizations.models import Organization


class GraphCall(models.Model):
    """What was asked of Meta and what it answered, without secrets and cut short. Append only."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    link_id = models.UUIDField(null=True)
    signup_id = models.UUIDField(null=True)
    registered_number_id = models.UUIDField(null=True)
    meta_waba_id = models.CharField("Meta WABA id", max_length=32, blank=True, default="")
    meta_phone_number_id = models.CharField("Meta phone id", max_length=32, blank=True, default="")
    deed = models.CharField(max_length=32, blank=True, default="", help_text="What it was a part of")
    request_id = models.CharField(max_length=128, blank=True, default="")

    made_at = models.DateTimeField()
    call = models.CharField(max_length=64)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=255)
    token_kind = models.CharField(max_length=3, blank=True, default="")
    ms = models.PositiveIntegerField()
    http_status = models.PositiveSmallIntegerField(null=True)
    outcome = models.CharField(max_length=32, help_text="ok, or the cause")
    code = models.BigIntegerField(null=True)
    subcode = models.BigIntegerField(null=True)
    trace_id = models.CharField(max_length=64, blank=True, default="")
    request = models.TextField(blank=True, default="")
    answer = models.TextField(blank=True, default="")

    class Meta:
        verbose_name = "Graph call"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["link_id", "id"], name="call_of_link", condition=Q(link_id__isnull=False)),
            models.Index(fields=["signup_id"], name="call_of_signup", condition=Q(signup_id__isnull=False)),
            models.Index(
                fields=["registered_number_id"],
                name="call_of_number",
                condition=Q(registered_number_id__isnull=False),
            ),
            models.Index(fields=["meta_waba_id", "id"], name="call_of_waba", condition=~Q(meta_waba_id="")),
            models.Index(
                fields=["meta_phone_number_id", "id"],
                name="call_of_phone",
                condition=~Q(meta_phone_number_id=""),
            ),
            models.Index(fields=["organization", "id"], name="call_of_organization"),
            models.Index(fields=["id"], name="call_failed", condition=~Q(outcome="ok")),
            models.Index(fields=["trace_id"], name="call_trace", condition=~Q(trace_id="")),
            models.Index(fields=["request_id"], name="call_request", condition=~Q(request_id="")),
            models.Index(fields=["made_at"], name="call_age"),
        ]

    def __str__(self) -> str:
        return f"{self.call}: {self.outcome}"

    @property
    def is_ok(self) -> bool:
        return self.outcome == "ok"
