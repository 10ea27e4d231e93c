"""The portal's pages. A view parses, calls one flow and answers; which case it is comes from the cookie alone.

Forms that change something answer with a redirect, so that reloading a page never sends anything twice and a
code that was shown once is gone.
"""

from collections.abc import Callable
from typing import TypeAlias

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from notcontent.errors import (
    AlreadyOpenedError,
    CaseNotFoundError,
    NotContentError,
    OverloadedError,
    RateLimitedError,
    TakeBackError,
)
from notcontent.hub import flows
from notcontent.hub.answers import CaseState, ItemState
from notcontent.hub.config import hub_config
from notcontent.hub.portal import parsing, session, texts
from notcontent.hub.portal.parsing import Act
from notcontent.hub.portal.replies import Replies
from notcontent.hub.portal.session import Notice, Said, Session

_replies = Replies()
Step: TypeAlias = Callable[[HttpRequest, Session], HttpResponse]


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """Ask first whether this device is safe, then say what happens here."""
    return render(request, "portal/landing.html")


@require_safe
def intake(request: HttpRequest) -> HttpResponse:
    """Show the questions and the picture picker: one page, nothing sent before its last button."""
    return render(request, "portal/open.html", {"members": flows.list_members(), **_picker()})


@require_safe
def other_help(request: HttpRequest) -> HttpResponse:
    """Name the services for people under 18, and where to turn in danger."""
    return render(request, "portal/help.html")


@csrf_exempt  # PortalGuard checks where a form comes from; a token would need a cookie before a case is opened
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """Forget everything in this browser and go to a harmless page. Works without a script.

    Another site's link or picture ends nothing: it would throw away a code that is not yet read.
    """
    address = hub_config().quick_exit_url
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        return _see_other(address)
    return _left(request, address)


def _left(request: HttpRequest, address: str) -> HttpResponse:
    """End the session here and in every other browser, and go on to an address."""
    visit = session.read(request)
    if visit is not None:
        flows.leave_case(visit.case_id)
    response = _see_other(address)
    session.clear(response)
    # "cookies" means the whole host's: an operator who leaves a case in the same browser leaves the desk as well.
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@csrf_exempt  # as above
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest) -> HttpResponse:
    """Answer everything about a case at one address: show it, or take one step."""
    visit = session.read(request)
    if request.method != "POST":
        return _shown(request, visit)
    act = parsing.act_of(request.POST)
    if act is Act.OPEN:
        return _open(request, visit)
    if act is Act.ENTER:
        return _enter(request)
    if act is Act.LEAVE:
        # A form may not lead to another site (form-action 'self'), so this one ends on our own first page.
        return _left(request, reverse("portal:landing"))
    if visit is None:
        return _code_form(request, texts.away(), status=403)
    return _STEPS[act](request, visit)


# --- without a case ----------------------------------------------------------------------------------------


def _open(request: HttpRequest, visit: Session | None) -> HttpResponse:
    """Open a case. The same form once more gives the same answer, for the page that lost the first."""
    opening = parsing.opening_of(request.POST)
    try:
        opened = flows.open_case(opening)
    except AlreadyOpenedError:
        return _opened_before(visit, opening.token)
    notice = Notice(Said.OPENED, code=opened.code, count=opened.count, already_there=opened.already_there)
    begun = session.begin(opened.case_id).saying(notice)
    _replies.keep(opening.token, msgspec.json.encode((begun.case_id, begun.generation, notice)))
    return _to_case(begun)


def _opened_before(visit: Session | None, token: bytes) -> HttpResponse:
    """Answer a form that was sent before: with its lost answer, or with the case that is open here already."""
    kept = _replies.recall(token)
    if kept is not None:
        case_id, generation, notice = msgspec.json.decode(kept, type=tuple[flows.CaseId, int, Notice])
        if flows.case_generation(case_id) == generation:
            return _to_case(Session(case_id, generation, notice))
    if visit is not None:
        return _to_case(visit.saying(visit.notice or Notice(Said.SENT_BEFORE)))
    raise AlreadyOpenedError


def _enter(request: HttpRequest) -> HttpResponse:
    """Come back with the case code."""
    try:
        case_id = flows.enter_case(parsing.code_of(request.POST), request.META.get("REMOTE_ADDR", ""))
    except (CaseNotFoundError, RateLimitedError, OverloadedError) as error:
        return _code_form(request, texts.explain(error), status=error.http_status, code=error.code)
    return _to_case(session.begin(case_id))


def _code_form(request: HttpRequest, said: texts.Said | None, status: int = 200, code: str = "") -> HttpResponse:
    """Show where the code is typed, with a sentence when something is wrong. What was typed is not shown again."""
    if said is not None and request.headers.get("Accept") == "application/json":
        return JsonResponse({"error": code or "session_over", "message": said.sentence}, status=status)
    response = render(request, "portal/enter.html", {"said": said, "code": code}, status=status)
    if session.cookie_name() in request.COOKIES:
        session.clear(response)
    return response


# --- inside a case -----------------------------------------------------------------------------------------


def _shown(request: HttpRequest, visit: Session | None) -> HttpResponse:
    """Show the case, or what is to be said once; without a session the form for the code."""
    if visit is None:
        was_here = session.cookie_name() in request.COOKIES
        return _code_form(request, texts.away() if was_here else None)
    notice = visit.notice
    if notice is not None and notice.said is Said.OPENED:
        response = render(request, "portal/code.html", {"notice": notice, "words": notice.code.split()})
    else:
        response = _case_page(request, visit)
    # A question for the headers alone shows nobody the code.
    session.write(response, visit if request.method == "HEAD" else visit.having_said())
    return response


def _case_page(request: HttpRequest, visit: Session, error: NotContentError | None = None) -> HttpResponse:
    """Show every picture by number, where it stands, and what can be done."""
    view = flows.view_case(visit.case_id)
    live = [item for item in view.items if item.state in {ItemState.WAITING, ItemState.ACTIVE}]
    stopped = [item for item in view.items if item.state is ItemState.WITHDRAWN]
    context = {
        "case": view,
        "live": live,
        "stopped": stopped,
        "notice": visit.notice,
        "words": visit.notice.code.split() if visit.notice else (),
        "said": texts.explain(error) if error else None,
        "code": error.code if error else "",
    }
    return render(request, "portal/case.html", context, status=error.http_status if error else 200)


def _ask_add(request: HttpRequest, visit: Session) -> HttpResponse:
    """Show the picture picker for an open case."""
    return _page(request, visit, "portal/add.html", _picker())


def _add(request: HttpRequest, visit: Session) -> HttpResponse:
    """Add pictures to the case."""
    parsing.require_adults(request.POST)
    added = flows.add_items(visit.case_id, parsing.items_of(request.POST), parsing.token_of(request.POST))
    return _to_case(visit.saying(Notice(Said.ADDED, count=added.count, already_there=added.already_there)))


def _ask_withdraw(request: HttpRequest, visit: Session) -> HttpResponse:
    """Say what stopping does, and ask."""
    return _page(request, visit, "portal/withdraw.html", {"number": parsing.number_of(request.POST)})


def _withdraw(request: HttpRequest, visit: Session) -> HttpResponse:
    """Stop one picture, or all."""
    number = parsing.number_of(request.POST)
    stopped = flows.withdraw(visit.case_id, None if number is None else (number,))
    notice = Notice(Said.STOPPED, code=stopped.take_back_code, count=stopped.count, until=stopped.until)
    return _to_case(visit.saying(notice))


def _take_back(request: HttpRequest, visit: Session) -> HttpResponse:
    """Undo one stop with its code."""
    try:
        count = flows.take_back(visit.case_id, parsing.code_of(request.POST), request.META.get("REMOTE_ADDR", ""))
    except (TakeBackError, RateLimitedError, OverloadedError) as error:
        response = _case_page(request, visit, error)
        session.write(response, visit)
        return response
    return _to_case(visit.saying(Notice(Said.TAKEN_BACK, count=count)))


def _ask_erase(request: HttpRequest, visit: Session) -> HttpResponse:
    """Say that erasing is for good, and ask."""
    return _page(request, visit, "portal/erase.html", {"number": parsing.number_of(request.POST)})


def _erase(request: HttpRequest, visit: Session) -> HttpResponse:
    """Erase one picture's hash, or the whole case; a case without pictures is no case any more."""
    number = parsing.number_of(request.POST)
    count = flows.erase(visit.case_id, None if number is None else (number,))
    if flows.view_case(visit.case_id).state is CaseState.DELETED:
        flows.leave_case(visit.case_id)
        response = render(request, "portal/erased.html")
        session.clear(response)
        return response
    return _to_case(visit.saying(Notice(Said.ERASED, count=count)))


_STEPS: dict[Act, Step] = {
    Act.ASK_ADD: _ask_add,
    Act.ADD: _add,
    Act.ASK_WITHDRAW: _ask_withdraw,
    Act.WITHDRAW: _withdraw,
    Act.TAKE_BACK: _take_back,
    Act.ASK_ERASE: _ask_erase,
    Act.ERASE: _erase,
}


def _page(request: HttpRequest, visit: Session, template: str, context: dict[str, object]) -> HttpResponse:
    """Show one page of a case and keep the session awake."""
    response = render(request, template, context)
    session.write(response, visit.saying(None))
    return response


def _to_case(visit: Session) -> HttpResponse:
    """Go on to the case's one address."""
    response = _see_other(reverse("portal:case"))
    session.write(response, visit)
    return response


def _see_other(address: str) -> HttpResponse:
    """Go on to an address by GET, whatever came before."""
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response


def _picker() -> dict[str, object]:
    """Give what the picture picker's template and script need."""
    config = hub_config()
    limits = {
        "maxItems": config.max_items_a_send,
        "minQuality": config.min_quality,
        "maxFrames": config.max_frames_a_video,
        "maxFramesASend": min(parsing.FRAMES_A_SEND, config.max_frames_a_case),
    }
    return {"texts": texts.script_texts(), "limits": limits, "max_items": config.max_items_a_send}


@csrf_exempt
def nowhere(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's face
    """Say that there is no such page. Django calls this for every address that no face answers."""
    return render(request, "portal/error.html", {"said": texts.nowhere(), "code": "not_found"}, status=404)


@csrf_exempt
def broken(request: HttpRequest) -> HttpResponse:
    """Say that something broke, without data. Django calls this for every error that was not foreseen."""
    error = NotContentError()
    return render(request, "portal/error.html", {"said": texts.explain(error), "code": error.code}, status=500)
