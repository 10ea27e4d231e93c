/** The browser's hasher against the vectors that Python reads too: equal input, equal bits. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";

import { lumaOf, lumaOfPlanes } from "../../src/notcontent/hub/portal/static/portal/luma.js";
import { PdqHasher, pdq, toHex } from "../../src/notcontent/hub/portal/static/portal/pdq.js";
import { draw } from "./drawing.mjs";

const read = (name) => JSON.parse(readFileSync(new URL(`../../spec/vectors/${name}`, import.meta.url), "utf8"));
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

for (const vector of read("pdq.json").vectors) {
  test(`PDQ of ${vector.name}`, () => {
    const luma = draw(vector);
    assert.equal(sha256(luma), vector.luma_sha256, "the drawing itself differs");
    const { value, quality } = pdq(luma, vector.width, vector.height);
    assert.equal(toHex(value), vector.pdq);
    assert.equal(quality, vector.quality);
  });
}

test("strips of any height give the hash of the whole", () => {
  const vector = read("pdq.json").vectors.find(({ width }) => width === 333);
  const luma = draw(vector);
  for (const strip of [1, 7, 64, 100, vector.height]) {
    const hasher = new PdqHasher(vector.width, vector.height);
    for (let top = 0; top < vector.height; top += strip) {
      const rows = Math.min(strip, vector.height - top);
      hasher.addRows(luma.subarray(top * vector.width, (top + rows) * vector.width), rows);
    }
    assert.equal(toHex(hasher.finish().value), vector.pdq, `strips of ${strip}`);
  }
});

test("luma of single pixels, with and without alpha", () => {
  for (const [r, g, b, a, luma] of read("luma.json").pixels) {
    assert.equal(lumaOf(Uint8Array.of(r, g, b, a))[0], luma, `${r} ${g} ${b} ${a}`);
    assert.equal(lumaOf(Uint8Array.of(b, g, r, a), undefined, { blueFirst: true })[0], luma);
    if (a === 255) assert.equal(lumaOf(Uint8Array.of(r, g, b, 7), undefined, { opaque: true })[0], luma);
  }
});

test("planes of video range become colours, cut off, before they are weighed", () => {
  const y = { offset: 0, stride: 3 };
  const [u, v] = [{ offset: 6, stride: 2 }, { offset: 8, stride: 2 }];
  const luma = (ys, us, vs) => [...lumaOfPlanes(Uint8Array.of(...ys, ...us, ...vs), [y, u, v], 3, 2)];
  assert.deepEqual(luma([16, 235, 126, 16, 240, 10], [128, 128], [128, 128]), [0, 255, 128, 0, 255, 0]);
  // Pure red is 81, 90, 240. With more light it stays at most red, and green and blue begin.
  const red = lumaOf(Uint8Array.of(254, 0, 0, 255))[0];
  const [dark, , light] = luma([81, 81, 81, 81, 81, 81], [90, 90], [240, 240]);
  assert.ok(Math.abs(dark - red) <= 1 && dark === light);
  const black = luma([16, 16, 16, 16, 16, 16], [90, 90], [240, 240]);
  assert.ok(black[0] > 40, "what is no colour is cut off on one side: the plane alone would say 0");
});

test("luma of whole colour cubes", () => {
  for (const { a, luma_sha256 } of read("luma.json").cubes) {
    const rgba = [];
    for (let r = 0; r < 256; r += 17) {
      for (let g = 0; g < 256; g += 17) for (let b = 0; b < 256; b += 17) rgba.push(r, g, b, a);
    }
    assert.equal(sha256(lumaOf(Uint8Array.from(rgba))), luma_sha256, `alpha ${a}`);
  }
});

test("a side below 5 pixels gives the zero hash at quality 0", () => {
  const { value, quality } = pdq(new Uint8Array(4 * 100).fill(7), 4, 100);
  assert.equal(toHex(value), "0".repeat(64));
  assert.equal(quality, 0);
});

test("rows that do not fit the picture are refused", () => {
  assert.throws(() => new PdqHasher(0, 5), RangeError);
  assert.throws(() => new PdqHasher(10, 2.5), RangeError);
  const hasher = new PdqHasher(10, 10);
  assert.throws(() => hasher.addRows(new Uint8Array(10), 2), RangeError);
  assert.throws(() => hasher.addRows(new Uint8Array(200), 11), RangeError);
  assert.throws(() => hasher.finish(), RangeError);
  assert.throws(() => lumaOf(new Uint8Array(8), new Uint8Array(1)), RangeError);
});

test("a picture that is hashed as it lies, with its turn, gives the hash of its turned pixels", () => {
  for (const vector of read("pdq.json").vectors) {
    const { width, height } = vector;
    const luma = draw(vector);
    for (const turn of [90, 180, 270]) {
      const turned = new Uint8Array(luma.length);
      const [wide, tall] = turn === 180 ? [width, height] : [height, width];
      for (let y = 0; y < tall; y++) {
        for (let x = 0; x < wide; x++) {
          const [row, column] = turn === 90 ? [height - 1 - x, y] : turn === 180 ? [height - 1 - y, width - 1 - x] : [x, width - 1 - y];
          turned[y * wide + x] = luma[row * width + column];
        }
      }
      const hasher = new PdqHasher(width, height, turn);
      for (const again of [false, true]) {
        if (again) hasher.reset();
        hasher.addRows(luma, height);
        const { value, quality } = hasher.finish();
        const expected = pdq(turned, wide, tall);
        if (vector.quality >= 50) assert.equal(toHex(value), toHex(expected.value), `${vector.name} by ${turn}`);
        assert.equal(quality, expected.quality, `${vector.name} by ${turn}`);
      }
    }
  }
});
