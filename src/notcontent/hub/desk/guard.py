"""Who may reach what under /desk/, and with which headers it leaves. What is not listed here needs everything.

Three kinds of visitor: nobody (may sign in), a name and password without a second factor (may set one up and
nothing else), and an operator. A new page belongs to the third unless its name is added below.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse

from notcontent.hub.desk import session

DESK = "/desk/"
FOR_ANYBODY = frozenset(
    {"account_login", "account_logout", "account_inactive", "mfa_authenticate", "mfa_login_webauthn"}
)
FOR_SETTING_UP = frozenset(
    {"account_logout", "account_reauthenticate", "mfa_index", "mfa_activate_totp", "mfa_add_webauthn"}
)
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]

PLAIN_PAGES = {403: "desk/refused.html", 404: "desk/not_found.html", 405: "desk/not_found.html"}

POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)
HEADERS = {
    "Content-Security-Policy": "; ".join(POLICY),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self)",
    # Not no-referrer: browsers then send `Origin: null` with a form, which Django's CSRF check must refuse.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


class DeskGuard:
    """Middleware: stand before every path of the desk, also those that lead nowhere.

    Must stand after Django's sessions and authentication and after allauth's AccountMiddleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Take the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let a request for the desk pass, or send it to where it may go. Leave the other faces alone."""
        if not is_desk(request):
            return self.get_response(request)
        response = self._refuse(request) or self.get_response(request)
        if response.status_code in PLAIN_PAGES:
            response = render(request, PLAIN_PAGES[response.status_code], status=response.status_code)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Ask for the password again without keeping the request.

        allauth would store a suspended POST in the session with all its headers: address, agent and cookies.
        """
        if not is_desk(request) or not isinstance(exception, ReauthenticationRequired):
            return None
        return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': request.path})}")

    def _refuse(self, request: HttpRequest) -> HttpResponse | None:
        """Answer those who may not pass; None lets the request through."""
        name = _url_name(request)
        if not request.user.is_authenticated:
            return None if name in FOR_ANYBODY else _to_sign_in(request)
        if session.is_over(request):
            logout(request)
            return _to_sign_in(request, ended=True)
        session.touch(request)
        has_factor = is_mfa_enabled(request.user, FACTORS)
        if has_factor and session.saw_second_factor(request):
            return None
        if has_factor:
            # Signed in by password before a second factor was set up elsewhere: this session never showed it.
            logout(request)
            return _to_sign_in(request)
        if name in FOR_SETTING_UP:
            return None
        return HttpResponseRedirect(reverse("mfa_index"))


def is_desk(request: HttpRequest) -> bool:
    """Tell whether a request is for the desk."""
    return request.path_info.startswith(DESK) or request.path_info == DESK.rstrip("/")


def _url_name(request: HttpRequest) -> str | None:
    """Give the name of the page asked for; None when there is none, which is refused like any other."""
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return None


def _to_sign_in(request: HttpRequest, *, ended: bool = False) -> HttpResponse:
    """Send the reader to the sign-in page, and back afterwards. A form that was sent is not kept."""
    query = {"ended": "1"} if ended else {}
    if request.method in {"GET", "HEAD"} and request.path_info != DESK:
        query["next"] = request.get_full_path()
    return HttpResponseRedirect(reverse("account_login") + (f"?{urlencode(query)}" if query else ""))
