"""The `fields` parameter: `id,name,owner_business_info{id,name}`, with nested fields and modifiers."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.graph.errors import GraphError
from meta_graph.sandbox.wsgi import Json

Reader = Callable[[Call, Json, str], Any]  # the node, and the nested fields asked for ("" for none)

PART = re.compile(r"(?P<name>\w+)(?:\.\w+\([^)]*\))*")


@dataclass(frozen=True)
class NodeType:
    """What can be read of one kind of node. `plain` fields are stored under Meta's own names."""

    name: str
    defaults: str
    plain: frozenset[str]
    computed: dict[str, Reader] = field(default_factory=dict)
    id_prefix: str = ""


def split(text: str) -> list[tuple[str, str]]:
    """(name, nested fields) for each field; braces may nest. Raises GraphError 2500 for broken syntax."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(f"{text},"):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append(text[start:position].strip())
            start = position + 1
    if depth != 0:
        raise GraphError(
            2500, f"Syntax error \"Expected end of string instead of '{text[start:]}'.\" at: {text}"
        )
    pairs = []
    for part in filter(None, parts):
        head, _, nested = part.partition("{")
        match = PART.fullmatch(head.strip())
        if match is None:
            raise GraphError(2500, f'Syntax error "Expected name." at character 0: {part}')
        pairs.append((match["name"], nested.removesuffix("}")))
    return pairs


def read(call: Call, node: Json, node_type: NodeType, asked: str) -> Json:
    """The asked fields of a node, always with `id`; a field without a value is left out, as Graph does."""
    answer: Json = {}
    for name, nested in split(asked or node_type.defaults):
        if name in node_type.computed:
            value = node_type.computed[name](call, node, nested)
        elif name in node_type.plain or name == "id":
            value = only(node.get(name), nested)
        else:
            raise GraphError(
                100, f"(#100) Tried accessing nonexisting field ({name}) on node type ({node_type.name})"
            )
        if value is not None:
            answer[name] = value
    return answer | {"id": f"{node_type.id_prefix}{node['id']}"}


def only(value: Any, nested: str) -> Any:
    """A nested object cut down to the asked keys."""
    if not nested or not isinstance(value, dict):
        return value
    return {name: value[name] for name, _ in split(nested) if name in value}
