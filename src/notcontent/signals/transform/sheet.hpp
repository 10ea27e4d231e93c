// What the search for views measures on a small copy of a picture (views/): plain loops, where NumPy would go over the
// same few samples again and again.
//
// Sums are of doubles, in one order on every processor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

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

// |difference| of rows y and y + 1, and the mean |second difference| along each row, of values up to `clip`:
// (height - 1) x width, and height. Rows of fewer than three samples have a mean of 0.
void measure(const float* samples, std::size_t height, std::size_t width, float clip, float* steps, float* details);

// The mean of each row.
void row_means(const Strided<float>& rows, float* means);

// How many rows at the beginning and at the end are plain, of a standard deviation of at most `spread`, and within
// `same_level` of the outermost one's mean; none of either where that is all of the rows. There is one row at least.
std::pair<std::size_t, std::size_t> plain_ends(const Strided<float>& rows, float spread, float same_level);

using Run = std::pair<std::size_t, std::size_t>;  // [first, second)

// Runs of rows that are not plain; fewer than `gap` plain rows do not part them.
std::vector<Run> filled_runs(const Strided<float>& rows, float spread, std::size_t gap);

// Half-open, in samples.
struct Part {
  std::size_t top;
  std::size_t left;
  std::size_t bottom;
  std::size_t right;
};

// A sheet's region in samples of the picture, n x n of which make one of the sheet's: every side that is not the
// picture's own on the sharpest line within n of it. The region has two rows and two columns at least.
Part exact(const Strided<std::uint8_t>& luma, const Part& on_sheet, std::size_t n, int clip);

}  // namespace notcontent
