// Connected regions of a bitmap, and the convex hull of each: runs of marked samples, joined from row to row.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sheet.hpp"

namespace notcontent {

// Samples that are marked (1) or not (0), row after row.
struct Bitmap {
  Bitmap(std::size_t rows, std::size_t columns) : height(rows), width(columns), marks(rows * columns) {}

  std::uint8_t* row(std::size_t y) { return marks.data() + y * width; }
  const std::uint8_t* row(std::size_t y) const { return marks.data() + y * width; }

  std::size_t height;
  std::size_t width;
  std::vector<std::uint8_t> marks;
};

// A run of marked samples: [start, end) in a row.
struct Span {
  std::size_t row;
  std::size_t start;
  std::size_t end;
};

// Marked samples that touch along rows and columns, as runs, row after row.
struct Region {
  std::size_t area;  // samples
  std::vector<Span> spans;
};

// The largest `most` regions of at least `least` samples, and of equals the first; runs of fewer than `shortest`
// samples, 1 at least, do not count, and part what they lie between.
std::vector<Region> find_regions(const Bitmap& marks, std::size_t least, std::size_t most, std::size_t shortest);

// For every row from the first on the columns between which a region's convex hull lies.
struct Hull {
  std::size_t top;
  std::vector<double> left;
  std::vector<double> right;
};

Hull hull_of(const Region& region);

// How many samples of a region of a picture of the bitmap's size have each level.
std::array<std::int64_t, 256> levels_of(const Region& region, const Strided<std::uint8_t>& luma);

}  // namespace notcontent
