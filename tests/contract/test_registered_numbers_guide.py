"""docs/guides/registered-numbers.md: its commands are run, its answer is the real one."""

import json
import re
from pathlib import Path

import pytest

from tests.contract.conftest import Curl
from tests.wabas.world import Meta

pytestmark = pytest.mark.django_db(transaction=True)
GUIDE = (Path(__file__).parents[2] / "docs/guides/registered-numbers.md").read_text()
COMMANDS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
[SHOWN] = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)]
OF_EACH = ("id", "codeSentAt", "createdAt")


def test_the_guides_commands_register_and_verify_a_number(curl: Curl, meta: Meta) -> None:
    register, verify = COMMANDS

    answer = curl(register)
    verified = curl(verify, registered=answer.data["id"])

    assert answer.status == 201
    assert list(answer.data) == list(SHOWN["data"])
    assert {name: answer.data[name] for name in answer.data if name not in OF_EACH} == {
        name: value for name, value in SHOWN["data"].items() if name not in OF_EACH
    }
    assert (verified.status, verified.data["status"]) == (200, "verified")
