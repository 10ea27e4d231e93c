"""What `make check-slow` runs: the native modules under sanitizers and fuzzing, then the tests that are marked slow.

    python -m sanitizers.run [STAGE...]

Every check that a sanitizer makes is tried first on an engine that is broken on purpose (faults.py), so that a check
which reports nothing means something. SEED in the environment repeats a run's drawn numbers; it is printed.
"""

import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from sanitizers import builds, faults
from sanitizers.builds import BUILD, ROOT, Compilers, MissingError

SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1, 1 << 31))
RACE_ROUNDS = 40
FUZZ_SECONDS = 90
FUZZ_EFFORT = 10
VIDEO_SECONDS = 600
# AddressSanitizer ends the process where C++ would throw std::bad_alloc, so these are left to `make test`.
NOT_WITH_SANITIZERS = "not memory_that_runs_out"
FURTHER_BROWSERS = "tests/hub/portal/test_further_browsers.py"
PYTEST = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", f"--hypothesis-seed={SEED}"]


class CheckError(Exception):
    """A check failed; the message says which."""


def python_under(modules: Mapping[str, Path], gcc: str) -> dict[str, str]:
    """Give the environment in which Python, and every Python that it starts, uses these builds of the modules.

    Leaks are not looked for: the interpreter keeps much until its end. `race` looks for those of the engine.
    """
    runtimes = [
        subprocess.run([gcc, f"-print-file-name={name}"], capture_output=True, text=True, check=True).stdout.strip()
        for name in ("libasan.so", "libubsan.so", "libstdc++.so")  # the last one for what Python's own modules throw
    ]
    return {
        **os.environ,
        "NOTCONTENT_SANITIZED": json.dumps({name: str(path) for name, path in modules.items()}),
        "PYTHONPATH": str(Path(__file__).parent / "redirect"),
        "PYTHONMALLOC": "malloc",
        "LD_PRELOAD": " ".join(runtimes),
        "ASAN_OPTIONS": "detect_leaks=0:detect_stack_use_after_return=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }


def engine(found: Compilers) -> None:
    """Run the tests of matching and of PDQ's sums on modules with AddressSanitizer and UBSan."""
    broken = builds.build_modules(
        "broken-module",
        found.gcc,
        faults.broken_copy("module", faults.READ_BEYOND, faults.UNDEFINED_SHIFT, faults.ROW_TOO_MANY),
    )
    environment = python_under(broken, found.gcc)
    for call, report in [
        ("BruteIndex().add(np.zeros((9, 32), np.uint8))", "AddressSanitizer: heap-buffer-overflow"),
        ("MihIndex().search(np.zeros((9, 32), np.uint8))", "runtime error: shift exponent"),
        ("pdq(np.zeros((64, 64), np.uint8))", "AddressSanitizer: heap-buffer-overflow"),
    ]:
        imports = "from notcontent.matching import BruteIndex, MihIndex; from notcontent.signals import pdq"
        expect_report([sys.executable, "-c", f"import numpy as np; {imports}; {call}"], report, environment)

    modules = builds.build_modules("module", found.gcc)
    environment = python_under(modules, found.gcc)
    script = "import sys; from importlib import import_module as load; print(*(load(n).__file__ for n in sys.argv[1:]))"
    argv = [sys.executable, "-c", script, *modules]
    loaded = subprocess.run(argv, env=environment, capture_output=True, text=True, check=True)
    if loaded.stdout.split() != [str(path) for path in modules.values()]:
        raise CheckError("Python did not load the sanitized modules")
    chosen = ["-m", "not slow", "-k", NOT_WITH_SANITIZERS, "--timeout", "600"]
    signals = [
        f"tests/signals/test_{name}.py"
        for name in (
            "fit",
            "grain",
            "masks",
            "pdq",
            "png_rows",
            "quads",
            "raster",
            "sheet",
            "sides",
            "vectors",
            "webp_pixels",
        )
    ]
    run([*PYTEST, *chosen, "tests/matching", *signals], environment)
    environment["NOTCONTENT_FUZZ_EFFORT"] = str(FUZZ_EFFORT)
    run([*PYTEST, "--timeout", "900", "tests/fuzz"], environment)


def race(found: Compilers) -> None:
    """Search beside changes and merges in C++ threads, with ThreadSanitizer, then with AddressSanitizer and leaks."""
    for sanitizer, flags, fault, report in [
        ("thread", builds.THREAD, faults.RACE, "ThreadSanitizer: data race"),
        ("address", builds.ADDRESS, faults.LEAK, "LeakSanitizer: detected memory leaks"),
    ]:
        copy = faults.broken_copy(f"race-{sanitizer}", fault)
        broken = builds.build_program(f"broken-race-{sanitizer}", "race", found.gcc, flags, copy)
        expect_report([*placed(broken), "1", str(SEED)], report)
        program = builds.build_program(f"race-{sanitizer}", "race", found.gcc, flags)
        run([*placed(program), str(RACE_ROUNDS), str(SEED)])


def fuzz(found: Compilers) -> None:
    """Damage index files in memory with libFuzzer and search what the engine accepts."""
    copy = faults.broken_copy("fuzz", faults.UNCHECKED_BUCKETS)
    broken = builds.build_program("broken-fuzz", "fuzz_table", found.clang, builds.FUZZER, copy)
    expect_report(fuzzing(broken, SEED), "AddressSanitizer")
    program = builds.build_program("fuzz", "fuzz_table", found.clang, builds.FUZZER)
    runs = [subprocess.Popen(fuzzing(program, SEED + n), stderr=subprocess.PIPE, text=True) for n in (0, 1)]
    for process in runs:
        _, said = process.communicate()
        if process.returncode != 0:
            print(said)
            raise CheckError(f"fuzzing the engine found a fault; its input is named above (seed {SEED})")
        print(*re.findall(r"^#\d+\s+DONE.*|^Done .*", said, re.MULTILINE), sep="\n")


def fuzzing(program: Path, seed: int) -> list[str | Path]:
    """Give a call of the fuzzer over a fresh corpus of drawn inputs."""
    corpus = BUILD / f"corpus-{program.parent.name}-{seed}"
    corpus.mkdir(exist_ok=True)
    drawn = random.Random(seed)  # noqa: S311 - chance that can be repeated is the point
    for n in range(200):
        (corpus / f"drawn-{n}").write_bytes(drawn.randbytes(drawn.randrange(20, 300)))
    limits = [f"-max_total_time={FUZZ_SECONDS}", "-timeout=30", "-rss_limit_mb=3000", "-max_len=512"]
    return [program, f"-seed={seed}", *limits, "-len_control=0", f"-artifact_prefix={BUILD}/", corpus]


def pictures(_: Compilers) -> None:
    """Mutate pictures, and hand them to the decoders, for longer than `make test` does."""
    run([*PYTEST, "--timeout", "900", "tests/signals/test_fuzz.py"], {"NOTCONTENT_FUZZ_EFFORT": str(FUZZ_EFFORT)})


def videos(_: Compilers) -> None:
    """Mutate videos, and hash them, for ten minutes in a process that may die of it."""
    environment = {"NOTCONTENT_VIDEO_FUZZ_SECONDS": str(VIDEO_SECONDS), "SEED": str(SEED)}
    run([sys.executable, "-m", "pytest", "-q", "-s", "tests/signals/video/test_fuzz.py"], environment)


def browsers(_: Compilers) -> None:
    """Run the portal's page in Firefox and WebKit over the drawn pictures and videos."""
    run([sys.executable, "-m", "pytest", "-q", FURTHER_BROWSERS])


def slow(_: Compilers) -> None:
    """Run the other tests that are marked slow, one after the other."""
    chosen = ["-m", "slow", "--timeout", "900", "--ignore", FURTHER_BROWSERS]
    run([sys.executable, "-m", "pytest", "-q", *chosen, "--durations=10"])


def placed(program: Path) -> list[str | Path]:
    """Give the call of a program. On some kernels ThreadSanitizer can only lay out memory that is not randomised."""
    said = subprocess.run([program, "0", "1"], capture_output=True, text=True, check=False).stderr
    return ["setarch", "-R", program] if "unexpected memory mapping" in said else [program]


def run(argv: list[str | Path], environment: Mapping[str, str] | None = None) -> None:
    """Run a check in sight. Raises CheckError when it fails."""
    print("$", *argv, flush=True)
    if subprocess.run(argv, cwd=ROOT, env={**os.environ, **(environment or {})}, check=False).returncode != 0:
        raise CheckError("the check above")


def expect_report(argv: list[str | Path], report: str, environment: Mapping[str, str] | None = None) -> None:
    """Run a check on a broken engine. Raises CheckError unless it fails with this report."""
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0 or report not in done.stdout + done.stderr:
        print(done.stdout, done.stderr)
        raise CheckError(f"an engine broken on purpose was not reported as {report}")
    print(f"broken on purpose, and found: {report}", flush=True)


STAGES: dict[str, Callable[[Compilers], None]] = {
    each.__name__: each for each in (race, fuzz, engine, pictures, videos, browsers, slow)
}


def main(names: list[str]) -> int:
    """Run the stages named, or all of them; say how long each took, and end with 1 when one failed."""
    unknown = [name for name in names if name not in STAGES]
    if unknown:
        print(f"unknown: {' '.join(unknown)}; the stages are {' '.join(STAGES)}")
        return 2
    os.environ.pop("PYTHONPATH", None)  # what led here is not for the tests
    failed, took = [], {}
    try:
        found = builds.compilers()
    except MissingError as error:
        print(error)
        return 1
    builds.prepare_tools()
    for name in names or STAGES:
        stage = STAGES[name]
        print(f"\n== {name} (SEED={SEED}): {stage.__doc__}", flush=True)
        begun = time.monotonic()
        try:
            stage(found)
        except (CheckError, LookupError, subprocess.CalledProcessError) as error:
            print(f"FAILED: {error}", flush=True)
            failed.append(name)
        took[name] = time.monotonic() - begun
    print()
    for name, seconds in took.items():
        print(f"{name:10} {seconds / 60:5.1f} min  {'FAILED' if name in failed else 'passed'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
