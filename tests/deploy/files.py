"""The files of deploy/ as data: what starts each process, and with which variables."""

import configparser
import json
import re
import shlex
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OURS: dict[str, Any] = {
    name: service for name, service in COMPOSE["services"].items() if service["image"] == "gangway"
}
DOCKERFILE = re.sub(r"\\\n\s*", "", (DEPLOY / "Dockerfile").read_text())
# (word, what follows it), in their order; a stage begins at each FROM.
INSTRUCTIONS = [
    (word, rest)
    for word, _, rest in (line.partition(" ") for line in DOCKERFILE.splitlines() if line)
    if word != "#"
]
STAGES = [number for number, (word, _) in enumerate(INSTRUCTIONS) if word == "FROM"]
BUILD, FINAL = INSTRUCTIONS[STAGES[0] : STAGES[1]], INSTRUCTIONS[STAGES[1] :]
IGNORED = (ROOT / ".dockerignore").read_text().splitlines()
# By name, what gets into the image.
COPIED = [line[1:] for line in IGNORED if line.startswith("!")]
LEFT_OUT = [line for line in IGNORED if line and line[0] not in "!#*"]


def only(stage: list[tuple[str, str]], word: str) -> str:
    (rest,) = (rest for found, rest in stage if found == word)
    return rest


def web_command() -> list[str]:
    command: list[str] = json.loads(only(FINAL, "CMD"))
    return command


def health_command() -> list[str]:
    command: list[str] = json.loads(only(FINAL, "HEALTHCHECK").partition("CMD ")[2])
    return command


def option(command: list[str], name: str) -> str:
    """The value that follows an option."""
    return command[command.index(name) + 1]


def workers() -> dict[str, list[str]]:
    """The commands of compose's workers, by their service."""
    return {
        name: service["command"] for name, service in OURS.items() if "worker" in service.get("command", ())
    }


def unit(name: str) -> configparser.ConfigParser:
    """A unit of systemd; each key at most once a section."""
    parsed = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read_string((DEPLOY / "systemd" / name).read_text().replace("\\\n", ""))
    return parsed


UNITS = {file.name: unit(file.name) for file in sorted((DEPLOY / "systemd").iterdir())}


def started(name: str) -> list[str]:
    """What a unit starts, without the folder of its environment; `%%` as systemd makes it."""
    command = shlex.split(UNITS[name]["Service"]["ExecStart"].replace("%%", "%"))
    return [Path(command[0]).name, *command[1:]]


def assigned() -> set[str]:
    """The variables that deploy/ sets or names."""
    build = " ".join(rest for word, rest in INSTRUCTIONS if word in {"ENV", "RUN"})
    by_compose = {name for service in COMPOSE["services"].values() for name in service.get("environment", ())}
    by_units = {
        name
        for parsed in UNITS.values()
        if parsed.has_option("Service", "Environment")
        for name in re.findall(r"([A-Z_]+)=", parsed["Service"]["Environment"])
    }
    return {*re.findall(r"\b([A-Z][A-Z_]+)=", build), *by_compose, *by_units}
