"""Asks the verify.py at argv[1] about each case of stdin; prints what it says, a list for each case."""

import base64
import json
import runpy
import sys
from typing import Any

verify = runpy.run_path(sys.argv[1])["verify"]


def refusal_of(case: dict[str, Any]) -> str:
    try:
        verify(case["headers"], base64.b64decode(case["body"]), case["secret"], *case["now"])
    except ValueError as refusal:
        return str(refusal)
    return ""


json.dump([[refusal_of(case)] for case in json.load(sys.stdin)], sys.stdout)
