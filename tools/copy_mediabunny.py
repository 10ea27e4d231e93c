"""Put mediabunny, the portal's reader of video files, beside the portal's own modules, as its authors published it.

python tools/copy_mediabunny.py node_modules/mediabunny src/notcontent/hub/portal/static/portal/mediabunny

`npm ci` has checked the package against the digest in package-lock.json. Copied are the modules that reading needs, as
they stand, neither bundled nor minified, and the licence (MPL-2.0). One is replaced: `node.js`, which opens files under
Node.js and cannot be loaded by a browser. Written beside them are `index.js`, which names what the portal uses, and its
types for tsc.
"""

import os
import re
import shutil
import sys
from pathlib import Path

USED = {
    "input.js": ("Input",),
    "input-format.js": ("MATROSKA", "MP4", "QTFF", "WEBM"),
    "media-sink.js": ("EncodedPacketSink",),
    "source.js": ("BlobSource",),
}
_MODULES = Path("dist/modules")
_IMPORT = re.compile(r"""^(?:import|export)\b[^;]*?\bfrom\s*['"](\.[^'"]+)['"]""", re.MULTILINE)
_EMPTY = "// Not for browsers: mediabunny's own module opens files under Node.js.\nexport const fs = undefined;\n"


def needed(root: Path) -> list[Path]:
    """Give every module that those in use lead to, relative to the root."""
    found: set[Path] = set()
    waiting = [Path("src") / name for name in USED]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        if module.name != "node.js":
            text = (root / module).read_text(encoding="utf-8")
            waiting += [Path(os.path.normpath(module.parent / name)) for name in _IMPORT.findall(text)]
    return sorted(found)


def copy(package: Path, target: Path) -> None:
    """Fill the target folder anew."""
    shutil.rmtree(target, ignore_errors=True)
    for module in needed(package / _MODULES):
        (target / module).parent.mkdir(parents=True, exist_ok=True)
        if module.name == "node.js":
            (target / module).write_text(_EMPTY, encoding="utf-8")
        else:
            shutil.copyfile(package / _MODULES / module, target / module)
    shutil.copyfile(package / "LICENSE", target / "LICENSE")
    lines = [f'export {{ {", ".join(names)} }} from "./src/{module}";\n' for module, names in USED.items()]
    (target / "index.js").write_text("".join(lines), encoding="utf-8")
    names = ", ".join(sorted(name for some in USED.values() for name in some))
    (target / "index.d.ts").write_text(f'export {{ {names} }} from "mediabunny";\n', encoding="utf-8")


if __name__ == "__main__":
    copy(Path(sys.argv[1]), Path(sys.argv[2]))
