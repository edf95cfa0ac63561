"""What a signup's page told us, call by call."""

from django.db import models

from onboarding.models.signups import Signup


class PageEvent(models.Model):
    """One call of the page. The signup's own columns keep only the last of a kind. Append only."""

    signup = models.ForeignKey(Signup, on_delete=models.CASCADE, related_name="told")
    name = models.CharField(max_length=16, help_text="The call's, as in its address")
    detail = models.CharField(max_length=128, blank=True, default="", help_text="Never a code or a PIN")
    refusal = models.CharField(max_length=64, blank=True, default="", help_text="The code of our answer")
    request_id = models.CharField(max_length=128, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name}: {self.refusal or 'taken'}"
