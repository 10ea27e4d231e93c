"""The story, step by step. Each step waits for what it promises and fails when that does not come.

The portal is driven through its own pages in a headless Chromium where there is one, otherwise by the same
HTTP calls with the command line's hasher; the story says which.
"""

import io
import json
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import httpx
from PIL import Image, ImageDraw, ImageOps
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from notcontent.cli.demo.site import MEMBER, OPERATOR, POLL_S, Site, running_site
from notcontent.errors import DemoError
from notcontent.hub.accounts.totp import TOTP_PERIOD_S, current_code
from notcontent.signals.drawing import draw_picture

_PATIENCE_S = 60.0
_SEEDS, _STRANGER = (11, 12, 13), 99
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(slots=True)
class Teller:
    """Says each step as it is done, on stderr, and keeps what happened for --json."""

    console: Console
    steps: list[dict[str, object]] = field(default_factory=list)

    @contextmanager
    def step(self, sentence: str) -> Iterator[Callable[[str], None]]:
        """Tell one step; the body may change its last words by calling what it is given."""
        began, ending = time.monotonic(), [sentence]
        with self.console.status(sentence):
            yield lambda words: ending.__setitem__(0, words)
        seconds = time.monotonic() - began
        self.steps.append({"step": ending[0], "seconds": round(seconds, 2)})
        lead = Text.from_markup(f" [green]✓[/green] [dim]{seconds:4.1f} s[/dim]  ")
        for line in Text.from_markup(ending[0]).wrap(self.console, self.console.width - lead.cell_len):
            line.rstrip()
            self.console.print(Text.assemble(lead, line))
            lead = Text(" " * lead.cell_len)


def find_browser() -> str | None:
    """Give the path of a Chromium that can be driven, or None."""
    if find_spec("playwright") is None:
        return None
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


def edit(picture: bytes) -> bytes:
    """Make what people make before they post a picture again: smaller, and saved anew with loss."""
    with Image.open(io.BytesIO(picture)) as image:
        smaller = image.resize((image.width * 6 // 10, image.height * 6 // 10), Image.Resampling.BILINEAR)
        out = io.BytesIO()
        smaller.save(out, "JPEG", quality=55)
    return out.getvalue()


def dress(picture: bytes) -> bytes:
    """Make what people make to get past a filter: left for right, in a white margin, with a caption below."""
    with Image.open(io.BytesIO(picture)) as image:
        mirrored = ImageOps.mirror(image.convert("RGB"))
    margin, caption = mirrored.width // 20, mirrored.height // 6
    sheet = ImageOps.expand(mirrored, (margin, margin, margin, margin + caption), "white")
    words = ImageDraw.Draw(sheet)
    words.text((2 * margin, sheet.height - caption), "you did not get this from me", "black", font_size=caption / 2.5)
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=70)
    return out.getvalue()


def cut(picture: bytes) -> bytes:
    """Make what takes a part away: turned by four degrees, and cut to a smaller piece."""
    with Image.open(io.BytesIO(picture)) as image:
        turned = image.convert("RGB").rotate(4, Image.Resampling.BICUBIC)
    across, down = turned.width // 14, turned.height // 14
    out = io.BytesIO()
    turned.crop((across, down, turned.width - across, turned.height - down)).save(out, "JPEG", quality=70)
    return out.getvalue()


def draw(seed: int) -> bytes:
    """Draw a picture and save it as a camera would: JPEG."""
    out = io.BytesIO()
    draw_picture(seed).save(out, "JPEG", quality=90)
    return out.getvalue()


def screen(site: Site, picture: bytes) -> dict[str, object]:
    """Ask the gate about an upload. Gives its whole answer."""
    answer = httpx.post(
        f"{site.gate_url}/v1/screen",
        content=picture,
        headers={"Authorization": f"Bearer {site.staff_key}"},
        timeout=30,
    )
    if answer.status_code != 200:
        raise DemoError(f"The gate refused to screen: {answer.status_code}.")
    verdict: dict[str, object] = answer.json()
    return verdict


def _wait(what: str, holds: Callable[[], bool]) -> float:
    """Wait until something holds; give the seconds it took. Raises DemoError when it never does."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > _PATIENCE_S:
            raise DemoError(f"Waited {_PATIENCE_S:.0f} s in vain for: {what}.")
        time.sleep(0.1)
    return time.monotonic() - began


def _entries(site: Site) -> int:
    return int(httpx.get(f"{site.gate_url}/v1/health", timeout=10).json()["entries"])


def _expect(verdict: dict[str, object], action: str) -> None:
    if verdict["action"] != action:
        raise DemoError(f"The gate said {verdict['action']} where it must say {action}.")


def _draw(folder: Path) -> list[Path]:
    folder.mkdir()
    paths = []
    for seed in _SEEDS:
        path = folder / f"picture-{seed}.jpg"
        path.write_bytes(draw(seed))
        paths.append(path)
    return paths


def tell(site: Site, teller: Teller, *, wants_browser: bool) -> str:
    """Play every step on a running site. Gives the case code. Raises DemoError at the first that goes wrong."""
    browser = find_browser() if wants_browser else None
    if browser:
        from notcontent.cli.demo.browser import open_case, withdraw

        way = "in a headless Chromium"
    else:
        from notcontent.cli.demo.plain import open_case, withdraw

        way = "by HTTP, without a browser"

    with teller.step("Three pictures drawn"):
        pictures = _draw(site.folder / "pictures")
    with teller.step(f"Case opened {way}") as ending:
        told: list[str] = []
        code = open_case(site.hub_url, pictures, [MEMBER], told.append)
        ending(f"Case opened {way}: {len(pictures)} hashes sent, no picture")
    with teller.step("Feed synced by the gate") as ending:
        _wait("the gate to hold three entries", lambda: _entries(site) == len(pictures))
        ending(f"Feed synced by a gate: {_entries(site)} entries, signature verified")
    copy = edit(pictures[1].read_bytes())
    edits = {
        "Edited copy (60 % size, JPEG 55)": copy,
        "Mirrored, in a margin, with a caption": dress(pictures[1].read_bytes()),
    }
    for name, edited in edits.items():
        with teller.step(f"{name}: uploaded") as ending:
            verdict = screen(site, edited)
            _expect(verdict, "block")
            matches = verdict["matches"]
            met = f"{matches[0]['distance']} of 256 bits differ" if isinstance(matches, list) else "?"
            ending(f"{name}: [bold red]block[/bold red], {met}")
    with teller.step("Turned by 4 degrees and cropped: uploaded") as ending:
        verdict = screen(site, cut(pictures[1].read_bytes()))
        _expect(verdict, "hold")
        matches = verdict["matches"]
        weight = f"evidence {matches[0]['evidence']:.1f}" if isinstance(matches, list) else "?"
        ending(f"Turned by 4 degrees and cropped: [bold yellow]hold[/bold yellow] for a person, {weight}")
    with teller.step("Stranger's picture uploaded") as ending:
        _expect(screen(site, draw(_STRANGER)), "allow")
        ending("A stranger's picture: [bold green]allow[/bold green]")
    with teller.step("Picture 2 withdrawn"):
        withdraw(site.hub_url, code, 2)
    with teller.step("The same copy uploaded again") as ending:
        seconds = _wait("the withdrawn entry to stop matching", lambda: screen(site, copy)["action"] == "allow")
        ending(
            f"The same copy again: [bold green]allow[/bold green], {seconds:.1f} s after it (polls every {POLL_S} s)"
        )
    return code


def tell_family(site: Site, teller: Teller) -> None:
    """Play the second half: channels that came back are found. Raises DemoError when they are not."""
    from notcontent.cli.demo.family import find_family, read_family, write_family

    folder = site.folder / "channels"
    with teller.step("A removed group and what came of it, made up") as ending:
        ending(f"A removed group, its derived channels and strangers, made up: {write_family(folder)} exports written")
    with teller.step("Exports read into the hub's book") as ending:
        ending(f"Exports read into the hub's book: {read_family(site, folder):,} posts, no picture, no person's name")
    with teller.step("Family of the removed group looked for") as ending:
        found = find_family(site, folder)
        ending(
            f"{found.found} of its {found.derived} derived channels found, {found.alive} of them not removed;"
            f" {found.right} of {found.stated} stated parents are as made up, no stranger among them"
        )


def _farewell(site: Site, code: str) -> Table:
    """List what there is to click through, with log-ins that are worth nothing outside this machine."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("Portal", f"{site.hub_url}/", style="cyan")
    table.add_row("  case code", code)
    table.add_row("Desk", f"{site.hub_url}/desk/", style="cyan")
    table.add_row("  name, password", f"{OPERATOR}, {site.password}")
    table.add_row("  authenticator", f"{site.totp_secret}")
    table.add_row("  channels", f"{site.hub_url}/desk/channels/", style="cyan")
    table.add_row("Gate", f"{site.gate_url}/v1/health", style="cyan")
    table.add_row("Files", str(site.folder))
    return table


def _try_yourself(site: Site, console: Console) -> None:
    """Give a command to paste; the key stands in a file, so that it stays out of the shell's history."""
    header = site.folder / "staff.header"
    header.touch(mode=0o600)
    header.write_text(f"Authorization: Bearer {site.staff_key}\n")
    picture = site.folder / "pictures" / f"picture-{_SEEDS[0]}.jpg"
    console.print("Ask the gate yourself:")
    console.print(
        f"curl -H @{header} --data-binary @{picture} {site.gate_url}/v1/screen", soft_wrap=True, highlight=False
    )


def _serve_on(site: Site, console: Console) -> None:
    """Keep the site up until Ctrl-C, showing the second factor's code of the moment."""
    if not console.is_terminal:
        console.print(f"Serving until interrupted. Desk code at this moment: {current_code(site.totp_secret)}")
    try:
        with console.status("") as status:
            while True:
                left = TOTP_PERIOD_S - int(time.time()) % TOTP_PERIOD_S
                code = current_code(site.totp_secret)
                status.update(f"Serving until Ctrl-C. Desk code now: [bold]{code}[/bold] ({left} s left)")
                time.sleep(1)
    except KeyboardInterrupt:
        console.print("Stopped.")


def play(*, once: bool, folder: Path | None, wants_browser: bool, as_json: bool) -> None:
    """Play the story and, unless once, go on serving. Raises DemoError when a step goes wrong."""
    # Whatever ends the demo, its services end with it. A shell's background job would else not hear SIGINT.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    console = Console(stderr=True, soft_wrap=False)
    teller = Teller(console)
    console.print("[bold]notcontent demo[/bold]: all of it on this machine, with drawn pictures.")
    if not console.is_terminal:  # which would show that something moves
        console.print("Setting up and starting hub and gate: the longest step.")
    began = time.monotonic()
    with ExitStack() as stack:
        with teller.step("Setting up and starting hub and gate") as ending:
            site = stack.enter_context(running_site(folder))
            ending("Hub and gate set up and started")
        code = tell(site, teller, wants_browser=wants_browser)
        tell_family(site, teller)
        console.print(f"[bold]The story is told[/bold], in {time.monotonic() - began:.0f} s.")
        if as_json:
            Console().print_json(json.dumps({"steps": teller.steps, "hub": site.hub_url, "gate": site.gate_url}))
        if not once:
            console.print(Panel(_farewell(site, code), title="Click through it", expand=False))
            _try_yourself(site, console)
            _serve_on(site, console)
