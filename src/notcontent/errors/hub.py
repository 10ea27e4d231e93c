"""What the hub refuses to people, operators and members."""

from notcontent.errors.base import NotContentError

# --- hub: cases ------------------------------------------------------------------------------------------------------


class CaseNotFoundError(NotContentError):
    """No case has this code. The same answer whatever the reason."""

    code = "case_not_found"
    http_status = 404
    message = "No case has this code."


class CaseClosedError(NotContentError):
    """The case was withdrawn or erased; nothing may be added."""

    code = "case_closed"
    http_status = 409
    message = "This case is closed."


class AlreadyOpenedError(CaseClosedError):
    """The form has opened a case before: sent twice. Its code was shown then and is kept nowhere."""

    code = "already_opened"
    message = "This form was sent before; the case it opened has its code already."


class ItemNotFoundError(NotContentError):
    """The case has no item of this number."""

    code = "item_not_found"
    http_status = 404
    message = "This case has no such item."


class ItemStateError(NotContentError):
    """The item's state does not allow this step."""

    code = "item_state"
    http_status = 409
    message = "This cannot be done with the item as it stands."


class TakeBackError(NotContentError):
    """The take-back code is wrong, or its 14 days are over."""

    code = "take_back"
    http_status = 409
    message = "This cannot be taken back: the code does not fit, or 14 days have passed."


class UnderageError(NotContentError):
    """Somebody in a picture was, or may have been, under 18: nothing was stored."""

    code = "underage"
    http_status = 422
    message = "Pictures of people under 18 are taken by other services; nothing was stored here."


class TooManyItemsError(NotContentError):
    """More items at once, or in one case, than the limit."""

    code = "too_many_items"
    http_status = 422
    message = "These are more pictures than can be sent."


class TooManyFramesError(NotContentError):
    """More frames in one video, or in all videos of one case, than the limit."""

    code = "too_many_frames"
    http_status = 422
    message = "These videos show more than can be sent."


class QualityTooLowError(NotContentError):
    """A hash from a picture too plain to be told from others, or no picture's hash at all."""

    code = "quality_too_low"
    http_status = 422
    message = "The picture is too plain to be told from others."


class MemberNotFoundError(NotContentError):
    """No active member of this name."""

    code = "member_not_found"
    http_status = 404
    exit_code = 2
    message = "There is no such member."


# --- hub: operators --------------------------------------------------------------------------------------------------


class OperatorExistsError(NotContentError):
    """Another operator has this name already, whatever its case."""

    code = "operator_exists"
    http_status = 409
    exit_code = 2
    message = "There is an operator of this name already."


class OperatorNameError(NotContentError):
    """Not a name that can be signed in with."""

    code = "operator_name"
    http_status = 422
    exit_code = 2
    message = "An operator's name has 1 to 150 letters, digits or @ . + - _ and no spaces."


class OperatorNotFoundError(NotContentError):
    """No operator of this name."""

    code = "operator_not_found"
    http_status = 404
    exit_code = 2
    message = "There is no such operator."


class PasswordRefusedError(NotContentError):
    """A password that is too short, too common or too much like the name."""

    code = "password_refused"
    http_status = 422
    exit_code = 2
    message = "This password is too weak."


class MemberNameError(NotContentError):
    """A member's name that is taken, or not made of a-z, 0-9 and hyphens."""

    code = "member_name"
    http_status = 422
    exit_code = 2
    message = "A member's name is new and made of a-z, 0-9 and hyphens."


class MemberKeyNotFoundError(NotContentError):
    """No member key of this id."""

    code = "member_key_not_found"
    http_status = 404
    exit_code = 2
    message = "There is no such key."


class DailyLimitError(NotContentError):
    """The hub has taken as many cases or pictures today as its settings allow."""

    code = "daily_limit"
    http_status = 503
    message = "This service has taken all it can today; please come back tomorrow."
