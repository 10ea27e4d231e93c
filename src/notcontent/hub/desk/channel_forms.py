"""What operators type and choose on the pages of channels, parsed at the edge."""

from django import forms
from django.utils.translation import gettext_lazy as _

from notcontent.hub.channel_answers import HandoutKind
from notcontent.hub.channel_flows import MOST_LINKS
from notcontent.lineage.exports import Tlp


class LinksForm(forms.Form):
    """Links that people reported, one a line."""

    links = forms.CharField(
        label=_("Links, one a line"),
        max_length=MOST_LINKS,
        help_text=_("For example https://t.me/s/name. What is no link to a chat is counted and left out."),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocapitalize": "off"}),
    )


class FindForm(forms.Form):
    """A channel to find."""

    channel = forms.CharField(
        label=_("Find a channel by its @name, link, number or title"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocapitalize": "off", "spellcheck": "false"}),
    )


class WithdrawForm(forms.Form):
    """A withdrawal, confirmed by typing the source's number."""

    number = forms.CharField(
        label=_("Type the source’s number to confirm"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: object, source: int, **kwargs: object) -> None:
        """Take the number of the source that the page is about."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._source = source

    def clean_number(self) -> str:
        """Refuse any other number."""
        typed = str(self.cleaned_data["number"]).strip().removeprefix("#")
        if typed != str(self._source):
            raise forms.ValidationError(_("This is not the number of this source."))
        return typed


class HandoutForm(forms.Form):
    """A file to hand out, and to whom it may go on."""

    kind = forms.ChoiceField(
        label=_("Format"),
        choices=[
            (HandoutKind.STIX.value, _("STIX 2.1: threat intelligence tools")),
            (HandoutKind.MISP.value, _("MISP: an event to import")),
            (HandoutKind.GEXF.value, _("GEXF: Gephi and other graph tools")),
            (HandoutKind.CSV.value, _("CSV: a table, one channel a row")),
            (HandoutKind.JSON.value, _("JSON: everything that the page shows")),
        ],
    )
    tlp = forms.ChoiceField(
        label=_("Who may have it (TLP 2.0)"),
        choices=[
            (Tlp.AMBER.value, _("Amber: the receiver’s organisation and its clients")),
            (Tlp.AMBER_STRICT.value, _("Amber, strict: the receiver’s organisation alone")),
            (Tlp.RED.value, _("Red: the person who receives it alone")),
            (Tlp.GREEN.value, _("Green: the receiver’s community")),
            (Tlp.CLEAR.value, _("Clear: everyone")),
        ],
        initial=Tlp.AMBER.value,
    )
