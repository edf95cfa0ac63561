"""Metadata comes back as it was written: order, case, numbers, from every read that shows it."""

import pytest

from onboarding.models import OnboardingLink
from phones.models import PhoneNumber
from tests.conftest import Api
from wabas.models import Waba

pytestmark = pytest.mark.django_db
AS_WRITTEN = [
    '{"b":1,"a":2,"C":3,"c":4,"snake_case":5,"camelCase":6,"10":7,"9":8}',
    '{"n":[1.0,1e5,1E400,-0,-0.0,12345678901234567890123,0.1000,1E+2,100000000000000000000.50]}',
    '{"n":' + "9" * 6000 + "}",
    '{"t":"é 😀 \u2028 \u0001 \\" \\\\ /","":" "}'.replace("\u0001", "\\u0001"),
    '{"t":true,"f":false,"z":null,"l":[],"o":{},"d":{"e":{"F_g":[{"hI":[[]]}]}}}',
    '{"__proto__":{"a":1},"constructor":1,"id":"x","data":{},"metadata":{"metadata":{}}}',
    '{"t":"2026-01-15T10:30:00Z","u":"550E8400-E29B-41D4-A716-446655440000"}',
    "{}",
]


@pytest.fixture
def waba(api: Api) -> Waba:
    return Waba.objects.create(organization=api.organization, meta_waba_id="102290129340398")


@pytest.fixture
def phone(api: Api, waba: Waba) -> PhoneNumber:
    return PhoneNumber.objects.create(
        organization=api.organization, waba=waba, meta_phone_number_id="1", phone_number="+5491155551234"
    )


@pytest.mark.parametrize("written", AS_WRITTEN)
def test_a_link_gives_metadata_back_byte_for_byte(api: Api, written: str) -> None:
    created = api.post("onboarding-links", f'{{"name": "x", "metadata": {written}}}')

    assert created.status_code == 201, created.content
    link = OnboardingLink.objects.get()
    for answer in (created, api.get(f"onboarding-links/{link.pk}"), api.get("onboarding-links")):
        assert f'"metadata":{written},'.encode() in answer.content


@pytest.mark.parametrize("written", AS_WRITTEN)
def test_a_phone_gives_metadata_back_byte_for_byte(
    api: Api, waba: Waba, phone: PhoneNumber, written: str
) -> None:
    changed = api.patch(f"phones/{phone.pk}", f'{{"metadata": {written}}}')

    assert changed.status_code == 200, changed.content
    paths = (f"phones/{phone.pk}", "phones", f"wabas/{waba.pk}", "wabas", f"wabas/{waba.pk}/connection")
    for answer in (changed, *(api.get(path) for path in paths)):
        assert f'"metadata":{written}'.encode() in answer.content


def test_only_the_space_between_tokens_is_not_kept(api: Api) -> None:
    answer = api.post("onboarding-links", '{"name": "x", "metadata": {\n  "a" : [ 1 , 2.50 ],\t"b": " c " }}')

    assert b'"metadata":{"a":[1,2.50],"b":" c "},' in answer.content
