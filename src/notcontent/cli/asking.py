"""A secret asked for at the terminal, without an echo."""

import typer


def ask_secret(question: str, *, confirm: bool) -> str:
    """Ask, twice when `confirm`. Raises KeyboardInterrupt for Ctrl-C and Ctrl-D."""
    try:
        answer: str = typer.prompt(question, hide_input=True, confirmation_prompt=confirm, err=True)
    except typer.Abort:  # which Typer would make a failure of
        raise KeyboardInterrupt from None
    return answer
