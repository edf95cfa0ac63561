"""A number registered by hand, and its code: the forms, checked by the API's own serializers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect

from api.serializers import Input
from onboarding.models import RegisteredNumber
from onboarding.registered_numbers.serializers import CodeInput, NumberInput
from organizations.admin.acts import reason_field
from organizations.models import Organization

TEXT = {"class": "vTextField"}
METHODS = [("sms", "by SMS"), ("voice", "by a call")]


class ApiForm(forms.Form):
    """Fields under their names in the API, whose errors stand at the fields that they name."""

    serializer: type[Input]

    def clean(self) -> dict[str, Any]:
        body = {name: value for name, value in self.cleaned_data.items() if name in self.serializer().fields}
        checked = self.serializer(data={name: value for name, value in body.items() if value})
        if not checked.is_valid():
            for name, found in checked.errors.items():
                if name not in self.errors:
                    self.add_error(name if name in self.fields else None, [str(one) for one in found])
            return self.cleaned_data
        given: dict[str, Any] = checked.validated_data
        return {name: value for name, value in self.cleaned_data.items() if name not in body} | given


class RegisterForm(ApiForm):
    """The fields of `POST /v1/registered-numbers`."""

    serializer = NumberInput

    organization = forms.ModelChoiceField(
        Organization.objects.all(),
        widget=AutocompleteSelect(RegisteredNumber._meta.get_field("organization"), admin.site),
    )
    phoneNumber = forms.CharField(  # noqa: N815 -- the documentation's name
        label="Number",
        widget=forms.TextInput(attrs=TEXT | {"inputmode": "tel"}),
        help_text="In international form.",
    )
    method = forms.ChoiceField(choices=METHODS, label="Send the code")
    language = forms.CharField(
        required=False,
        widget=forms.TextInput(attrs=TEXT),
        help_text="Of the code's message, such as es or pt-BR. Empty: English.",
    )
    comment = forms.CharField(required=False, max_length=255, widget=forms.TextInput(attrs=TEXT))
    reason = reason_field()


class CodeForm(ApiForm):
    """The field of `POST /v1/registered-numbers/{id}/verify`."""

    serializer = CodeInput

    code = forms.CharField(
        widget=forms.TextInput(attrs=TEXT | {"inputmode": "numeric", "autocomplete": "off"}),
        help_text="The six digits that the number got.",
    )
    reason = reason_field()
