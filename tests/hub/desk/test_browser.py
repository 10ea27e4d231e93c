"""The desk in a real browser, under its own policy: sign-in, passkeys, keys, and axe-core over every page."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from channel_stage import archive, child, family, forget_book, parent
from desk_stage import PASSWORD
from hub_stage import item, member, opened
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from notcontent.hub import flows
from notcontent.hub.accounts.operators import NewOperator, create_operator
from notcontent.hub.accounts.totp import current_code

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start one browser. Playwright runs a loop in this thread, which Django would take for asynchronous code."""
    kept = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()
    if kept is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = kept


@pytest.fixture
def visit(chromium: Browser, live_server: LiveServer) -> Iterator[Open]:
    """Open pages in a fresh profile; what the console or the policy complains of fails the test."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def open_page(**options: Any) -> Page:
        context = chromium.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    refused = "Failed to load resource: the server responded with a status of 4"  # asked for on purpose
    assert [said for said in complaints if not said.startswith(refused)] == []


def put_in_authenticator(page: Page, **options: Any) -> None:
    """Give the browser a made-up passkey device that says yes by itself."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
        **options,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": device})


def give_password(page: Page, name: str) -> None:
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in with a password").click()


def sign_in(page: Page, operator: NewOperator) -> None:
    page.goto("/desk/")
    give_password(page, operator.name)
    give_code(page, operator)


def give_code(page: Page, operator: NewOperator) -> None:
    page.get_by_label("Code").fill(current_code(str(operator.totp_secret)))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_an_operator_signs_in_by_password_and_code_and_out_again(visit: Open) -> None:
    page = visit()
    sign_in(page, create_operator("mara", PASSWORD, totp=True))
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies["desk"]["sameSite"] == "Strict"
    assert {cookie["path"] for cookie in cookies.values()} == {"/desk/"}
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.goto("/desk/cases/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_the_first_sign_in_sets_up_a_passkey_which_then_signs_in_alone(visit: Open) -> None:
    create_operator("jo", PASSWORD)
    page = visit()
    put_in_authenticator(page)
    page.goto("/desk/members/")
    give_password(page, "jo")
    expect(page.get_by_role("main")).to_contain_text("One step is left")
    page.goto("/desk/members/")
    expect(page.get_by_role("main")).to_contain_text("One step is left")
    page.get_by_role("link", name="Set up a passkey").click()
    page.get_by_label("Name").fill("Office laptop")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    expect(page.locator("#recovery-codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    page.goto("/desk/account/passkeys/")
    expect(page.get_by_role("row", name="Office laptop")).to_contain_text("yes")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    expect(page.get_by_role("link", name="Your sign-in: jo")).to_be_visible()


def test_a_security_key_without_a_pin_is_a_second_step_and_no_more(visit: Open) -> None:
    create_operator("jo", PASSWORD)
    page = visit()
    put_in_authenticator(page, transport="usb", hasResidentKey=False, hasUserVerification=False, isUserVerified=False)
    page.goto("/desk/")
    give_password(page, "jo")
    page.get_by_role("link", name="Set up a passkey").click()
    page.get_by_label("Sign in with this passkey alone").uncheck()
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    page.get_by_role("button", name="Sign out").click()
    give_password(page, "jo")
    page.get_by_role("button", name="Use a passkey or security key").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_the_first_sign_in_sets_up_an_app(visit: Open) -> None:
    create_operator("jo", PASSWORD)
    page = visit()
    page.goto("/desk/")
    give_password(page, "jo")
    page.get_by_role("link", name="Set up an app").click()
    expect(page.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()
    page.get_by_text("I cannot scan it").click()
    secret = page.locator(".secret code").inner_text()
    page.get_by_label("Code from the app").fill(current_code(secret))
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    page.goto("/desk/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_a_passkey_that_says_no_is_told_in_words(visit: Open) -> None:
    page = visit()
    page.goto("/desk/")
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new DOMException('', 'NotAllowedError')) }")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("cancelled or took too long")


def test_at_a_bare_address_no_passkey_is_offered(
    visit: Open, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.conf.settings.ALLOWED_HOSTS", ["localhost", "127.0.0.1"])
    page = visit()
    page.goto(live_server.url.replace("localhost", "127.0.0.1") + "/desk/")
    expect(page.get_by_role("button", name="Sign in with a password")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()


def test_the_desk_works_without_scripts(visit: Open) -> None:
    page = visit(java_script_enabled=False)
    sign_in(page, create_operator("mara", PASSWORD, totp=True))
    page.get_by_role("link", name="Members").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Members")


def test_a_key_is_made_copied_shown_once_and_revoked(visit: Open) -> None:
    flows.create_member("mara", "alpha", "Alpha")
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    sign_in(page, create_operator("mara", PASSWORD, totp=True))
    page.get_by_role("link", name="Members").click()
    page.get_by_role("link", name="Alpha").click()
    page.get_by_label("What the key is for").fill("first gate")
    page.get_by_role("button", name="Make a key").click()
    key = page.locator("#key-text").inner_text()
    assert key.startswith("ncm_")
    page.get_by_role("button", name="Copy the key").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{key}\n"
    page.get_by_role("link", name="I have kept it").click()
    assert key not in page.content()
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # the browser kept no copy to go back to
        page.go_back()
    page.wait_for_url("chrome-error://chromewebdata/")
    page.goto("/desk/members/alpha/")
    page.get_by_role("link", name="Revoke first gate").click()
    page.get_by_role("button", name="Revoke the key").click()
    expect(page.get_by_role("status")).to_contain_text("is revoked")
    expect(page.get_by_role("row", name="first gate")).to_contain_text("revoked")


@pytest.fixture
def without_book() -> Iterator[None]:
    forget_book()
    yield
    forget_book()


def channel_pages() -> list[str]:
    """Import a family, and give the paths of the pages that show it: the family's own first."""
    with tempfile.TemporaryDirectory() as folder:
        source, _ = family(Path(folder))
    shown = flows.desk_channels()
    old, new = shown.families[0].id, shown.queue[0].name.id
    paths = [f"family/{old}/", "", f"channel/{new}/", f"compare/{old}/{new}/", "radar/", "sources/"]
    return [f"channels/{path}" for path in [*paths, f"sources/{source}/withdraw/"]]


@pytest.mark.usefixtures("without_book")
def test_pages_of_channels_are_imported_read_and_handed_out_without_scripts(visit: Open, tmp_path: Path) -> None:
    page = visit(java_script_enabled=False, accept_downloads=True)
    sign_in(page, create_operator("mara", PASSWORD, totp=True))
    page.get_by_role("link", name="Channels").click()
    page.get_by_role("link", name="Import a source").click()
    (tmp_path / "pages.zip").write_bytes(archive(parent(), child()))
    page.get_by_label("File").set_input_files(tmp_path / "pages.zip")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Imported as source 1: 81 posts of 2 channels")
    page.get_by_role("link", name="Families").click()
    expect(page.get_by_role("listitem").filter(has_text="looks like a child of")).to_contain_text("Old harbour")
    page.get_by_role("button", name="Seen").click()
    expect(page.get_by_role("status")).to_contain_text("1 off the list")
    page.get_by_role("row", name="Old harbour").get_by_role("link").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "family-amber.stix.json"
    page.goto("/desk/channels/sources/")
    page.get_by_role("link", name="Withdraw 1").click()
    page.get_by_label("Type the source’s number to confirm").fill("1")
    page.get_by_role("button", name="Withdraw the source").click()
    expect(page.get_by_role("row", name="saved pages")).to_contain_text("withdrawn")


@pytest.mark.usefixtures("without_book")
def test_a_family_fits_a_phone_and_a_desk_and_is_read_by_keyboard(visit: Open) -> None:
    path = channel_pages()[0]
    page = visit(viewport={"width": 360, "height": 800})
    sign_in(page, create_operator("mara", PASSWORD, totp=True))
    page.goto(f"/desk/{path}")
    wide, narrow = page.locator(".lineage-wide svg"), page.locator(".lineage-narrow svg")
    assert [narrow.first.is_visible(), wide.first.is_visible()] == [True, False]
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.set_viewport_size({"width": 1280, "height": 800})
    assert [narrow.first.is_visible(), wide.first.is_visible()] == [False, True]
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        ink, paper = (
            page.evaluate(f"getComputedStyle(document.querySelector('{of}')).{what}")
            for of, what in ((".lineage-wide svg", "color"), (".drawing", "backgroundColor"))
        )
        assert ink != paper
    page.locator("main").focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('svg') !== null"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("harbour")
    assert "/desk/channels/channel/" in page.url


@pytest.mark.usefixtures("without_book")
def test_pages_with_all_entries_in_the_bar_fit_every_width_between_a_phone_and_a_desk(visit: Open) -> None:
    paths = ["", *channel_pages()]
    page = visit()
    sign_in(page, create_operator("mara", PASSWORD, totp=True))
    sideways = []
    for path in paths:
        page.goto(f"/desk/{path}")
        for width in (320, 360, 384, 390, 412, 430, 480, 600, 736, 768, 820, 912):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                sideways.append((path, width))
    assert sideways == []


@pytest.mark.usefixtures("without_book")
def test_who_imported_a_source_is_not_broken_by_long_counts_beside_it(visit: Open) -> None:
    channel_pages()
    page = visit(viewport={"width": 1280, "height": 800})
    sign_in(page, create_operator("mara", PASSWORD, totp=True))
    page.goto("/desk/channels/sources/")
    by = page.locator("table.sources tbody td[data-label='By']").first
    lines = """cell => {
        cell.textContent = 'shell';
        cell.parentElement.querySelectorAll('.counts').forEach(one => { one.textContent = 'long words '.repeat(40); });
        const range = document.createRange();
        range.selectNodeContents(cell);
        return range.getClientRects().length;
    }"""
    assert by.evaluate(lines) == 1


def furnish() -> list[str]:
    """Fill the hub with one of everything, and give the paths of the pages that show it."""
    gate = member("alpha")
    flows.create_member("mara", "beta", "The Association of Independent Photographic Communities of the North")
    case = opened(item(1), item(2), item(3))
    gate.sync()
    flows.withdraw(case.case_id, [2])
    alias = flows.desk_cases().cases[0].alias
    key_id = next(one for one in flows.desk_members() if one.name == "alpha").keys[0].key_id
    key = f"members/alpha/keys/{key_id}/revoke/"
    paths = ["", "cases/", "cases/?alias=no-such", f"cases/{alias}/", "members/", "members/alpha/", "register/"]
    paths += [key, "audit/", "none/", "account/", "account/passkeys/", "account/passkeys/add/"]
    paths += ["account/recovery-codes/new/", "account/confirm/", "account/confirm/code/", "account/app/remove/"]
    return [*paths, *channel_pages()]


@pytest.mark.usefixtures("without_book")
def test_a_narrow_phone_shows_every_page_without_sideways_scrolling_and_axe_finds_nothing(visit: Open) -> None:
    """axe-core's rules for WCAG 2.2 A and AA: all on a phone of 320 px, those with every colour also dark and wide."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make test installs it")
    operator = create_operator("mara", PASSWORD, totp=True)
    paths = furnish()
    in_the_dark_and_wide = {"", paths[3], "members/alpha/", "audit/", "sign-in refused", "new key"}
    in_the_dark_and_wide |= {path for path in paths if "channels/" in path}
    page = visit(bypass_csp=True)
    found: list[str] = []

    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

    def look(name: str) -> None:
        page.set_viewport_size({"width": 320, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{name}: scrolls sideways")
        judge(name)
        if name in in_the_dark_and_wide:
            page.set_viewport_size({"width": 1280, "height": 800})
            page.emulate_media(color_scheme="dark")
            judge(f"{name}, dark")
            page.emulate_media(color_scheme="light")

    def press(name: str) -> None:
        with page.expect_navigation():  # right after a click the next page has no document yet
            page.get_by_role("button", name=name, exact=True).click()

    def judge(name: str) -> None:
        page.evaluate("source => { if (!window.axe) (0, eval)(source) }", AXE.read_text(encoding="utf-8"))
        result = page.evaluate("rules => axe.run({runOnly: rules, resultTypes: ['violations']})", rules)
        found.extend(
            f"{name}: {one['id']} {[node['html'] for node in one['nodes']][:3]}" for one in result["violations"]
        )

    page.goto("/desk/")
    look("sign-in")
    press("Sign in with a password")
    look("sign-in refused")
    give_password(page, operator.name)
    page.get_by_label("Code").fill("000000")
    press("Sign in")
    look("second step refused")
    give_code(page, operator)
    for path in paths:
        page.goto(f"/desk/{path}")
        look(path)
    page.goto("/desk/register/")
    press("Register")
    look("register refused")
    page.goto("/desk/members/beta/")
    page.get_by_label("What the key is for").fill("a gate")
    press("Make a key")
    look("new key")
    assert not found, "\n".join(found)
