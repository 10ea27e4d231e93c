"""A person's whole way through the portal, in a real Chromium against a real hub."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
Go = Callable[[Any], None]
Choose = Callable[..., None]


def look(page: Any) -> None:
    """Check what every page promises: no grave barrier in light or dark, nothing wider than a small phone."""
    size = page.viewport_size
    for width in (360, 320):
        page.set_viewport_size({"width": width, "height": 740})
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{page.title()} is wider than {width} px"
        box = page.locator("#exit").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] >= 0
    page.set_viewport_size(size)
    if not AXE.exists():
        pytest.skip("axe-core is missing: run `npm ci`.")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        options = {"runOnly": RULES if scheme == "light" else ["color-contrast"], "resultTypes": ["violations"]}
        found = page.evaluate("options => axe.run(document, options)", options)["violations"]
        grave = [
            (one["id"], one["help"], [node["html"][:120] for node in one["nodes"]])
            for one in found
            if one["impact"] in {"serious", "critical"}
        ]
        assert grave == [], json.dumps(grave, indent=1)


def words(page: Any) -> str:
    page.wait_for_selector(".words")
    return " ".join(page.locator(".words span").all_inner_texts())


def enter(page: Any, hub: Any, code: str) -> None:
    page.goto(f"{hub.url}/case/")
    page.fill("#code", code)
    page.get_by_role("button", name="Open my case").click()
    page.wait_for_selector(".items")


def two(make: Any) -> Any:
    return make.files(("a.jpg", make.saved(make.drawing(1), "JPEG")), ("b.png", make.saved(make.drawing(2), "PNG")))


def to_the_check(hub: Any, page: Any, make: Any, choose: Choose) -> None:
    """From the first page to the last question, looking at each on the way."""
    page.goto(hub.url)
    look(page)
    page.get_by_role("link", name="Where to get help at once").click()
    look(page)
    page.goto(hub.url)
    page.get_by_role("link", name="This device is safe").click()
    page.click("#next")
    assert "Choose one answer" in page.inner_text("#error")
    page.get_by_label("Yes, everyone").check()
    look(page)
    page.click("#next")
    assert page.evaluate("document.activeElement.textContent") == "What kind of pictures are they?"
    assert page.title() == "nc · Step 2 of 6"
    page.get_by_label("Made by a computer").check()
    look(page)
    page.click("#next")
    page.click("#next")
    assert "at least one service" in page.inner_text("#error")
    page.get_by_label("Pixelgram").check()
    look(page)
    page.click("#next")
    assert "What a picture code can give away" in page.inner_text("main")
    look(page)
    page.click("#next")
    page.click("#next")
    assert "at least one picture" in page.inner_text("#error")
    choose(page, two(make))
    assert page.locator(".picture img").count() == 0
    page.get_by_role("button", name="Show picture 2").click()
    page.get_by_role("img", name="Picture 2, shown small").wait_for()
    look(page)
    page.get_by_role("button", name="Hide picture 2").click()
    assert page.locator(".picture img").count() == 0
    choose(page, make.files(("c.jpg", make.saved(make.drawing(3), "JPEG"))))
    page.get_by_role("button", name="Remove picture 2").click()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Remove picture 2"
    page.click("#next")
    assert page.inner_text("#sum-ready") == "2"
    assert page.inner_text("#sum-members") == "Pixelgram"
    assert page.inner_text("#sum-claim") == "Made by a computer (AI)"
    look(page)
    assert page.context.cookies() == [], "no cookie before a case is opened"


def test_the_whole_journey(hub: Any, page: Any, make: Any, choose: Choose) -> None:
    seen: list[str] = []
    page.on("framenavigated", lambda frame: seen.append(frame.url))
    to_the_check(hub, page, make, choose)
    code = keep_the_code(page)
    add_and_withdraw(page, make, choose)
    page.get_by_role("button", name="Erase everything").click()
    look(page)
    page.get_by_role("button", name="Yes, erase").click()
    page.get_by_role("heading", name="Everything is erased").wait_for()
    look(page)
    assert page.context.cookies() == []
    inside = [url for url in seen if "/case" in url]
    assert set(inside) == {f"{hub.url}/case/"}, "the address never changes inside a case"
    page.goto(f"{hub.url}/case/")
    page.fill("#code", code)
    page.get_by_role("button", name="Open my case").click()
    assert "no case with this code" in page.inner_text("#said")
    look(page)


def keep_the_code(page: Any) -> str:
    """Send, see the code once, and go on to the case."""
    page.click("#send")
    code = words(page)
    assert len(code.split()) == 8
    look(page)
    page.get_by_role("button", name="Go to my case").click()
    assert page.locator("#words").is_visible(), "the box must be ticked first"
    page.reload()
    assert page.locator("#words").count() == 0, "shown once"
    look(page)
    assert page.get_by_role("heading", name="Picture 2").is_visible()
    assert "Platforms cannot yet report back" in page.inner_text("main")
    (cookie,) = page.context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert cookie["expires"] == -1
    return code


def add_and_withdraw(page: Any, make: Any, choose: Choose) -> None:
    """Add a picture, withdraw it, take it back, withdraw all."""
    page.get_by_role("button", name="Add pictures").click()
    page.wait_for_selector("#files", state="attached")
    look(page)
    choose(page, make.files(("d.jpg", make.saved(make.drawing(4), "JPEG"))))
    page.click("#send")
    assert "Tick the box" in page.inner_text("#error")
    page.check("#adults")
    page.click("#send")
    page.get_by_role("heading", name="Picture 3").wait_for()
    assert "One picture or video was added" in page.inner_text("main")

    page.get_by_role("button", name="Withdraw picture 3").click()
    look(page)
    page.get_by_role("button", name="Yes, withdraw").click()
    take_back = words(page)
    look(page)
    page.reload()
    assert page.locator(".words").count() == 0, "shown once"
    page.fill("#code", "no such words here")
    page.get_by_role("button", name="Take back").click()
    assert "does not fit" in page.inner_text("#said")
    look(page)
    page.fill("#code", take_back)
    page.get_by_role("button", name="Take back").click()
    page.get_by_text("One picture or video is active again").wait_for()
    page.get_by_role("button", name="Withdraw all").click()
    page.get_by_role("button", name="Yes, withdraw").click()
    assert len(words(page).split()) == 4


def test_the_main_path_by_keyboard_alone(hub: Any, page: Any, make: Any, tmp_path: Path) -> None:
    picture = tmp_path / "a.jpg"
    picture.write_bytes(make.saved(make.drawing(6), "JPEG"))

    # Playwright catches choosers only while somebody listens, and takes a moment to begin.
    page.on("filechooser", lambda _chooser: None)

    def tab_to(selector: str) -> None:
        for _ in range(40):
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
            page.keyboard.press("Tab")
        pytest.fail(f"The keyboard never reaches {selector}")

    def press(selector: str, key: str = "Enter") -> None:
        tab_to(selector)
        page.keyboard.press(key)

    page.goto(hub.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "exit", "leaving is near the top for a keyboard too"
    press("a.button")
    page.wait_for_selector("#intake:not([hidden])")
    press("input[name=adults]", "Space")
    press("#next")
    press("input[name=claim]", "Space")
    press("#next")
    press("input[name=members]", "Space")
    press("#next")
    press("#next")
    tab_to("#files")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(picture)
    page.wait_for_selector(".picture[data-state=ready]")
    press("#next")
    press("#send")
    assert len(words(page).split()) == 8
    press("#kept", "Space")
    press("#kept-form button")
    page.wait_for_selector(".items")


@pytest.mark.parametrize("answer", ["No, someone", "I am not sure"])
def test_under_18_leads_to_other_help_and_leaves_no_trace(hub: Any, page: Any, answer: str) -> None:
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method != "GET" else None)
    before = hub.count("cases_case")
    page.goto(f"{hub.url}/open/")
    page.get_by_label(answer).check()
    page.click("#next")
    page.wait_for_url("**/help/**")
    assert page.get_by_role("link", name="takeitdown.ncmec.org").is_visible()
    assert posts == []
    assert page.context.cookies() == []
    assert hub.count("cases_case") == before


# --- leaving -----------------------------------------------------------------------------------------------


def shift_three_times(page: Any) -> None:
    for _ in range(3):
        page.keyboard.press("Shift")


def test_a_browser_names_its_origin_with_every_form_so_that_older_ones_are_believed(hub: Any, page: Any) -> None:
    # Browsers without Sec-Fetch-Site (Safari before 16.4) are told from strangers by Origin alone.
    sent: list[str | None] = []
    page.on("request", lambda request: sent.append(request.all_headers().get("origin")) if request.post_data else None)
    enter(page, hub, hub.open_case())
    assert sent == [hub.url]


@pytest.mark.parametrize("way", ["button", "shift", "link"])
def test_leaving_leads_to_the_neutral_page_and_ends_the_session(hub: Any, page: Any, way: str) -> None:
    enter(page, hub, hub.open_case())
    (kept,) = page.context.cookies()
    if way == "button":
        page.click("#exit")
    elif way == "shift":
        shift_three_times(page)
    else:
        page.get_by_role("link", name="Leave my case").click()
    page.wait_for_url(hub.exit_url)
    assert page.title() == "Neutral"
    assert page.context.cookies() == []
    page.context.add_cookies([kept])
    page.goto(f"{hub.url}/case/")
    assert page.locator("#code").is_visible()
    assert page.get_by_role("heading", name="Picture 1").count() == 0


def test_the_cover_hides_everything_at_once_even_when_the_network_is_slow(hub: Any, page: Any) -> None:
    enter(page, hub, hub.open_case())
    held: list[Any] = []
    page.context.route("**/leave/", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks its handler
    click = "() => { document.getElementById('exit').click(); return getComputedStyle(document.body).visibility; }"
    page.wait_for_load_state()  # the button's script is there
    assert page.evaluate(click) == "hidden"
    for route in held:
        route.abort()


def test_the_back_button_does_not_bring_the_case_back(hub: Any, page: Any) -> None:
    enter(page, hub, hub.open_case())
    page.click("#exit")
    page.wait_for_url(hub.exit_url)
    page.go_back()
    page.wait_for_load_state()
    assert page.get_by_role("heading", name="Picture 1").count() == 0


def test_typing_capitals_is_not_leaving(hub: Any, page: Any) -> None:
    page.goto(f"{hub.url}/case/")
    page.focus("#code")
    for letter in "ABCD":
        page.keyboard.down("Shift")
        page.keyboard.press(letter)
        page.keyboard.up("Shift")
    page.keyboard.press("Shift")
    page.keyboard.press("Shift")
    assert page.inner_text("#exit-said") == "Press Shift once more to leave."
    page.keyboard.press("a")
    page.keyboard.press("Shift")
    assert page.inner_text("#exit-said") == "Press Shift two more times to leave."
    assert page.url.endswith("/case/")


# --- sending -----------------------------------------------------------------------------------------------


def test_a_double_click_on_send_opens_one_case(hub: Any, page: Any, make: Any, to_picker: Go, choose: Choose) -> None:
    before = hub.count("cases_case")
    to_picker(page)
    choose(page, two(make))
    page.click("#next")
    page.dblclick("#send")
    assert len(words(page).split()) == 8
    assert hub.count("cases_case") == before + 1


def test_a_lost_answer_costs_nothing_send_again_gives_the_code(
    hub: Any, page: Any, make: Any, to_picker: Go, choose: Choose
) -> None:
    before = hub.count("cases_case")
    to_picker(page)
    choose(page, two(make))
    page.click("#next")

    def lose(route: Any) -> None:
        route.fetch(max_redirects=0)
        page.context.clear_cookies()
        route.abort()

    page.context.route("**/case/", lose, times=1)
    page.click("#send")
    page.get_by_text("No answer came").wait_for()
    assert page.locator(".picture[data-state=ready]").count() == 2
    assert hub.count("cases_case") == before + 1
    page.click("#send")
    assert len(words(page).split()) == 8
    assert hub.count("cases_case") == before + 1


def test_a_refusal_by_the_hub_keeps_the_page_as_it_is(page: Any, make: Any, to_picker: Go, choose: Choose) -> None:
    to_picker(page)
    choose(page, two(make))
    page.click("#next")
    body = json.dumps({"error": "overloaded", "message": "We are very busy at this moment."})
    page.context.route(
        "**/case/", lambda route: route.fulfill(status=503, content_type="application/json", body=body), times=1
    )
    page.click("#send")
    page.get_by_text("We are very busy").wait_for()
    assert page.inner_text("#error code") == "overloaded"
    page.click("#send")
    assert len(words(page).split()) == 8


def test_two_hundred_files_at_once_are_one_clear_error_and_nothing_is_lost(
    page: Any, make: Any, to_picker: Go, choose: Choose
) -> None:
    to_picker(page)
    choose(page, two(make))
    small = make.saved(make.drawing(1)[:64, :64], "PNG")
    page.set_input_files("#files", make.files(*((f"{n}.png", small) for n in range(200))))
    assert page.inner_text("#picker-error code") == "too_many_items"
    assert page.locator(".picture[data-state=ready]").count() == 2
    page.click("#next")
    assert page.inner_text("#sum-ready") == "2"


def test_an_error_is_gone_with_the_next_step_and_with_the_next_choice(
    page: Any, make: Any, to_picker: Go, choose: Choose
) -> None:
    small = make.saved(make.drawing(1)[:64, :64], "PNG")
    too_many = make.files(*((f"{n}.png", small) for n in range(101)))
    to_picker(page)
    page.click("#next")
    assert page.locator("#error").is_visible(), "no picture yet"
    page.set_input_files("#files", too_many)
    assert page.locator("#picker-error").is_visible()
    assert page.locator("#error").is_hidden(), "another choice: what was said before is gone"
    choose(page, two(make))
    assert page.locator("#picker-error").is_hidden()
    page.set_input_files("#files", too_many)
    assert page.locator("#picker-error").is_visible()
    page.click("#next")
    assert page.locator("#picker-error").is_hidden()
    page.click("#back")
    assert page.locator("#picker-error").is_hidden()


def test_what_cannot_be_used_is_left_out_with_a_reason_and_the_rest_goes_on(
    page: Any, make: Any, to_picker: Go, choose: Choose
) -> None:
    good = make.saved(make.drawing(1), "JPEG")
    to_picker(page)
    choose(
        page,
        make.files(
            ("clip.mp4", b"\0\0\0\x18ftypmp42" + bytes(400)),
            ("photo.heic", b"\0\0\0\x18ftypheic" + bytes(400)),
            ("torn.jpg", good[:300]),
            ("dark.png", make.saved(make.drawing(2) // 255, "PNG")),
            ("good.jpg", good),
            ("again.jpg", good),
        ),
    )
    told = {
        "video_unreadable": "This video is damaged",
        "image_heic": "HEIC",
        "image_unreadable": "damaged",
        "quality_too_low": "too little to see",
        "same_picture": "same as number 1",
    }
    for code, sentence in told.items():
        assert sentence in page.inner_text(f".picture[data-code={code}]")
    assert page.inner_text("#progress-text") == "All done. Ready to send: 1. Left out: 5."
    page.click("#next")
    page.click("#send")
    assert len(words(page).split()) == 8


# --- other ways --------------------------------------------------------------------------------------------


def test_without_a_script_people_can_read_come_back_withdraw_and_leave(hub: Any, new_page: Callable[..., Any]) -> None:
    page = new_page(javascript=False)
    page.goto(f"{hub.url}/open/")
    assert "This step needs JavaScript" in page.inner_text("main")
    enter(page, hub, hub.open_case())
    page.get_by_role("button", name="Withdraw picture 1").click()
    page.get_by_role("button", name="Yes, withdraw").click()
    assert len(words(page).split()) == 4
    page.click("#exit")
    page.wait_for_url(hub.exit_url)
    assert page.context.cookies() == []


def test_long_words_and_the_other_writing_direction_fit_a_phone(hub: Any, page: Any) -> None:
    stretch = """
    () => {
      document.documentElement.dir = "rtl";
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) {
        const text = walk.currentNode;
        if (text.textContent.trim()) text.textContent = text.textContent.replace(/\\S+/g, (w) => w + w.slice(0, 6));
      }
      for (const part of document.querySelectorAll("[hidden]")) part.hidden = false;
    }
    """
    page.set_viewport_size({"width": 360, "height": 740})
    enter(page, hub, hub.open_case())
    for path in ("/case/", "/", "/open/", "/help/"):
        page.goto(f"{hub.url}{path}")
        page.evaluate(stretch)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
