"""`notcontent demo`: the main job, played for real on this machine, with pictures that the project draws."""

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command()
    def demo(
        once: bool = typer.Option(default=False, help="Play the story and exit instead of going on to serve."),
        folder: Path | None = typer.Option(
            readable=False,
            default=None,
            help="Keep the site's files here instead of in a temporary folder that is deleted.",
        ),
        browser: bool = typer.Option(
            default=True, help="Drive the portal with a headless Chromium where there is one."
        ),
        as_json: bool = typer.Option(False, "--json", help="Print what happened as one JSON object at the end."),
    ) -> None:
        """Play the whole story on this machine: hub, gate, a case, a blocked copy, a withdrawal.

        Then it serves portal, desk and gate until Ctrl-C; with --once it ends, with 1 when a step went wrong.

        For example:

          notcontent demo

          notcontent demo --once --json
        """
        from notcontent.cli.demo.story import play

        play(once=once, folder=folder, wants_browser=browser, as_json=as_json)
