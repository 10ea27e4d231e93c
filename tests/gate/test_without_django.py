"""A gate runs where only `.[gate]` is installed: nothing it imports or starts needs Django or any other extra."""

import os
import subprocess
import sys
from pathlib import Path

FORBIDDEN = (
    "django",
    "allauth",
    "gunicorn",
    "argon2",
    "psycopg",
    "whitenoise",
    "mnemonic",
    "playwright",
    "skimage",
    "scipy",
)

# Given to every Python process by PYTHONPATH, so that the gate's children have it too.
_BLOCK = f"""
import sys
class _Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {FORBIDDEN!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, _Missing())
"""


def blocked(folder: Path) -> dict[str, str]:
    (folder / "sitecustomize.py").write_text(_BLOCK)
    return {**os.environ, "PYTHONPATH": str(folder)}


def test_the_block_works(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import django"], env=blocked(tmp_path), capture_output=True, check=False
    )
    assert b"ModuleNotFoundError" in done.stderr


def test_every_module_of_the_gate_imports_without_django(tmp_path: Path) -> None:
    code = (
        "import pkgutil, importlib, sys, notcontent.gate as g\n"
        "names = [m.name for m in pkgutil.iter_modules(g.__path__)]\n"
        "assert len(names) > 15\n"
        "[importlib.import_module(f'notcontent.gate.{n}') for n in names]\n"
        "import notcontent.cli.gate\n"
        "assert not any(m.partition('.')[0] in ('django', 'pytest') for m in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], env=blocked(tmp_path), check=True)


def test_the_verbs_run_without_django(tmp_path: Path) -> None:
    for words in (["--help"], ["gate", "--help"], ["gate", "new-key", "--name", "x", "--role", "staff", "--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "notcontent", *words], env=blocked(tmp_path), capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
