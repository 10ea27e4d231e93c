/** The test vectors' recipes, drawn as spec/vectors/README.md says: whole numbers only. */

const mod = (value, m) => ((value % m) + m) % m;

const SHARES = {
  ramp: (layer, x, y) => x * layer.x + y * layer.y,
  wave: (layer, x, y) => {
    const t = mod(x * layer.x + y * layer.y + layer.phase, 65536);
    const s = t % 32768;
    const q = Math.floor((s * (32768 - s)) / 16384);
    return Math.floor((layer.amplitude * (t >= 32768 ? -q : q)) / 64);
  },
  disc: (layer, x, y) =>
    (x - layer.x) ** 2 + (y - layer.y) ** 2 <= layer.radius ** 2 ? layer.amplitude * 256 : 0,
  noise: (layer, x, y) => {
    let h = (Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca6b) ^ layer.seed) >>> 0;
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) >>> 0;
    h = Math.imul(h ^ (h >>> 12), 0x297a2d39) >>> 0;
    h = (h ^ (h >>> 15)) >>> 0;
    return layer.amplitude * 2 * ((h >>> 24) - 128);
  },
};

/** Draw a recipe: width * height luma bytes, row by row. */
export function draw({ width, height, base, layers }) {
  const luma = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (const layer of layers) sum += SHARES[layer.kind](layer, x, y);
      luma[y * width + x] = Math.min(255, Math.max(0, base + Math.floor(sum / 256)));
    }
  }
  return luma;
}
