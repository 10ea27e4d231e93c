// What the search for views measures on a small copy of a picture (views/): plain loops, where NumPy would go over the
// same few samples again and again.
//
// Sums are of doubles, in one order on every processor.
#pragma once

#include <cstddef>
#include <cstdint>

namespace notcontent {

// A plane whose samples lie `down` and `across` elements apart.
template <class T>
struct Strided {
  const T* data;
  std::size_t height;
  std::size_t width;
  std::ptrdiff_t down;
  std::ptrdiff_t across;

  T at(std::size_t y, std::size_t x) const {
    return data[static_cast<std::ptrdiff_t>(y) * down + static_cast<std::ptrdiff_t>(x) * across];
  }
};

// The mean of 2 x 2 samples, rounded, into ceil(height / 2) x ceil(width / 2); an odd last row or column is its own
// neighbour. Rows of `luma` lie in one piece.
void halve(const Strided<std::uint8_t>& luma, std::uint8_t* smaller);

// The mean of n x n samples; odd rows and columns are left. Rows lie in one piece.
void shrink_blocks(const Strided<std::uint8_t>& luma, std::size_t n, float* smaller);

void transpose(const float* from, std::size_t height, std::size_t width, float* to);

// |difference| of rows y and y + 1 and |second difference| along each row, up to `clip`: (height - 1) x width, and
// height x (width - 2), or nothing where there are too few.
void measure(const float* samples, std::size_t height, std::size_t width, float clip, float* steps, float* bends);

// The mean of each row, and whether its standard deviation is at most `spread`.
void plain_rows(const Strided<float>& rows, float spread, float* means, bool* plain);
void row_means(const Strided<float>& rows, float* means);

// How far each of `count` values (8 at least) stands above the upper quartile of the seven on either side, itself and its
// neighbours left out; beyond the ends values go on mirrored.
void standing(const float* values, std::size_t count, float* above);

// The line between rows, within n rows of `line`, at which they change most: by the sum of steps, each up to `clip`. Of
// equals the nearest; then the first. `line` is none of the plane's own ends.
std::size_t sharpest(const Strided<std::uint8_t>& rows, std::size_t line, std::size_t n, int clip);

}  // namespace notcontent
