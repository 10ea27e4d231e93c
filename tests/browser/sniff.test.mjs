/** What a file is, told from its first bytes whatever its name says. */

import assert from "node:assert/strict";
import test from "node:test";

import { sniff } from "../../src/notcontent/hub/portal/static/portal/sniff.js";

const ascii = (text) => Array.from(text, (c) => c.charCodeAt(0));
const at = (bytes) => Uint8Array.from(bytes);
const u32 = (n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const nothing = { width: 0, height: 0 };

test("no bytes are told from strange bytes", () => {
  assert.deepEqual(sniff(at([])), { kind: "empty", ...nothing });
  assert.deepEqual(sniff(at(ascii("hello, world"))), { kind: "other", ...nothing });
  assert.deepEqual(sniff(at([0xff])), { kind: "other", ...nothing });
});

test("a PNG's size is read before its pixels", () => {
  const head = [0x89, ...ascii("PNG\r\n"), 0x1a, 0x0a, ...u32(13), ...ascii("IHDR"), ...u32(30000), ...u32(20000)];
  assert.deepEqual(sniff(at(head)), { kind: "picture", width: 30000, height: 20000, direct: "image/png" });
  assert.deepEqual(sniff(at(head.slice(0, 20))), { kind: "picture", ...nothing, direct: "image/png" });
});

test("a JPEG's size is found behind other segments, and a cut-off one does no harm", () => {
  const exif = [0xff, 0xe1, 0x00, 0x08, ...ascii("Exif\0\0")];
  const frame = [0xff, 0xc2, 0x00, 0x11, 8, 0x0b, 0xb8, 0x0f, 0xa0, 3];
  const found = { kind: "picture", width: 4000, height: 3000 };
  assert.deepEqual(sniff(at([0xff, 0xd8, ...exif, 0xff, ...frame])), { ...found, direct: "image/jpeg" });
  const grey = [...frame.slice(0, 9), 1];
  assert.deepEqual(sniff(at([0xff, 0xd8, ...exif, ...grey])), found);
  assert.deepEqual(sniff(at([0xff, 0xd8, ...exif])), { kind: "picture", ...nothing });
});

test("WebP in its three forms", () => {
  const riff = (chunk) => [...ascii("RIFF"), 0, 0, 0, 0, ...ascii("WEBP"), ...chunk];
  const extended = riff([...ascii("VP8X"), 10, 0, 0, 0, 0, 0, 0, 0, 0x9f, 0x0f, 0, 0xb7, 0x0b, 0]);
  const lossy = riff([...ascii("VP8 "), 0, 0, 0, 0, 0, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00]);
  const packed = (319 | (239 << 14)) >>> 0;
  const little = [packed & 255, (packed >>> 8) & 255, (packed >>> 16) & 255, packed >>> 24];
  const lossless = riff([...ascii("VP8L"), 0, 0, 0, 0, 0x2f, ...little, 0, 0, 0, 0, 0]);
  assert.deepEqual(sniff(at(extended)), { kind: "picture", width: 4000, height: 3000, direct: "image/webp" });
  assert.deepEqual(sniff(at(lossy)), { kind: "picture", width: 320, height: 240, direct: "image/webp" });
  assert.deepEqual(sniff(at(lossless)), { kind: "picture", width: 320, height: 240, direct: "image/webp" });
});

test("GIF, and what only looks like a picture container", () => {
  assert.deepEqual(sniff(at([...ascii("GIF89a"), 0x40, 1, 0xf0, 0])), { kind: "picture", width: 320, height: 240 });
  assert.equal(sniff(at([...ascii("RIFF"), 0, 0, 0, 0, ...ascii("WAVE")])).kind, "other");
});

test("videos and HEIC photos are known for what they are", () => {
  const iso = (brand) => at([0, 0, 0, 24, ...ascii("ftyp"), ...ascii(brand)]);
  for (const brand of ["isom", "mp42", "qt  ", "3gp5", "M4V "]) assert.equal(sniff(iso(brand)).kind, "video", brand);
  for (const brand of ["heic", "heix", "mif1"]) assert.equal(sniff(iso(brand)).kind, "heic", brand);
  assert.equal(sniff(at([0x1a, 0x45, 0xdf, 0xa3, 0])).kind, "video");
  assert.equal(sniff(at([...ascii("RIFF"), 0, 0, 0, 0, ...ascii("AVI ")])).kind, "video");
});

test("an AVIF's size is read before its pixels, the largest of those that it names", () => {
  const box = (name, ...body) => [...u32(8 + body.length), ...ascii(name), ...body];
  const size = (width, height) => box("ispe", 0, 0, 0, 0, ...u32(width), ...u32(height));
  const described = (...sizes) => box("meta", 0, 0, 0, 0, ...box("hdlr", 0), ...box("iprp", ...box("ipco", ...sizes.flat())));
  const avif = box("ftyp", ...ascii("avif"), 0, 0, 0, 0, ...ascii("mif1"));
  const generic = box("ftyp", ...ascii("mif1"), 0, 0, 0, 0, ...ascii("miaf"), ...ascii("avif"));
  for (const head of [avif, generic]) {
    const file = at([...head, ...described(size(512, 512), size(4000, 3000), size(160, 120))]);
    assert.deepEqual(sniff(file), { kind: "picture", width: 4000, height: 3000 });
    for (let end = 12; end < file.length; end++) assert.ok(["picture", "heic"].includes(sniff(file.subarray(0, end)).kind));
  }
  for (const turn of [box("irot", 1), box("imir", 0)]) {
    const found = { kind: "picture", width: 512, height: 512, turned: true };
    assert.deepEqual(sniff(at([...avif, ...described(size(512, 512), turn)])), found);
  }
  assert.deepEqual(sniff(at(avif)), { kind: "picture", ...nothing });
  assert.deepEqual(sniff(at([...avif, 0, 0, 0, 1, ...ascii("meta"), 0, 0])), { kind: "picture", ...nothing });
  assert.equal(sniff(at([...box("ftyp", ...ascii("mif1"), 0, 0, 0, 0, ...ascii("heic"))])).kind, "heic");
});
