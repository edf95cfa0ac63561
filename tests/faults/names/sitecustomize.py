"""A stub resolver for the product's processes: Python imports a module of this name before all others.

The file that FAULT_NAMES names has a JSON object of host name to `{"addresses": [...], "seconds": 0}`. A name
without an address does not exist, or with `"fails": true` nobody can say (SERVFAIL); what the file does not
name is looked up as ever.
"""

import json
import os
import socket
import time
from pathlib import Path
from typing import Any

ask_the_system = socket.getaddrinfo


def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
    names = json.loads(Path(os.environ["FAULT_NAMES"]).read_text())
    known = names.get(str(host).removesuffix("."))
    if known is None:
        return ask_the_system(host, port, *args, **options)
    time.sleep(known["seconds"])
    if known.get("fails"):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    if not known["addresses"]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return [
        found for address in known["addresses"] for found in ask_the_system(address, port, *args, **options)
    ]


if "FAULT_NAMES" in os.environ:
    socket.getaddrinfo = getaddrinfo
