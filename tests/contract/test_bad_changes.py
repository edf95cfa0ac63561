"""Wrong PATCH bodies and wrong queries: a 400 that names the field or the parameter, and nothing changed."""

import json
from typing import Any

import pytest

from organizations.models import Organization
from phones.models import PhoneNumber
from tests.conftest import Api
from tests.contract.bodies import BROKEN, FIELDS, KINDS, NO_TIMES, NO_URLS, WEBHOOKS, nested, sized
from tests.contract.test_bad_input import named
from wabas.models import Waba
from webhooks.models import OutgoingWebhook
from webhooks.services import create_webhook

pytestmark = pytest.mark.django_db
LISTS = ("onboarding-links", "wabas", "phones", "outgoing-webhooks", "api-keys")
PATCHES: dict[str, dict[str, set[str]]] = {
    "phones": {"metadata": {"object"}, "externalId": {"text"}},
    "organization": {
        "name": {"text"},
        "logoUrl": set(),
        "welcomeMessage": {"text"},
        "buttonText": {"text"},
        "successMessage": {"text"},
        "failureMessage": {"text"},
    },
    "outgoing-webhooks": {name: taken for name, taken in FIELDS[WEBHOOKS].items() if name != "secret"},
}
BRANDING = {"logoUrl", "welcomeMessage", "buttonText", "successMessage", "failureMessage"}
CLEARED = {"metadata", "externalId", "wabaId", "description"} | BRANDING
WRONG = [
    (call, field, value)
    for call, fields in PATCHES.items()
    for field, taken in fields.items()
    for kind, value in KINDS.items()
    if kind not in taken
]
every_patch = pytest.mark.parametrize("call", PATCHES)
every_list = pytest.mark.parametrize("path", LISTS)


@pytest.fixture
def ids(api: Api) -> dict[str, str]:
    waba = Waba.objects.create(organization=api.organization, meta_waba_id="102290129340398")
    phone = PhoneNumber.objects.create(
        organization=api.organization, waba=waba, meta_phone_number_id="1", phone_number="+5491155551234",
        metadata='{"kept":true}', external_id="kept",
    )  # fmt: skip
    webhook = create_webhook(
        organization=api.organization, url="https://kept.example.com/", events=["*"], description="kept"
    )
    return {
        "phones": f"phones/{phone.pk}",
        "outgoing-webhooks": f"outgoing-webhooks/{webhook.pk}",
        "organization": "organization",
    }


def assert_nothing_changed() -> None:
    phone, webhook = PhoneNumber.objects.get(), OutgoingWebhook.objects.get()
    assert (phone.metadata, phone.external_id) == ('{"kept":true}', "kept")
    assert (webhook.url, webhook.events, webhook.description) == ("https://kept.example.com/", ["*"], "kept")
    assert (webhook.is_active, webhook.waba_id) == (True, None)
    organization = Organization.objects.get()
    assert (organization.name, organization.welcome_message, organization.logo) == ("Acme CRM", None, None)


@pytest.mark.parametrize(("call", "field", "value"), WRONG)
def test_a_change_to_another_kind_is_named(
    api: Api, ids: dict[str, str], call: str, field: str, value: Any
) -> None:
    assert field in named(api.patch(ids[call], {field: value}))
    assert_nothing_changed()


@pytest.mark.parametrize(
    ("call", "field"), [(call, field) for call, fields in PATCHES.items() for field in fields]
)
def test_null_clears_what_may_be_empty(api: Api, ids: dict[str, str], call: str, field: str) -> None:
    answer = api.patch(ids[call], {field: None})

    if field in CLEARED:
        assert answer.status_code == 200, answer.content
        assert answer.json()["data"][field] is None
    else:
        assert named(answer) == {field}
        assert_nothing_changed()


@every_patch
@pytest.mark.parametrize("name", ["names", "id", "secret", "phoneNumber", "wabaID", "\ud800"])
def test_a_change_of_what_is_no_field_of_it_is_named(
    api: Api, ids: dict[str, str], call: str, name: str
) -> None:
    assert named(api.patch(ids[call], {name: "x" * 20})) == {name}
    assert_nothing_changed()


@every_patch
@pytest.mark.parametrize("body", [body for name, body in BROKEN.items() if name != "empty"])
def test_a_change_that_is_no_json_object_is_a_400(
    api: Api, ids: dict[str, str], call: str, body: bytes
) -> None:
    named(api.patch(ids[call], body))
    assert_nothing_changed()


@every_patch
def test_a_change_of_nothing_changes_nothing(api: Api, ids: dict[str, str], call: str) -> None:
    assert api.patch(ids[call], {}).status_code == 200
    assert api.patch(ids[call], b"").status_code == 200
    assert_nothing_changed()


@every_patch
def test_a_changed_key_that_comes_twice_is_named(api: Api, ids: dict[str, str], call: str) -> None:
    for field in PATCHES[call]:
        assert named(api.patch(ids[call], f'{{"{field}": null, "{field}": null}}')) == {field}
    assert_nothing_changed()


@pytest.mark.parametrize(
    "metadata", [nested(33), sized(16 * 1024 + 1), {"a\x00": 1}, {"a": ["\x00"]}, {"\ud800": 1}]
)
def test_changed_metadata_keeps_its_limits(api: Api, ids: dict[str, str], metadata: Any) -> None:
    assert named(api.patch(ids["phones"], {"metadata": metadata})) == {"metadata"}
    assert_nothing_changed()


@pytest.mark.parametrize("literal", ['{"a": 1, "a": 2}', '{"a": [{"b": 1, "b": 1}]}', '{"a": NaN}'])
def test_doubled_keys_and_no_numbers_inside_metadata_are_refused(
    api: Api, ids: dict[str, str], literal: str
) -> None:
    assert named(api.patch(ids["phones"], f'{{"metadata": {literal}}}')) == {"metadata"}
    assert named(api.post("onboarding-links", f'{{"name": "x", "metadata": {literal}}}')) == {"metadata"}
    assert_nothing_changed()


@pytest.mark.parametrize("url", NO_URLS)
def test_an_endpoint_is_not_moved_to_what_is_no_address(api: Api, ids: dict[str, str], url: str) -> None:
    assert named(api.patch(ids["outgoing-webhooks"], {"url": url})) == {"url"}
    assert_nothing_changed()


@every_list
@pytest.mark.parametrize(
    "value", ["0", "-1", "101", "1e99", "1.0", "one", "", "1_0", "%20", "٣", "1" * 5000, "null", "%00", "0x1"]
)
def test_a_limit_outside_of_1_to_100_is_named(api: Api, path: str, value: str) -> None:
    assert named(api.get(f"{path}?limit={value}")) == {"limit"}


@every_list
@pytest.mark.parametrize(
    "value", ["0", "-1", "1e99", "1.0", "", "1_0", "9" * 40, "1" * 5000, "1000000000001"]
)
def test_a_page_that_is_none_is_named(api: Api, path: str, value: str) -> None:
    assert named(api.get(f"{path}?page={value}")) == {"page"}


@every_list
def test_a_page_beyond_the_last_is_empty(api: Api, ids: dict[str, str], path: str) -> None:
    for page in (2, 10**12):
        answer = api.get(f"{path}?page={page}&limit=100").json()
        assert answer["data"] == []
        assert answer["meta"]["pagination"]["hasMore"] is False
        assert answer["meta"]["pagination"]["page"] == page


@every_list
@pytest.mark.parametrize("name", ["Page", "offset", "page[]", "format", "statuss", "a%00", "%ff", "id"])
def test_an_unknown_parameter_is_named(api: Api, path: str, name: str) -> None:
    assert len(named(api.get(f"{path}?{name}=1"))) == 1


@pytest.mark.parametrize(
    ("path", "name", "values"),
    [
        ("onboarding-links", "status", ["done", "PENDING", "", "pending,completed", "%00"]),
        ("onboarding-links", "externalId", ["", "%20", "x" * 256, "a%00b"]),
        ("onboarding-links", "phoneNumber", ["", "abc", "+54", "1" * 400, "%00"]),
        ("onboarding-links", "createdAfter", [time for time in NO_TIMES if not time.startswith("2000")]),
        ("onboarding-links", "createdBefore", ["", "now", "%00"]),
        ("phones", "wabaId", ["", "abc", "1-2", "%00"]),
        ("phones", "externalId", ["", "%20", "a%00b"]),
        ("phones", "phoneNumber", ["", "abc", "+54", "%00"]),
        ("phones", "isRegistered", ["", "1", "True", "yes", "null", "%00"]),
    ],
)
def test_a_filter_that_can_match_nothing_by_its_form_is_named(
    api: Api, path: str, name: str, values: list[str]
) -> None:
    for value in values:
        assert named(api.get(f"{path}?{name}={value.replace('+', '%2B')}")) == {name}, value


@pytest.mark.parametrize("value", ["x" * 5000, "'; DROP TABLE", "1" * 5000])
def test_a_filter_of_another_shape_finds_nothing(api: Api, ids: dict[str, str], value: str) -> None:
    answer = api.get(f"phones?externalId={value}")

    assert answer.status_code in {200, 400}
    assert json.loads(answer.content).get("data", []) == []


@pytest.mark.parametrize(
    "path", ["onboarding-links/{id}", "phones/{id}", "wabas/{id}", "outgoing-webhooks/{id}"]
)
def test_a_detail_takes_no_parameters(api: Api, ids: dict[str, str], path: str) -> None:
    row = ids["phones"].split("/")[1]

    assert named(api.get(f"{path.format(id=row)}?expand=1")) == {"expand"}
