"""One ModelViewSet: rows with what they show joined, the detail with its steps prefetched."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from bench.peers.viewset.serializers import LinkDetailSerializer, LinkSerializer
from onboarding.models import OnboardingLink, Signup

EXCHANGED = Prefetch(
    "signups",
    queryset=Signup.objects.exclude(exchanged_at=None)
    .order_by("-exchanged_at")
    .defer("access_token")
    .prefetch_related("steps"),
    to_attr="exchanged",
)
# Left out here as in the product: what decrypting secrets costs is no matter of views and serializers.
SECRETS = ("webhook_secret", "phone__pin", "outgoing_webhook__secret", "outgoing_webhook__previous_secret")


class LinkViewSet(ModelViewSet[OnboardingLink]):
    queryset = OnboardingLink.objects.select_related("phone", "outgoing_webhook").defer(*SECRETS)
    http_method_names = ["get"]

    def get_queryset(self) -> QuerySet[OnboardingLink]:
        own = super().get_queryset().filter(organization=self.request.user.organization)  # type: ignore[union-attr]
        return own.prefetch_related(EXCHANGED) if self.action == "retrieve" else own

    def get_serializer_class(self) -> type[LinkSerializer]:
        return LinkDetailSerializer if self.action == "retrieve" else LinkSerializer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response({"data": self.get_serializer(self.get_object()).data})
