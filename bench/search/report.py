"""Records as Markdown: one table a bank, the bound, and how ours stands to the peers."""

from collections.abc import Sequence

from bench.search.records import BoundRecord, EngineRecord, LeftOutRecord, RunRecord, Spread

P99_FROM = 100
"""With fewer queries than this there is no p99 worth the name."""

_HEAD = (
    "| engine | recall | of planted | wrong | one query, p50 (p10-p90) | p99 | wall p50 "
    "| batch, a query (of how many) | build s | bytes a row | open ms |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


def heading(run: RunRecord) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    return (
        f"{run.processor}, {run.cores} cores, load {run.load:.1f}, {run.date}. One thread, {run.rounds} rounds in "
        f"which all take turns, seed {run.seed}.\nMicroseconds of CPU time unless named. {versions}."
    )


def table(engines: Sequence[EngineRecord], left_out: Sequence[LeftOutRecord], bound: BoundRecord) -> str:
    """Write what was measured on one bank."""
    parts = [f"### {bound.kind}, {bound.rows:,} rows\n", _HEAD, *(_line(engine) for engine in engines), ""]
    said = [f"Left out: {one.name} ({one.why})." for one in left_out]
    said.append(_bound(bound, [engine for engine in engines if engine.key == "ours"]))
    parts += [f"- {sentence}" for sentence in (*said, *_standing(engines))]
    return "\n".join(parts) + "\n"


def _line(engine: EngineRecord) -> str:
    p99 = figure(engine.one_cpu.p99) if engine.one_cpu.count >= P99_FROM else ""
    batch = f"{_spread(engine.batch_cpu)} of {engine.batch_queries:,}" if engine.batch_cpu else ""
    opened = "" if engine.open_wall is None else figure(engine.open_wall / 1000)
    cells = [
        engine.name,
        share(engine.recall),
        share(engine.planted_recall),
        f"{engine.wrong:,}",
        _spread(engine.one_cpu),
        p99,
        figure(engine.one_wall.p50),
        batch,
        figure(engine.build_cpu_s),
        f"{engine.bytes_a_row:.0f}",
        opened,
    ]
    return f"| {' | '.join(cells)} |"


def _spread(spread: Spread) -> str:
    return f"{figure(spread.p50)} ({figure(spread.p10)}-{figure(spread.p90)})"


def figure(value: float) -> str:
    """Write three digits, or whole numbers."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def share(value: float) -> str:
    """Write a share; only a whole one is written as 1."""
    return "1" if value == 1 else f"{min(value, 0.9999):.4f}"


def _bound(bound: BoundRecord, ours: Sequence[EngineRecord]) -> str:
    once = bound.rows * 32 / bound.stream_gb_s.p50 / 1000
    text = (
        f"Bound for one query: {bound.lines:,.0f} lines x {_spread(bound.line_ns)} ns = {figure(bound.bound)} µs "
        f"({bound.entries:,.0f} entries, {bound.survivors:.1f} survivors; buffer {bound.buffer_bytes / 1e6:,.0f} MB, "
        f"{bound.huge_share:.0%} in huge pages). Reading all rows once at {figure(bound.stream_gb_s.p50)} GB/s: "
        f"{figure(once)} µs. A search in an empty index: {figure(bound.empty_call.p50)} µs."
    )
    for engine in ours:
        without_call = engine.one_cpu.p50 - bound.empty_call.p50
        text += f" Ours / bound: **{engine.one_cpu.p50 / bound.bound:.2f}**, "
        text += f"without such a call **{without_call / bound.bound:.2f}**."
    return text


def _plain(engine: EngineRecord) -> bool:
    """Whether an engine stands as its own documentation sets it up, without the map that happens to make it faster."""
    return engine.key not in {"faiss-multihash-16x16-mapped", "threatexchange"}


def _standing(engines: Sequence[EngineRecord]) -> list[str]:
    """Say how many times faster ours is than the best peer that finds everything, and the fastest that does not."""
    ours = next((engine for engine in engines if engine.key == "ours"), None)
    peers = [engine for engine in engines if not engine.key.startswith(("ours", "brute", "oracle"))]
    said = []
    for what, group in (
        ("the best exact peer", [engine for engine in peers if engine.exact]),
        ("the best exact peer without a map of ids around it", [one for one in peers if one.exact and _plain(one)]),
        ("the fastest approximate peer", [engine for engine in peers if not engine.exact]),
    ):
        if ours is None or not group:
            continue
        one = min(group, key=lambda engine: engine.one_cpu.p50)
        text = f"Against {what}: one query **{one.one_cpu.p50 / ours.one_cpu.p50:.1f}x** ({one.name}"
        text += "" if one.exact else f", recall {share(one.recall)}"
        batches = [(engine.batch_cpu.p50, engine) for engine in group if engine.batch_cpu]
        if batches and ours.batch_cpu:
            cost, many = min(batches, key=lambda batch: batch[0])
            text += f"), in a batch **{cost / ours.batch_cpu.p50:.1f}x** ({many.name}"
        said.append(text + ").")
    return said
