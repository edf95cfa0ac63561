"""`/v1/registered-numbers`."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import NotFoundError
from onboarding.models import RegisteredNumber
from onboarding.registered_numbers import examples, proving, services
from onboarding.registered_numbers.serializers import (
    CodeInput,
    CodeRequestInput,
    NumberInput,
    NumberOutput,
    NumberQuery,
    shown,
)
from onboarding.registered_numbers.services import Registered
from organizations import idempotency
from organizations.viewsets import OrganizationViewSet


class RegisteredNumberViewSet(OrganizationViewSet):
    """Numbers that you verify before any link, so that their end-users need not."""

    queryset = RegisteredNumber.objects.none()
    serializer_class = NumberOutput
    filters = NumberQuery
    asks_meta = ("create", "verify", "request_code")

    def get_queryset(self) -> QuerySet[RegisteredNumber]:
        return shown(RegisteredNumber.objects.for_organization(self.organization))

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        columns = dict(asked)
        if status := columns.pop("status", None):
            rows = rows.published_as(status, timezone.now())  # type: ignore[attr-defined]
        return rows.filter(**columns)

    @extend_schema(parameters=[NumberQuery], examples=[examples.LISTED])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your registered numbers, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(examples=[examples.LISTED])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One registered number."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        request=NumberInput,
        responses={201: NumberOutput, 200: NumberOutput},
        examples=[examples.REGISTER_BODY, examples.REGISTERED],
    )
    def create(self, request: Request) -> Response:
        """Register a number: Meta sends it a code, by SMS or by a call.

        The same number again, while it is not verified, is another code and answers 200 with the same row: a
        call whose answer was lost is repeated as it is. 409 for a number that is verified or was used, by you
        or by another organization, and when 500 of yours are waiting. 429 after three codes within an hour
        (`retryAt`). 422 where Meta will not have the number, which is not kept then, or could not send the
        code (`CODE_NOT_SENT`). 503 where the operator has not set this up.
        """
        given = self.validated(NumberInput)
        registered = services.register_number(
            organization=self.organization,
            **given | {"method": given["method"].upper()},
            bind=self.bind,
        )
        return self.answered(registered.number.pk, 201 if registered.is_new else 200)

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Delete a number, at Meta too. 409 while an open link has it."""
        services.delete_number(number=self.get_object())
        return Response(status=204)

    @extend_schema(
        request=CodeInput, responses=NumberOutput, examples=[examples.CODE_BODY, examples.VERIFIED_NOW]
    )
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, **kwargs: Any) -> Response:
        """Enter the code that the number got: it is verified for 90 days.

        422 `WRONG_CODE` for another code. 409 before a code was asked for, for a number that was used, and
        where another organization has verified it meanwhile. A number that is verified already is answered as
        it is.
        """
        number = self.get_object()
        verified = proving.verify_number(number=number, **self.validated(CodeInput))
        return self.answered(verified.pk, 200)

    @extend_schema(
        request=CodeRequestInput,
        responses={202: NumberOutput},
        examples=[examples.AGAIN_BODY, examples.REGISTERED],
    )
    @action(detail=True, methods=["post"], url_path="request-code")
    def request_code(self, request: Request, **kwargs: Any) -> Response:
        """Another code, for an expired number too: that one is verified anew.

        At most three an hour for a number, whoever asks: 429 with `retryAt`. 409 for one that is verified or
        was used.
        """
        number = self.get_object()
        given = self.validated(CodeRequestInput)
        if "method" in given:
            given["method"] = given["method"].upper()
        asked = services.request_code(number=number, **given, bind=self.bind)
        return self.answered(asked.pk, 202)

    def bind(self, registered: Registered) -> None:
        status = 202 if self.action == "request_code" else 201 if registered.is_new else 200
        idempotency.bind(self.request, f"registered_number:{registered.number.pk}:{status}")

    def answer_again(self, request: Request, bound: str) -> Response:
        """The number as it is now."""
        _, pk, status = bound.split(":")
        return self.answered(UUID(pk), int(status))

    def answered(self, pk: UUID, status: int) -> Response:
        number = self.get_queryset().filter(pk=pk).first()
        if number is None:
            raise NotFoundError
        return Response(NumberOutput(number).data, status=status)
