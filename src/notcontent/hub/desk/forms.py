"""What operators type, parsed at the edge."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

NAME_PATTERN = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")


class NewMemberForm(forms.Form):
    """A member to register: its name on the wire, and how people are told of it."""

    title = forms.CharField(
        label=_("Title"),
        max_length=120,
        help_text=_("As people who open a case will read it, for example “Example Video”."),
    )
    name = forms.RegexField(
        label=_("Short name"),
        regex=NAME_PATTERN,
        max_length=40,
        strip=True,
        help_text=_("For configuration files: a to z, 0 to 9 and hyphens. It cannot be changed later."),
        error_messages={"invalid": _("Use only a to z, 0 to 9 and hyphens, and begin and end with a letter or digit.")},
        widget=forms.TextInput(attrs={"autocapitalize": "off", "spellcheck": "false"}),
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=300,
        required=False,
        help_text=_("One sentence on what the member is. People read it when they choose whom to send to."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class NewKeyForm(forms.Form):
    """A key to make: what it is for. `once` keeps a form sent twice from making two keys."""

    label = forms.CharField(
        label=_("What the key is for"),
        max_length=60,
        help_text=_("For example “gate in the Frankfurt data centre”. Only operators see it."),
    )
    once = forms.CharField(widget=forms.HiddenInput, max_length=64)


class SearchForm(forms.Form):
    """A case to find, by its alias as an operator heard or read it."""

    alias = forms.CharField(label=_("Find a case by its alias"), max_length=80, required=False)

    def clean_alias(self) -> str:
        """Bring “Quiet  Otter” to the form that aliases have."""
        return "-".join(re.split(r"[\s_-]+", str(self.cleaned_data["alias"]).strip().lower()))
