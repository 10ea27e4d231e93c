"""The audit trail's stable words, told in sentences. A word that is not here is shown as it is."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTORS: dict[str, Promise] = {
    "case": _("a person, in their case"),
    "shell": _("the hub’s machine"),
    "tick": _("the calendar"),
}

VERBS: dict[str, Promise] = {
    "case-opened": _("opened a case"),
    "case-ended": _("ended a case that nobody visited"),
    "items-added": _("added items"),
    "items-withdrawn": _("withdrew items"),
    "items-restored": _("took items back"),
    "items-erased": _("erased items"),
    "epoch-published": _("released items to members"),
    "member-created": _("registered a member"),
    "member-key-created": _("made a member’s key"),
    "member-key-revoked": _("revoked a member’s key"),
    "lineage-imported": _("imported a source of channels"),
    "lineage-media-imported": _("imported a source of channels with its media, under an authority"),
    "lineage-withdrawn": _("withdrew a source of channels"),
    "lineage-judged": _("judged all channels anew"),
    "lineage-seen": _("looked at new channels"),
    "lineage-exported": _("exported a family of channels"),
    "lineage-annex-made": _("made an annex of a family of channels"),
    "operator-created": _("made an operator"),
    "operator-reset": _("reset an operator’s sign-in"),
    "operator-disabled": _("disabled an operator"),
    "operator-signed-in": _("signed in"),
    "operator-signed-out": _("signed out"),
    "operator-app-added": _("set up an authenticator app"),
    "operator-app-removed": _("removed the authenticator app"),
    "operator-passkey-added": _("set up a passkey"),
    "operator-passkey-removed": _("removed a passkey"),
    "operator-recovery-codes-added": _("got recovery codes"),
    "operator-recovery-codes-removed": _("lost the recovery codes"),
    "operator-recovery-codes-renewed": _("made new recovery codes"),
    "operator-recovery-code-used": _("used a recovery code"),
}


def say_actor(actor: str) -> str:
    """Give who acted, for reading."""
    return str(ACTORS.get(actor, actor))


def say_verb(verb: str) -> str:
    """Give what was done, for reading."""
    return str(VERBS.get(verb, verb))
