"""A shop of these tests alone: an API whose orders go to a supplier as messages go to Meta."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from api.fields import Text
from api.parsers import StrictJSONParser
from api.serializers import Input
from onboarding.models import OnboardingLink
from onboarding.services import create_link
from organizations import idempotency
from organizations.viewsets import OrganizationViewSet


def nothing() -> None:
    pass


@dataclass
class Plan:
    """What happens before an order is stored, when it is bound and not committed, and while the supplier is
    asked; whether it is bound."""

    before: Callable[[], Any] = nothing
    storing: Callable[[], Any] = nothing
    asking: Callable[[], Any] = nothing
    is_bound: bool = True
    status: int = 201
    sizes: list[int] = field(default_factory=list)


plan = Plan()


class OrderInput(Input):
    name = Text()


class UploadInput(Input):
    name = Text(required=False)
    file = serializers.FileField()


class OrderViewSet(OrganizationViewSet):
    queryset = OnboardingLink.objects.none()
    parser_classes = [StrictJSONParser, MultiPartParser]
    asks_meta = ("create",)
    commits_itself = ("loose", "upload")

    def create(self, request: Request) -> Response:
        given = self.validated(OrderInput)
        plan.before()
        with transaction.atomic():
            order = create_link(organization=self.organization, **given)
            if plan.is_bound:
                idempotency.bind(request, f"order:{order.pk}")
            plan.storing()
        plan.asking()
        return Response({"id": str(order.pk), "name": order.name}, status=plan.status)

    def answer_again(self, request: Request, bound: str) -> Response:
        order = OnboardingLink.objects.get(pk=bound.removeprefix("order:"))
        return Response({"id": str(order.pk), "name": order.name}, status=201)

    @action(detail=False, methods=["post"])
    def upload(self, request: Request) -> Response:
        given = self.validated(UploadInput)
        plan.sizes.append(len(given["file"].read()))
        return Response({"size": plan.sizes[-1]}, status=201, headers={"Location": "/v1/orders/1"})

    @action(detail=False, methods=["post"])
    def loose(self, request: Request) -> Response:
        """Binds outside of a transaction."""
        idempotency.bind(request, "loose")
        return Response({})

    @action(detail=False, methods=["post"])
    def tight(self, request: Request) -> Response:
        """Binds where its answer is stored with the change."""
        self.validated(Input)
        with transaction.atomic():
            idempotency.bind(request, "tight")
        return Response({})

    @action(detail=False, methods=["post"])
    def unchecked(self, request: Request) -> Response:
        """Changes something without a look at the body."""
        return Response({})

    @action(detail=False, methods=["post"])
    def nothing(self, request: Request) -> Response:
        self.validated(Input)
        return Response(status=204)


router = SimpleRouter(trailing_slash=False)
router.register("v1/orders", OrderViewSet, basename="order")
urlpatterns = router.urls
