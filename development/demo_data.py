"""The demonstration's organization, key and admin login, kept in the data folder between runs."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model

from organizations.models import Organization, Scope
from organizations.services import create_organization, issue_key


@dataclass(frozen=True)
class Demo:
    """What a newcomer needs to look around. Development only: it holds a key and a password in clear."""

    organization_id: str
    api_key: str
    admin_user: str
    admin_password: str


def demo_path() -> Path:
    return Path(settings.DATA_DIR) / "demo.json"


def demo() -> Demo:
    """The same as last time while the database still has it, else a new one."""
    path = demo_path()
    if path.exists():
        kept = Demo(**json.loads(path.read_text()))
        if Organization.objects.filter(pk=kept.organization_id).exists():
            return kept
    made = new_demo()
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(made), indent=2))
    return made


def new_demo() -> Demo:
    organization = create_organization(name="Demo CRM")
    issued = issue_key(organization=organization, name="demo", scopes=Scope.values)
    password = secrets.token_urlsafe(9)
    user, _ = get_user_model().objects.get_or_create(username="admin")
    user.is_staff = user.is_superuser = True
    user.set_password(password)
    user.save()
    return Demo(str(organization.pk), issued.secret, "admin", password)
