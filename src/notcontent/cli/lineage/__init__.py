"""`notcontent lineage`: which channels continue which, from lawful material, in a book that lies in one folder."""

import typer

from notcontent.cli.lineage import channel, handing, proving, reading, sources

app = typer.Typer(
    no_args_is_help=True,
    help="""Find the channels that came back, and show the family.

Takes exports of Telegram Desktop, saved pages of t.me/s, lists, and links that people report; says which channels \
continue which, with what probability and why. Nothing is fetched: it reads what you have. Pictures and videos are not \
opened unless an authority is named. No name of a person is kept.

For example:

  notcontent lineage import ChatExport_2026-11-01

  notcontent lineage tree

  notcontent lineage show @some_channel

docs/tutorials/from-an-export-to-a-family-tree.md goes through it in ten minutes.
""",
)

for verbs in (sources, reading, channel, handing, proving):
    verbs.register(app)
