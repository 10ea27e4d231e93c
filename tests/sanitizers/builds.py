"""Compile the native modules with sanitizers, under build/sanitized/; the locked build tools get their own folder."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "sanitized"
ENGINE = Path("src/notcontent/matching/engine")
TRANSFORM = Path("src/notcontent/signals/transform")
FIT = Path("src/notcontent/signals/estimates/fit")
NATIVE = Path("src/notcontent/native")  # what these share
MODULES = {
    "_engine": "notcontent.matching._engine",
    "_pdq": "notcontent.signals._pdq",
    "_fit": "notcontent.signals.estimates._fit",
}
TOOLS = BUILD / "tools" / "bin"
TRACES = "-g -fno-omit-frame-pointer"
ADDRESS = f"{TRACES} -fsanitize=address,undefined -fno-sanitize-recover=undefined"
THREAD = f"{TRACES} -fsanitize=thread"
FUZZER = f"{TRACES} -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined"


class MissingError(Exception):
    """Something that this machine must have is not there; the message says what."""


@dataclass(frozen=True, slots=True)
class Compilers:
    """What compiles the engine (gcc: what the wheels are built with) and what the fuzzer (clang alone has one)."""

    gcc: str
    clang: str


def compilers() -> Compilers:
    """Find both, and try that their sanitizers are there. Raises MissingError."""
    gcc = next((name for name in ("g++", "g++-14", "g++-13", "g++-12") if _links(name, "address,undefined")), None)
    if gcc is None or not _links(gcc, "thread"):
        raise MissingError("g++ with AddressSanitizer and ThreadSanitizer is needed (Debian: g++).")
    names = ["clang++", *(f"clang++-{version}" for version in range(24, 13, -1))]
    clang = next((name for name in names if _links(name, "fuzzer,address,undefined")), None)
    if clang is None:
        raise MissingError("clang++ with libFuzzer is needed (Debian: clang and libclang-rt-dev).")
    return Compilers(gcc, clang)


def _links(compiler: str, sanitizers: str) -> bool:
    """Say whether a program of one function can be compiled and linked with these sanitizers."""
    if shutil.which(compiler) is None:
        return False
    function = 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }'
    if "fuzzer" not in sanitizers:
        function = "int main() { return 0; }"
    argv = [compiler, "-x", "c++", "-", f"-fsanitize={sanitizers}", "-o", os.devnull]
    return subprocess.run(argv, input=function, text=True, capture_output=True, check=False).returncode == 0


def prepare_tools() -> None:
    """Install cmake, ninja and nanobind, as locked, where only these builds see them."""
    uv = Path(sys.executable).parent / "uv"
    if not (TOOLS / "python").exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, BUILD / "tools"], check=True)
    lock = ROOT / "build-requirements.lock"
    python = TOOLS / "python"
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", lock], check=True)


def build_modules(name: str, gcc: str, sources: Path = ROOT) -> dict[str, Path]:
    """Compile the Python modules in `sources`, with AddressSanitizer and UBSan. Gives their paths by full name."""
    found = subprocess.run(
        [TOOLS / "python", "-m", "nanobind", "--cmake_dir"], capture_output=True, text=True, check=True
    )
    options = {
        "Python_EXECUTABLE": sys.executable,
        "nanobind_DIR": found.stdout.strip(),
        "CMAKE_BUILD_TYPE": "Debug",  # assertions of the C++ library and of nanobind
        "CMAKE_CXX_COMPILER": gcc,
        "CMAKE_CXX_FLAGS": f"{ADDRESS} -D_GLIBCXX_ASSERTIONS",
    }
    _compile(sources, BUILD / name, options, *MODULES)
    return {full: next((BUILD / name).glob(f"{target}*.so")) for target, full in MODULES.items()}


def build_program(name: str, target: str, compiler: str, flags: str, sources: Path = ROOT) -> Path:
    """Compile one program of CMakeLists.txt beside the engine in `sources`. Gives its path."""
    options = {
        "ENGINE": str(sources / ENGINE),
        "CMAKE_CXX_COMPILER": compiler,
        "CMAKE_CXX_FLAGS": f"-O1 {flags} -D_GLIBCXX_ASSERTIONS",
    }
    _compile(Path(__file__).parent, BUILD / name, options, target)
    return BUILD / name / target


def _compile(sources: Path, folder: Path, options: dict[str, str], *targets: str) -> None:
    """Configure and build; silent unless it fails."""
    given = [f"-D{name}={value}" for name, value in options.items()]
    ninja = f"-DCMAKE_MAKE_PROGRAM={TOOLS / 'ninja'}"
    commands: tuple[list[str | Path], ...] = (
        [TOOLS / "cmake", "--fresh", "-S", sources, "-B", folder, "-G", "Ninja", ninja, *given],
        [TOOLS / "ninja", "-C", folder, "-j", "2", *targets],
    )
    for argv in commands:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            print(done.stdout)
            raise subprocess.CalledProcessError(done.returncode, argv)


if __name__ == "__main__":  # for the Makefile: what is missing?
    try:
        compilers()
    except MissingError as error:
        sys.exit(str(error))
