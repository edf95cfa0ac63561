"""Reading nodes and edges: fields, paging, Meta's errors for what is not there, usage headers."""

import json

import phonenumbers

from meta_graph.sandbox import numbers
from tests.sandbox.conftest import APP, error_of


def test_a_read_gives_the_asked_fields_and_the_id(graph, sandbox):
    signup = sandbox.sign_up(business_name="Café Río")
    token = graph.token_of(signup)

    waba = graph.get(
        f"/{signup['wabaId']}", token, fields="name,owner_business_info{id},phone_numbers{id,status}"
    )

    assert waba.json() == {
        "id": signup["wabaId"],
        "name": "Café Río",
        "owner_business_info": {"id": signup["businessId"]},
        "phone_numbers": {"data": [{"id": signup["phoneNumberId"], "status": "PENDING"}]},
    }


def test_every_documented_phone_field_can_be_asked(graph, sandbox):
    signup = sandbox.sign_up()
    fields = (
        "id,display_phone_number,verified_name,status,quality_rating,code_verification_status,name_status,"
        "new_name_status,platform_type,throughput,account_mode,is_on_biz_app,is_official_business_account,"
        "is_pin_enabled,is_preverified_number,last_onboarded_time,whatsapp_business_manager_messaging_limit,"
        "webhook_configuration,health_status,search_visibility,country_dial_code,certificate"
    )

    phone = graph.get(f"/{signup['phoneNumberId']}", graph.token_of(signup), fields=fields).json()

    assert phone["throughput"] == {"level": "NOT_APPLICABLE"}
    assert phone["health_status"]["can_send_message"] == "BLOCKED"
    assert [part["entity_type"] for part in phone["health_status"]["entities"]] == [
        "PHONE_NUMBER",
        "WABA",
        "BUSINESS",
        "APP",
    ]


def test_an_unknown_field_is_error_100(graph, sandbox):
    signup = sandbox.sign_up()

    refused = graph.get(f"/{signup['wabaId']}", graph.token_of(signup), fields="id,nonsense")

    assert error_of(refused) == (100, None)
    assert "nonexisting field (nonsense)" in refused.json()["error"]["message"]


def test_unknown_paths_and_objects_have_metas_errors(graph, sandbox):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)

    assert error_of(graph.get("/1234567890", token)) == (100, 33)
    assert error_of(graph.get(f"/{signup['wabaId']}/nonsense", token)) == (2500, None)
    assert error_of(graph.get("/nonsense/more", token)) == (2500, None)


def test_lists_are_paged(graph, sandbox, system_token):
    signups = [sandbox.sign_up() for _ in range(3)]
    path = f"/{APP['business_id']}/client_whatsapp_business_accounts"

    first = graph.get(path, system_token, limit=2, fields="id").json()
    second = graph.get(
        path, system_token, limit=2, fields="id", after=first["paging"]["cursors"]["after"]
    ).json()

    newest_first = [signup["wabaId"] for signup in reversed(signups)]
    assert [row["id"] for row in first["data"] + second["data"]] == newest_first
    assert "next" in first["paging"]
    assert "next" not in second["paging"]


def test_the_assets_of_a_signup_can_be_looked_up(graph, sandbox):
    signup = sandbox.sign_up()
    token, granted = graph.token_of(signup), signup["session"]["data"]

    pages = graph.get(f"/{signup['businessId']}/owned_pages", token).json()["data"]
    dataset = graph.get(f"/{signup['wabaId']}/dataset", token).json()
    catalogs = graph.get(f"/{signup['wabaId']}/product_catalogs", token).json()["data"]
    instagram = graph.get(f"/{granted['instagram_account_ids'][0]}", token, fields="username").json()

    assert len(pages) == 2
    assert pages[0]["id"] == granted["page_ids"][0]
    assert dataset["id"] == granted["dataset_ids"][0]
    assert [catalog["id"] for catalog in catalogs] == granted["catalog_ids"]
    assert instagram["username"]


def test_subscribing_puts_our_app_into_the_list_until_it_is_removed(graph, sandbox):
    signup = sandbox.sign_up()
    token, path = graph.token_of(signup), f"/{signup['wabaId']}/subscribed_apps"

    before = graph.get(path, token).json()
    subscribed = graph.post(path, token).json()
    listed = graph.get(path, token).json()["data"]
    graph.call("DELETE", path, token)

    assert before == {"data": []}
    assert subscribed == {"success": True}
    assert [app["whatsapp_business_api_data"]["id"] for app in listed] == [APP["app_id"]]
    assert graph.get(path, token).json() == {"data": []}


def test_an_override_that_does_not_answer_the_challenge_is_refused(graph, sandbox):
    signup = sandbox.sign_up()
    token, path = graph.token_of(signup), f"/{signup['wabaId']}/subscribed_apps"

    refused = graph.post(path, token, override_callback_uri=f"{sandbox.url}/", verify_token="t")

    assert error_of(refused)[0] == 2200
    assert graph.get(path, token).json() == {"data": []}


def test_a_new_account_has_two_hundred_calls_an_hour(graph, sandbox, clock):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)
    answers = [graph.get(f"/{signup['wabaId']}", token) for _ in range(201)]

    usage = json.loads(answers[-1].headers["X-Business-Use-Case-Usage"])[signup["wabaId"]][0]
    clock.now += 3601

    assert answers[199].status_code == 200
    assert (answers[200].status_code, error_of(answers[200])[0]) == (400, 80007)
    assert usage["call_count"] == 100
    assert usage["estimated_time_to_regain_access"] > 0
    assert graph.get(f"/{signup['wabaId']}", token).status_code == 200


def test_calls_are_recorded_without_secrets(graph, sandbox):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)
    graph.register(signup, token, pin="654321")

    recorded = json.dumps(sandbox.calls())
    (registration,) = sandbox.calls("register", target=signup["phoneNumberId"])

    assert registration["body"] == {"messaging_product": "whatsapp", "pin": "***"}
    assert registration["who"] == f"BIZ:{signup['businessId']}"
    for secret in (signup["code"], token, APP["app_secret"], "654321"):
        assert secret not in recorded


def test_made_up_numbers_are_valid():
    made = {numbers.made_up() for _ in range(500)}

    assert [number for number in made if not phonenumbers.is_valid_number(phonenumbers.parse(number))] == []
    assert all(
        str(phonenumbers.parse(number).country_code) == numbers.calling_code(number) for number in made
    )
