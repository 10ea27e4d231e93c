"""A thread's modules in one file: they do what they do apart, and what cannot be joined is refused."""

import re
import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from notcontent.hub.portal.threads import join

THREADS = ("worker", "film-worker")


def written(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder / "entry.js"


def run(script: str, folder: Path) -> str:
    node = shutil.which("node")
    if node is None:
        pytest.skip("No Node.js on this machine.")
    (folder / "joined.mjs").write_text(script, encoding="utf-8")
    return subprocess.run([node, folder / "joined.mjs"], capture_output=True, text=True, check=True).stdout


def test_joined_modules_run_in_their_order_and_see_each_others_names_alone(tmp_path: Path) -> None:
    entry = written(
        tmp_path,
        entry="""
import { twice, Thing } from "./first.js";
import * as all from "./second.js";
const hidden = "entry";
console.log(hidden, twice(2), new Thing().name, all.LIMIT, Object.keys(all).join());
""",
        first="""
import { LIMIT } from "./second.js";
const hidden = "first";
console.log(hidden, LIMIT);
export function twice(n) {
  return Math.min(LIMIT, 2 * n);
}
export class Thing {
  name = hidden;
}
""",
        second="""
import { twice } from "./first.js";
console.log("second");
export const LIMIT = 3;
export async function* later() { yield twice(1); }
""",
    )
    assert run(join(entry), tmp_path) == "second\nfirst 3\nentry 3 first 3 LIMIT,later\n"


@pytest.mark.parametrize(
    "module",
    [
        'import { a as b } from "./first.js";',
        'import whole from "./first.js";',
        'import "./first.js";',
        "export default 1;",
        "const a = 1;\nexport { a };",
        'import { a } from "./first.js";\nexport const a = 2;',
    ],
)
def test_what_is_written_in_another_way_is_refused(tmp_path: Path, module: str) -> None:
    entry = written(tmp_path, entry=module, first="export const a = 1;")
    with pytest.raises(ValueError, match=r"joined|same name"):
        join(entry)


@pytest.mark.parametrize("thread", THREADS)
def test_a_joined_thread_asks_for_nothing_and_holds_each_module_as_it_stands(client: Client, thread: str) -> None:
    answer: Any = client.get(f"/static/portal/joined/{thread}.js")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    script = answer.content.decode()
    assert "\nimport" not in script
    assert "\nexport" not in script
    alone: Any = client.get("/static/portal/luma.js")
    with closing(alone):
        luma = b"".join(alone.streaming_content).decode()
    assert re.sub(r"export function (\w+)", r"\1 = function \1", luma) in script
    unchanged = client.get(answer.wsgi_request.path, headers={"If-None-Match": answer.headers["ETag"]})
    assert unchanged.status_code == 304


def test_no_other_file_is_joined(client: Client) -> None:
    for name in ("picker", "../portal/worker", "mediabunny/index", "worker.js"):
        assert client.get(f"/static/portal/joined/{name}.js").status_code == 404
