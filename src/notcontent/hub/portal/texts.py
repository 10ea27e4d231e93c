"""Sentences that do not stand in a template: errors by their code, and what the page's scripts say.

Short, calm, without blame. The code beside an error is for a helper on the phone; it never changes.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notcontent.errors import NotContentError


@dataclass(frozen=True, slots=True)
class Said:
    """One error for a person: what happened, and what can be done."""

    sentence: str
    advice: str = ""


_ADVICE_AGAIN = gettext_lazy("Wait a minute, then try again. Nothing was lost.")
_ADVICE_START = gettext_lazy(
    "Go back to the start and try once more. If it happens again, tell us the name of the error below."
)

_BY_CODE = {
    "case_not_found": (
        gettext_lazy("We know no case with this code."),
        gettext_lazy(
            "Check each word: the order matters, capital letters do not. A case that was erased is gone for good."
        ),
    ),
    "case_closed": (
        gettext_lazy("This case is closed, so no pictures can be added."),
        gettext_lazy("You can open a new case at any time."),
    ),
    "item_not_found": (gettext_lazy("Your case has no picture with this number."), ""),
    "item_state": (
        gettext_lazy("This was done already, or cannot be done with this picture."),
        gettext_lazy("Go back to your case to see how things stand."),
    ),
    "take_back": (
        gettext_lazy("This take-back code does not fit, or its 14 days are over."),
        gettext_lazy("Check each of the four words. It is not the same as your case code."),
    ),
    "underage": (
        gettext_lazy("We cannot take pictures of anyone under 18. Nothing was stored."),
        gettext_lazy("The services on this page can, and they are made for this."),
    ),
    "too_many_items": (
        gettext_lazy("These are more pictures than can be sent at once."),
        gettext_lazy("Send fewer. You can add the others to your case afterwards."),
    ),
    "too_many_frames": (
        gettext_lazy("These videos show more than can be sent at once, or kept in one case."),
        gettext_lazy("Send fewer at a time. Another case can take what does not fit."),
    ),
    "quality_too_low": (
        gettext_lazy("One of the pictures is too plain to be told from others."),
        gettext_lazy("Leave it out and send the rest."),
    ),
    "already_opened": (
        gettext_lazy("These pictures were sent already, and the answer got lost on the way to you."),
        gettext_lazy("We cannot show that code again. Start over to get a case with a code of its own."),
    ),
    "overloaded": (gettext_lazy("We are very busy at this moment."), _ADVICE_AGAIN),
    "rate_limited": (gettext_lazy("This was tried too often in a short time."), _ADVICE_AGAIN),
    "daily_limit": (
        gettext_lazy("We have taken all we can today."),
        gettext_lazy("Please come back tomorrow. Nothing of yours was stored."),
    ),
    "storage": (gettext_lazy("Nothing could be saved just now."), _ADVICE_AGAIN),
    "body_too_large": (gettext_lazy("This was more than the page can take."), _ADVICE_START),
    "member_not_found": (
        gettext_lazy("One of the services you chose is no longer part of this hub."),
        gettext_lazy("Start again to see the services as they are now. Nothing was stored."),
    ),
    "request_format": (gettext_lazy("The page sent something that we could not read."), _ADVICE_START),
    "hash_format": (gettext_lazy("The page sent something that we could not read."), _ADVICE_START),
}


def explain(error: NotContentError) -> Said:
    """Give an error's sentence and advice in the reader's language."""
    sentence, advice = _BY_CODE.get(error.code, (gettext_lazy("Something went wrong on our side."), _ADVICE_AGAIN))
    return Said(str(sentence), str(advice))


def away() -> Said:
    """Say that the session is over."""
    return Said(
        _("You were away for a while, so we closed your case on this device."),
        _("That keeps it safe from others. Type your code to open it again."),
    )


def nowhere() -> Said:
    """Say that there is no such page."""
    return Said(_("There is no page at this address."), _("It may have been typed wrong."))


def script_texts() -> dict[str, str]:
    """Give every sentence that the picture picker's scripts show, by name. {…} is filled in by the script."""
    return {
        "step": _("Step {step} of {steps}"),
        "picture": _("Picture {number}"),
        "film": _("Video {number}"),
        "waiting": _("Waiting"),
        "working": _("Reading…"),
        "working_film": _("Reading… {percent} %. Frames so far: {frames}"),
        "ready": _("Ready"),
        "ready_frames": _("Ready. Frames: {frames}"),
        "ready_full": _("Ready. Frames: {frames}, the most that are kept; not all of the video is covered"),
        "left_out": _("Left out"),
        "show": _("Show"),
        "hide": _("Hide"),
        "remove": _("Remove"),
        "remove_named": _("Remove picture {number}"),
        "remove_film": _("Remove video {number}"),
        "show_named": _("Show picture {number}"),
        "hide_named": _("Hide picture {number}"),
        "thumbnail": _("Picture {number}, shown small"),
        "removed": _("Picture {number} removed."),
        "removed_film": _("Video {number} removed."),
        "sum_films": _("Pictures: {pictures}. Videos: {videos}, with {frames} frames."),
        "progress": _("{done} of {all} done"),
        "all_done": _("All done. Ready to send: {ready}. Left out: {out}."),
        "sending": _("Sending…"),
        "choose_one": _("Choose one answer to go on."),
        "choose_member": _("Choose at least one service to go on."),
        "choose_picture": _("Choose at least one picture or video to go on."),
        "none_ready": _("None of these pictures can be used. Choose others to go on."),
        "still_working": _("Not all is read yet. Wait until it is, or press “Stop reading”."),
        "adults_first": _("Tick the box to go on."),
        "no_answer": _(
            "No answer came. What you chose is still on this page. Check your connection and press Send again: "
            "it will not be sent twice."
        ),
        "too_many_items": _(
            "You chose {count} pictures and videos, and {max} is the most at once. Choose fewer. Those already in the "
            "list stay."
        ),
        "image_empty": _("This file is empty."),
        "image_format": _("This is no picture or video that can be opened here."),
        "video_format": _(
            "Your browser cannot open this kind of video. Chrome or Edge on a computer may. A helper can also make its "
            "codes with the program “notcontent hash --json”. Then choose here the file that it wrote."
        ),
        "codes_format": _("This file of codes cannot be read. It must be as “notcontent hash --json” wrote it."),
        "video_empty": _("There are no pictures in this video, only sound."),
        "video_unreadable": _("This video is damaged or cut off, so it cannot be opened."),
        "video_too_large": _("This video is too large to read."),
        "video_time": _("This video could not be read to its end: nothing more came for a minute."),
        "video_memory": _("Your device ran out of memory on this video. Close other apps and add it again."),
        "too_many_frames": _(
            "These videos show more than can be sent at once. Send first, then add this one to your case."
        ),
        "image_heic": _(
            "Your browser cannot open this kind of photo (HEIC). Save it as JPEG, or use Safari on an iPhone or Mac."
        ),
        "image_unreadable": _("This picture is damaged or cut off, so it cannot be opened."),
        "image_too_large": _("This picture is too large to read."),
        "image_too_small": _("This picture is too small to be told from others."),
        "image_time": _("This picture took too long to read."),
        "image_memory": _("Your device ran out of memory on this picture. Close other apps and add it again."),
        "quality_too_low": _(
            "There is too little to see in it (very dark, blurred or plain). "
            "Its picture code would fit the wrong pictures."
        ),
        "helper_code": _("Name of this error, for a helper:"),
        "same_picture": _("It is the same as number {number}."),
        "cancelled": _("Stopped."),
        "canvas_altered": _(
            "Your browser changes pictures a little when a page reads them, to protect you from tracking. "
            "Picture codes made here would not work, so we stopped. Nothing was sent. Use another browser, "
            "such as Chrome, Edge or Safari, or turn this protection off for this page alone."
        ),
        "browser_too_old": _(
            "Your browser is too old to read pictures safely on this device. Nothing was sent. "
            "Update it, or use another one."
        ),
    }
