"""Break a copy of the native modules on purpose: a check that cannot fail checks nothing."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from sanitizers.builds import BUILD, ENGINE, FIT, NATIVE, ROOT, TRANSFORM


@dataclass(frozen=True, slots=True)
class Fault:
    """One text of one of the sources, and what stands there in the broken copy."""

    file: str
    sound: str
    broken: str
    folder: Path = ENGINE


READ_BEYOND = Fault(
    "id_table.hpp",
    "std::size_t slot = home(id);",
    "std::size_t slot = home(id) + (slots_.data() + slots_.size())->row % 2;",  # past the library's own assertions
)
UNDEFINED_SHIFT = Fault("permute.hpp", "bits >> (16 - turn)", "bits >> (64 - turn)")
RACE = Fault(
    "living.cpp",
    "const std::lock_guard<std::mutex> guard(publish_lock_);\n  return current_;",
    "return current_;",
)
LEAK = Fault("living.cpp", "current_.swap(next);", "current_.swap(next);\n  new std::shared_ptr<const State>(next);")
UNCHECKED_BUCKETS = Fault("mih_table.cpp", "if (!ascending) throw", "if (!ascending && count_ == 0) throw")
ROW_TOO_MANY = Fault(
    "kernels.cpp",
    "samples.stride, rows.weights(tap), tap.count, width,",
    "samples.stride, rows.weights(tap), tap.count + (rows.highest() == rows.samples() ? 1 : 0), width,",
    TRANSFORM,
)


def broken_copy(name: str, *faults: Fault) -> Path:
    """Copy what is compiled, with these faults. Raises LookupError when a fault's text is no longer there."""
    copy = BUILD / "broken" / name
    for folder in (ENGINE, TRANSFORM, FIT, NATIVE):
        shutil.copytree(ROOT / folder, copy / folder, dirs_exist_ok=True)
    shutil.copy2(ROOT / "CMakeLists.txt", copy)
    for fault in faults:
        path = copy / fault.folder / fault.file
        text = path.read_text()
        if text.count(fault.sound) != 1:
            raise LookupError(f"{fault.file} has changed: say anew in {Path(__file__).name} how to break it.")
        path.write_text(text.replace(fault.sound, fault.broken))
    return copy
