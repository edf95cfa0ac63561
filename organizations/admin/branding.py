"""An organization's form: its name and branding, under the API's own rules, each error at its field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from api.errors import ApiError
from organizations.admin.cells import NONE, moment
from organizations.branding.serializers import OrganizationInput
from organizations.models import Organization

if TYPE_CHECKING:
    # Generic for the type checker alone.
    ModelForm = forms.ModelForm[Organization]
else:
    ModelForm = forms.ModelForm

# As the page shows it, in CSS pixels.
WIDTH, HEIGHT = 200, 60
# The form's fields are columns and `logo_url`; the API has other names for them.
API_NAMES = {str(field.source): name for name, field in OrganizationInput().fields.items()}


def line(longest: int, help_text: str = "") -> forms.CharField:
    """Only what staff touched is changed: its value on the page is remembered beside it."""
    attrs = {"class": "vTextField", "maxlength": longest, "dir": "auto"}
    widget = forms.TextInput(attrs=attrs)
    return forms.CharField(required=False, widget=widget, help_text=help_text, show_hidden_initial=True)


@dataclass(frozen=True)
class Checked:
    """What the API says to a body: the changes, or what is wrong by the API's names."""

    changes: dict[str, Any]
    errors: Mapping[str, Any]


class NewOrganizationForm(ModelForm):
    """Its name alone."""

    class Meta:
        model = Organization
        fields = ["name"]

    def clean_name(self) -> str:
        asked = OrganizationInput(data={"name": self.cleaned_data["name"]}, partial=True)
        if not asked.is_valid():
            raise forms.ValidationError([str(said) for said in asked.errors["name"]])
        return str(asked.validated_data["name"])


class OrganizationForm(ModelForm):
    """`checked`: what the API says to this body. It is asked before, see `OrganizationAdmin`."""

    checked: Checked | None = None

    name = line(255)
    logo_url = line(2048, "PNG or JPEG, at most 1 MiB. Fetched when this is saved. Empty: no logo.")
    welcome_message = line(200, "Above the button.")
    button_text = line(50)
    success_message = line(200)
    failure_message = line(200)

    class Meta:
        model = Organization
        fields = ["name", "welcome_message", "button_text", "success_message", "failure_message"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["logo_url"].label = "Logo's URL"
        self.initial["logo_url"] = self.instance.logo.source_url if self.instance.logo else ""

    @property
    def body(self) -> dict[str, Any]:
        """As a client would send it: what was touched, null for what was emptied."""
        given = {name: self[name].data or None for name in self.changed_data if name in API_NAMES}
        if "name" in given:
            given["name"] = given["name"] or ""
        return {API_NAMES[name]: value for name, value in given.items()}

    @property
    def changes(self) -> dict[str, Any]:
        return self.checked.changes if self.checked else {}

    def clean(self) -> dict[str, Any]:
        for name, said in self.refusals():
            self.add_error(name, said)
        cleaned: dict[str, Any] = self.cleaned_data
        return cleaned

    def refusals(self) -> Iterator[tuple[str, str]]:
        errors = self.checked.errors if self.checked else {}
        for name, api_name in API_NAMES.items():
            for said in errors.get(api_name, ()):
                yield name, str(said)


def checked(body: QueryDict, organization: Organization) -> Checked:
    """What the API says to the form's body. May fetch a logo: outside of any transaction."""
    given = OrganizationForm(body, instance=organization).body
    asked = OrganizationInput(data=given, partial=True, context={"organization": organization})
    try:
        asked.is_valid()
    except ApiError as not_now:
        return Checked({}, {"logoUrl": [str(not_now)]})
    return Checked(asked.validated_data, asked.errors)


def logo_cell(organization: Organization) -> SafeString | str:
    """The picture by our own address, in the size that the page has for it."""
    logo = organization.logo
    if logo is None:
        return NONE
    if organization.is_suspended:
        return "It is not served while the organization is suspended."
    share = min(WIDTH / logo.width, HEIGHT / logo.height, 1)
    return format_html(
        '<img src="{}" width="{}" height="{}" alt="The logo"><br>{}x{} pixels, fetched {}',
        reverse("logo", args=[logo.pk]),
        max(1, round(logo.width * share)),
        max(1, round(logo.height * share)),
        logo.width,
        logo.height,
        moment(logo.fetched_at),
    )
