"""A person at the portal, played by a headless Chromium: the same pages, buttons and scripts that people use."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from notcontent.errors import DemoError

if TYPE_CHECKING:
    from playwright.sync_api import Page

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE_MS = 30_000


def open_case(portal_url: str, pictures: Sequence[Path], members: Sequence[str], on_step: Callable[[str], None]) -> str:
    """Open a case with these pictures for these members (by name). Gives the case code.

    `on_step` is told each step as it is done. Raises DemoError when a page does not go on as it must.
    """
    with _page() as page:
        page.goto(portal_url)
        page.get_by_role("link", name="This device is safe").click()
        page.check("input[name=adults][value=yes]")
        page.click("#next")
        page.check("input[name=claim][value=real]")
        page.click("#next")
        on_step("Answered: everyone was 18 or older; real photos")
        for member in members:
            page.check(f"input[name=members][value='{member}']")
        page.click("#next")
        page.click("#next")  # what leaves the device
        page.set_input_files("#files", list(pictures))
        page.wait_for_function(
            "count => document.querySelectorAll('.picture:is([data-state=ready], [data-state=out])').length === count",
            arg=len(pictures),
        )
        ready = page.locator(".picture[data-state=ready]").count()
        on_step(f"{ready} of {len(pictures)} pictures hashed on the device")
        page.click("#next")
        page.click("#send")
        page.wait_for_selector("#words")
        code = " ".join(page.locator("#words span").all_inner_texts())
        page.check("#kept")
        page.get_by_role("button", name="Go to my case").click()
        page.wait_for_selector(".items")
        on_step("Code kept, case opened")
        return code


def withdraw(portal_url: str, code: str, number: int) -> str:
    """Come back with the case code and withdraw one picture. Gives the take-back code. Raises DemoError."""
    with _page() as page:
        page.goto(portal_url)
        page.get_by_role("link", name="I have a case code").click()
        page.fill("#code", code)
        page.get_by_role("button", name="Open my case").click()
        page.get_by_role("button", name=f"Withdraw picture {number}", exact=True).click()
        page.get_by_role("button", name="Yes, withdraw").click()
        page.wait_for_selector(".words")
        take_back = " ".join(page.locator(".words span").all_inner_texts())
        # Leaving leads to a page of the open web; the demo asks for it with the page's cookies and stays here.
        page.context.request.get(f"{portal_url.rstrip('/')}/leave/", max_redirects=0)
        return take_back


@contextmanager
def _page() -> Iterator["Page"]:
    """Give a fresh browser's only page, in English; what Chromium or a page refuses becomes one DemoError."""
    from playwright.sync_api import Error, sync_playwright

    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        raise DemoError("There is no Chromium to drive.")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            context = browser.new_context(locale="en-GB")
            context.set_default_timeout(_PATIENCE_MS)
            # The quick exit leads to a page of the open web; the demo goes nowhere.
            context.route(lambda url: not url.startswith(("http://127.0.0.1", "http://localhost")), lambda r: r.abort())
            yield context.new_page()
            browser.close()
    except Error as error:
        raise DemoError(f"The portal did not go on as it must: {error.message.splitlines()[0][:200]}") from None
