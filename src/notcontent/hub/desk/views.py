"""The operators' pages. Each parses, calls one flow and answers; guard.py has seen to who is asking."""

import secrets

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from notcontent.errors import (
    CaseNotFoundError,
    MemberKeyNotFoundError,
    MemberNameError,
)
from notcontent.hub import flows
from notcontent.hub.answers import CaseState, DeskKey, DeskMember, ItemState
from notcontent.hub.desk.forms import NewKeyForm, NewMemberForm, SearchForm
from notcontent.hub.desk.rows import AuditRow, member_rows

CASES_A_PAGE = 50
NEWEST_CASES = 8
RECORDS_A_PAGE = 100
_ONCE = "desk.once"


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show the hub in counts, the members that need a look, and the newest cases."""
    counts = flows.desk_overview()
    return render(
        request,
        "desk/overview.html",
        {
            "overview": counts,
            "open_cases": counts.cases.get(CaseState.RECEIVED, 0) + counts.cases.get(CaseState.ACTIVE, 0),
            "withdrawn_cases": counts.cases.get(CaseState.WITHDRAWN, 0),
            "attention": [row for row in member_rows(flows.desk_members()) if row.needs_a_look],
            "newest": flows.desk_cases(None, NEWEST_CASES).cases,
        },
    )


@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """List cases, newest first; `alias` looks for one, `after` is the cursor of a further page."""
    search = SearchForm(request.GET)
    wanted = search.cleaned_data["alias"] if search.is_valid() else ""
    if wanted:
        try:
            return redirect("desk:case", alias=flows.desk_case(wanted).alias)
        except CaseNotFoundError:
            search.add_error("alias", _("No case has this alias. An alias has two words, such as “quiet-otter”."))
    try:
        page = flows.desk_cases(request.GET.get("after") or None, CASES_A_PAGE)
    except CaseNotFoundError:
        raise Http404 from None
    return render(request, "desk/cases.html", {"search": search, "page": page, "first": "after" not in request.GET})


@require_safe
def case(request: HttpRequest, alias: str) -> HttpResponse:
    """Show one case: items by number, and how many of them each member was sent and has fetched."""
    try:
        found = flows.desk_case(alias)
    except CaseNotFoundError:
        raise Http404 from None
    live = [item for item in found.items if item.state is ItemState.ACTIVE]
    deliveries = [
        {
            "title": chosen.title,
            "name": chosen.name,
            "sent": sum(chosen.title in item.sent_to for item in live),
            "fetched": sum(chosen.title in item.fetched_by for item in live),
        }
        for chosen in found.members
    ]
    counts = [(state, sum(item.state is state for item in found.items)) for state in ItemState]
    return render(
        request,
        "desk/case.html",
        {"case": found, "deliveries": deliveries, "counts": [pair for pair in counts if pair[1]], "live": len(live)},
    )


@require_safe
def members(request: HttpRequest) -> HttpResponse:
    """List the members: last sync, and how far behind the feed's end each is."""
    return render(request, "desk/members.html", {"members": member_rows(flows.desk_members())})


@require_http_methods(["GET", "HEAD", "POST"])
def new_member(request: HttpRequest) -> HttpResponse:
    """Register a member."""
    form = NewMemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name, title = form.cleaned_data["name"], form.cleaned_data["title"]
        try:
            flows.create_member(request.user.get_username(), name, title, form.cleaned_data["description"])
        except MemberNameError:
            form.add_error("name", _("Another member has this short name."))
        else:
            messages.success(request, _("The member is registered. Make a key for its gate next."))
            return redirect("desk:member", name=name)
    return render(request, "desk/new_member.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
def member(request: HttpRequest, name: str) -> HttpResponse:
    """Show one member and its keys, with a form for a new one."""
    found = _member(name)
    request.session[_ONCE] = secrets.token_urlsafe(16)
    form = NewKeyForm(initial={"once": request.session[_ONCE]})
    return _member_page(request, found, form)


@require_http_methods(["POST"])
def new_key(request: HttpRequest, name: str) -> HttpResponse:
    """Make a key and show it, this once. The same form sent again makes nothing."""
    found = _member(name)
    form = NewKeyForm(request.POST)
    if not form.is_valid():
        return _member_page(request, found, form, status=422)
    once = request.session.pop(_ONCE, "")
    if not secrets.compare_digest(once, form.cleaned_data["once"]):
        messages.warning(request, _("This form was sent already, so no further key was made."))
        return HttpResponseRedirect(reverse("desk:member", args=[name]))
    made = flows.create_member_key(request.user.get_username(), name, form.cleaned_data["label"])
    return render(
        request, "desk/new_key.html", {"member": found, "label": form.cleaned_data["label"], "new": made}, status=201
    )


@require_http_methods(["GET", "HEAD", "POST"])
def revoke_key(request: HttpRequest, name: str, key_id: str) -> HttpResponse:
    """Ask, then refuse a key from now on."""
    found = _member(name)
    key = _key(found, key_id)
    if request.method == "POST":
        try:
            flows.revoke_member_key(request.user.get_username(), key.key_id)
        except MemberKeyNotFoundError:
            raise Http404 from None
        messages.success(request, _("The key “{label}” is revoked.").format(label=key.label))
        return redirect("desk:member", name=name)
    return render(request, "desk/revoke_key.html", {"member": found, "key": key})


@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """Show the audit trail, newest first; `before` is the cursor of an older page."""
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    lines = flows.desk_audit(before, RECORDS_A_PAGE + 1)
    older = lines[RECORDS_A_PAGE - 1].seq if len(lines) > RECORDS_A_PAGE else None
    return render(
        request,
        "desk/audit.html",
        {
            "rows": [AuditRow(line) for line in lines[:RECORDS_A_PAGE]],
            "older": older,
            "first": before is None,
            "checked": flows.desk_audit_check(),
        },
    )


def _member(name: str) -> DeskMember:
    """Find one member, or answer that there is no such page."""
    for found in flows.desk_members():
        if found.name == name:
            return found
    raise Http404


def _key(found: DeskMember, key_id: str) -> DeskKey:
    """Find one key of a member; a key of another member is no page of this one."""
    for key in found.keys:
        if key.key_id == key_id:
            return key
    raise Http404


def _member_page(request: HttpRequest, found: DeskMember, form: NewKeyForm, status: int = 200) -> HttpResponse:
    """Show a member with the form as it stands."""
    return render(request, "desk/member.html", {"row": member_rows([found])[0], "form": form}, status=status)
