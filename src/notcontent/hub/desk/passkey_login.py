"""Signing in by passkey alone, with a bound on what a stranger may leave behind."""

from allauth.core.internal import ratelimit
from allauth.mfa.webauthn.views import login_webauthn
from django.http import HttpRequest, HttpResponse

CHALLENGE_S = 600


def passkey_login(request: HttpRequest) -> HttpResponse:
    """Hand out a challenge (GET) or take its answer (POST).

    Each challenge is a row in the session table, made for anyone who asks. allauth limits answers only, so the
    asking is limited here too, and an unanswered challenge expires after ten minutes.
    """
    if request.method == "GET" and not ratelimit.consume(
        request, app="allauth.mfa", action="webauthn_login", limit_get=True
    ):
        refused: HttpResponse = ratelimit.respond_429(request)
        return refused
    response: HttpResponse = login_webauthn(request)
    if not request.user.is_authenticated and not request.session.is_empty():
        request.session.set_expiry(CHALLENGE_S)
    return response
