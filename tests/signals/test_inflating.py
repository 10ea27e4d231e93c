"""PNG inflated by isal: the same picture or refusal as by Python's zlib, which serves where isal is missing."""

import gzip
import random
import struct
import subprocess
import sys
import zlib
from functools import cache

import numpy as np
import pytest
from picture_files import PNG_SIGNATURE, chunk, drawn, exif, outcome, saved
from PIL import Image

from notcontent.signals import hash_image, png_rows

isal_zlib = pytest.importorskip("isal.isal_zlib")

MUTANTS = 3000


def by_zlib(data: bytes) -> bytes | str:
    """Let Python's zlib inflate, as where there is no isal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(png_rows, "isal_zlib", None)
        return outcome(data)


def by_isal_alone(data: bytes) -> bytes | str:
    """Let isal inflate, and nothing look again at what it refuses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(png_rows, "zlib", None)
        return outcome(data)


def grey(width: int, height: int, deflated: bytes, cut: int = 1 << 30) -> bytes:
    """Write a PNG of grey pixels around deflated rows."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pieces = [chunk(b"IDAT", deflated[i : i + cut]) for i in range(0, len(deflated), cut)]
    return PNG_SIGNATURE + b"".join([header, *pieces, chunk(b"IEND")])


ROWS = b"".join(
    bytes([row % 5]) + bytes((7 * row + column * column) & 255 for column in range(20)) for row in range(12)
)
"""Twelve rows of twenty grey pixels, of every filter."""


def deflate(rows: bytes, level: int = 6, strategy: int = zlib.Z_DEFAULT_STRATEGY, memory: int = 8) -> bytes:
    squeeze = zlib.compressobj(level, zlib.DEFLATED, 15, memory, strategy)
    return squeeze.compress(rows) + squeeze.flush()


@cache
def kinds() -> list[bytes]:
    """Give PNGs of each kind of pixel, size, turn, and way to deflate."""
    image, noise = drawn(1, 90, 61), np.random.Generator(np.random.PCG64(3)).integers(0, 256, (61, 90, 4), np.uint8)
    images = [image.convert(mode) for mode in ("L", "LA", "RGB", "RGBA")]
    images += [Image.fromarray(noise), Image.fromarray(noise[:, :, :3]), Image.new("RGB", (90, 61), "white")]
    files = [saved(one, "PNG", compress_level=level) for one in images for level in (0, 1, 6, 9)]
    files += [saved(image, "PNG", exif=exif(orientation)) for orientation in range(1, 9)]
    files += [saved(drawn(2, *size), "PNG") for size in ((1, 1), (1, 300), (300, 1), (5, 5), (1200, 800))]
    strategies = (zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED)
    files += [grey(20, 12, deflate(ROWS, 6, strategy, memory)) for strategy in strategies for memory in (1, 9)]
    files += [grey(20, 12, deflate(ROWS), cut) for cut in (1, 2, 7)]
    return files


def test_every_kind_is_inflated_by_isal_to_the_same_picture() -> None:
    found = [by_isal_alone(data) for data in kinds()]
    assert found == [by_zlib(data) for data in kinds()]
    assert all(isinstance(one, bytes) for one in found)


def mutant(chance: random.Random) -> bytes:
    """Damage the deflated rows of a PNG, mostly near their beginning, where codes are described, or at their end."""
    width, height, samples, rows = chance.choice(damaged())
    deflated = bytearray(rows)
    for _ in range(chance.choice((1, 1, 2, 4))):
        reach = min(len(deflated), chance.choice((3, 20, 100, 1 << 30)))
        at = chance.randrange(reach) if chance.random() < 0.8 else len(deflated) - 1 - chance.randrange(reach)
        match chance.randrange(5):
            case 0:
                deflated[at] = chance.randrange(256)
            case 1:
                deflated[at] ^= 1 << chance.randrange(8)
            case 2:
                del deflated[at : at + chance.randrange(1, 9)]
            case 3:
                deflated[at:at] = chance.randbytes(chance.randrange(1, 9))
            case _:
                del deflated[at:]
        if not deflated:
            break
    header = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2, 4: 6}[samples], 0, 0, 0)
    return PNG_SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", bytes(deflated)) + chunk(b"IEND")


@cache
def damaged() -> list[tuple[int, int, int, bytes]]:
    """Give rows to damage: width, height, samples, and deflated in several ways."""
    chance = random.Random(4)  # noqa: S311 - chance that can be repeated
    found = []
    for width, height, samples in ((20, 12, 1), (60, 40, 3), (60, 40, 4), (300, 200, 3)):
        smooth = drawn(3, width, height).convert({1: "L", 3: "RGB", 4: "RGBA"}[samples])
        plain = np.asarray(smooth).reshape(height, -1)
        rows = b"".join(b"\0" + row.tobytes() for row in plain)
        noise = b"".join(b"\0" + chance.randbytes(width * samples) for _ in range(height))
        ways = [
            deflate(rows, 0),
            deflate(rows),
            deflate(rows, 9, zlib.Z_FIXED),
            deflate(rows, 6, zlib.Z_RLE, 1),
            deflate(noise),
        ]
        found += [(width, height, samples, way) for way in ways]
    return found


def test_damaged_rows_end_as_they_do_by_zlib() -> None:
    chance = random.Random(20261130)  # noqa: S311 - chance that can be repeated
    codes: dict[str, int] = {}
    for _ in range(MUTANTS):
        data = mutant(chance)
        found, expected = outcome(data), by_zlib(data)
        assert found == expected
        code = expected if isinstance(expected, str) else "read"
        codes[code] = codes.get(code, 0) + 1
    assert set(codes) == {"read", "image_truncated", "image_unreadable"}
    assert min(codes.values()) > MUTANTS // 50


def header(first: int, dictionary: int = 0) -> bytes:
    """Give a stream's two bytes: method and window, then a check, and whether a dictionary is needed."""
    second = dictionary << 5
    return bytes([first, second + (31 - (first * 256 + second) % 31) % 31])


def coded(*codes: str) -> bytes:
    """Pack bits, each code's first one first, into a stream without its checksum."""
    bits = "".join(codes)
    bits += "0" * (-len(bits) % 8)
    return header(0x78) + bytes(int(bits[i : i + 8][::-1], 2) for i in range(0, len(bits), 8))


FAR = coded("110", "00110000", "0000001", "00001", "0000000") + bytes(4)
"""A byte, then three from before the beginning."""
WORDS = zlib.compressobj(zdict=ROWS)


def hostile() -> dict[str, tuple[bytes, str]]:
    """Give streams, and the code that each ends in."""
    good, stored = deflate(ROWS), deflate(ROWS, 0)
    body = good[2:]
    return {
        "a wrong checksum": (good[:-1] + bytes([good[-1] ^ 1]), "image_unreadable"),
        "no window is so large": (header(0x88) + body, "image_unreadable"),
        "nor so large": (header(0xF8) + body, "image_unreadable"),
        "another method": (header(0x79) + body, "image_unreadable"),
        "a wrong check of the header": (b"\x78\x9d" + body, "image_unreadable"),
        "a dictionary is named": (header(0x78, 1) + bytes(4) + body, "image_unreadable"),
        "a dictionary is needed": (WORDS.copy().compress(ROWS) + WORDS.copy().flush(), "image_unreadable"),
        "gzip": (gzip.compress(ROWS), "image_unreadable"),
        "no header": (body, "image_unreadable"),
        "a block of no type": (header(0x78) + b"\x07" + bytes(300), "image_unreadable"),
        "a stored block whose length is not repeated": (stored[:3] + b"\0\0" + stored[5:], "image_unreadable"),
        "a stored block's length, cut off": (stored[:5], "image_truncated"),
        "from before the beginning": (FAR, "image_unreadable"),
        "half of the header": (good[:1], "image_truncated"),
        "no rows": (deflate(b""), "image_truncated"),
        "a row too few": (deflate(ROWS[:-21]), "image_truncated"),
        "a byte too few": (deflate(ROWS[:-1]), "image_truncated"),
        "no such filter": (deflate(ROWS[:-21] + b"\5" + ROWS[-20:]), "image_unreadable"),
    }


@pytest.mark.parametrize("name", hostile())
def test_what_zlib_refuses_is_refused_with_the_same_error(name: str) -> None:
    stream, code = hostile()[name]
    data = grey(20, 12, stream)
    assert (outcome(data), by_zlib(data)) == (code, code)


def test_what_comes_behind_the_rows_is_taken_as_by_zlib() -> None:
    good = deflate(ROWS)
    taken = [
        good[:-4],
        good[:-1],
        good + b"words",
        good + good,
        deflate(ROWS + bytes(100_000)),
        header(0x08) + good[2:],
    ]
    for stream in taken:
        assert outcome(grey(20, 12, stream)) == by_zlib(grey(20, 12, stream)) == outcome(grey(20, 12, good))


def test_a_stream_cut_off_anywhere_ends_as_by_zlib() -> None:
    streams = [deflate(ROWS), deflate(ROWS, 0), deflate(ROWS, 6, zlib.Z_FIXED), deflate(bytes(12 * 21))]
    for stream in streams:
        for end in range(len(stream)):
            data = grey(20, 12, stream[:end])
            assert outcome(data) == by_zlib(data)


def test_what_isal_does_not_read_zlib_reads_anew() -> None:
    """Two streams that were cut off, by whose likes isal and zlib were seen to differ."""
    ends_in_a_last_row = (
        "78012cc18101c03008c0a0f0ffd3d33a2844841e0d94a2b21aa2a441a5a59fa4a3231d49b49c525192501a2234284f"
    )
    ends_in_a_block = "780105c101010000008220ecffe9"
    inflating = isal_zlib.decompressobj()
    assert len(inflating.decompress(bytes.fromhex(ends_in_a_last_row), 1000)) == 12 * 15 - 1  # zlib gives all of them
    assert isinstance(outcome(grey(14, 12, bytes.fromhex(ends_in_a_last_row))), bytes)
    with pytest.raises(isal_zlib.error, match="Invalid"):  # what is there of the block is as it should be, says zlib
        isal_zlib.decompressobj().decompress(bytes.fromhex(ends_in_a_block), 1000)
    assert outcome(grey(6, 3, bytes.fromhex(ends_in_a_block))) == "image_truncated"


def test_a_checksum_counts_also_where_the_rows_fill_a_band_to_its_last_byte() -> None:
    rows = bytes(512 * 1024)
    assert len(rows) == png_rows._BAND
    good = deflate(rows)
    bad = good[:-1] + bytes([good[-1] ^ 1])
    assert isinstance(outcome(grey(511, 1024, good)), bytes)
    assert outcome(grey(511, 1024, bad)) == by_zlib(grey(511, 1024, bad)) == "image_unreadable"


def test_bands_are_bounded_by_either() -> None:
    noise = np.random.Generator(np.random.PCG64(1)).bytes(300_000)
    raw = bytes(5_000_000) + noise
    deflated = deflate(raw, 9)
    for inflating in (zlib.decompressobj(), isal_zlib.decompressobj()):
        bands = list(png_rows._bands(deflated, inflating))
        assert b"".join(bands) == raw
        assert max(map(len, bands)) <= png_rows._BAND


def test_codes_that_lack_some_are_read_by_isal_alone() -> None:
    """The one thing that isal takes and zlib does not: a set of codes in which some bits mean nothing.

    No encoder writes it. What is said by the other codes is not in doubt, and the checksum holds it.
    """
    order = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1)
    of_lengths = [{2: "100", 1: "010", 18: "010"}.get(symbol, "000") for symbol in order]
    zeros = ("11", "1111111", "11", "1001011")  # 138 and 116
    lengths = ("10", "0", *zeros, "0", "0", "0")  # of bytes 0 and 1, of the end, and of two distances: of four codes
    rows = bytes([0, 0, 1, 0, 1]) * 2
    said = ["0" if byte == 0 else "10" for byte in rows]
    stream = coded("101", "00000", "10000", "0111", *of_lengths, *lengths, *said, "11") + zlib.adler32(rows).to_bytes(4)
    data = grey(4, 2, stream)
    assert by_zlib(data) == "image_unreadable"
    assert outcome(data) == outcome(grey(4, 2, deflate(rows)))
    wrong = data.replace(stream[-4:], bytes(4))
    assert outcome(wrong) == "image_unreadable"


def test_without_isal_zlib_serves() -> None:
    script = (
        "import sys; sys.modules['isal'] = None\n"
        "from notcontent.signals import hash_image, png_rows\n"
        "assert png_rows.isal_zlib is None\n"
        "print(hash_image(sys.stdin.buffer.read()).hex)"
    )
    data = saved(drawn(1, 300, 200), "PNG")
    done = subprocess.run([sys.executable, "-c", script], input=data, capture_output=True, check=True)
    assert done.stdout.decode().strip() == hash_image(data).hex
