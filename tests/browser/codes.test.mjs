/** A file that `notcontent hash --json` wrote: read whole or refused whole. */

import assert from "node:assert/strict";
import test from "node:test";

import { parseCodes, readCodes } from "../../src/notcontent/hub/portal/static/portal/codes.js";

const line = (extra, path = "/home/x/a b.mp4") => JSON.stringify({ path, ...extra });
const hash = (digit) => digit.repeat(64);
const frame = (tMs, digit, quality = 90) => line({ type: "pdq", hash: hash(digit), quality, kind: "frame", t_ms: tMs });
const end = (frames) => line({ type: "video", sha256: "", md5: "", frames, seen: 9, duration_ms: 80, full: false });
const picture = line({ type: "pdq", hash: hash("c"), quality: 77 }, "C:\\x\\p.png");
const broken = line({ error: "image_empty" }, "empty");

test("pictures and videos come in their order, files that could not be read are passed over", () => {
  const text = [broken, frame(0, "a"), frame(40, "b"), end(2), picture, ""].join("\n");
  assert.deepEqual(parseCodes(text), [
    {
      name: "a b.mp4",
      ready: { frames: [{ tMs: 0, hash: hash("a"), quality: 90 }, { tMs: 40, hash: hash("b"), quality: 90 }] },
    },
    { name: "p.png", ready: { hash: hash("c"), quality: 77 } },
  ]);
});

const wrong = {
  empty: "",
  "only errors": broken,
  "no JSON": "{",
  "a list": "[1]",
  "a video cut off": [frame(0, "a"), frame(40, "b")].join("\n"),
  "a frame missing": [frame(0, "a"), end(2)].join("\n"),
  "an end alone": end(0),
  "times backwards": [frame(40, "a"), frame(0, "b"), end(2)].join("\n"),
  "another file in the middle": [frame(0, "a"), picture, end(1)].join("\n"),
  "no time": [line({ type: "pdq", hash: hash("a"), quality: 9, kind: "frame" }), end(1)].join("\n"),
  "half a hash": line({ type: "pdq", hash: "ab", quality: 9 }),
  "capital digits": line({ type: "pdq", hash: hash("A"), quality: 9 }),
  "too good": line({ type: "pdq", hash: hash("a"), quality: 101 }),
  "half a point": line({ type: "pdq", hash: hash("a"), quality: 1.5 }),
  "another kind": line({ type: "pdq", hash: hash("a"), quality: 9, kind: "crop" }),
  "another type": line({ type: "md5", hash: hash("a"), quality: 9 }),
  "no path": JSON.stringify({ type: "pdq", hash: hash("a"), quality: 9 }),
};

for (const [name, text] of Object.entries(wrong)) {
  const whole = name === "empty" || name === "only errors" ? text : `${picture}\n${text}`;
  test(`refused: ${name}`, () => assert.throws(() => parseCodes(whole), { code: "codes_format" }));
}

test("another kind of file is no such file, one that is too large is refused", async () => {
  assert.equal(await readCodes(new Blob(["PK"])), null);
  assert.equal(await readCodes(new Blob([])), null);
  assert.equal((await readCodes(new Blob([picture])))?.length, 1);
  await assert.rejects(readCodes(new Blob([picture, " ".repeat(8_000_000)])), { code: "codes_format" });
});
