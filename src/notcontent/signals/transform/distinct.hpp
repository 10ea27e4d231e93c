// Which of some regions of a picture are worth a look: large enough, and unlike all that were taken before.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sheet.hpp"

namespace notcontent {

// Top, left, bottom, right: half-open.
using Corners = std::array<std::int64_t, 4>;

// A picture that was read at a fraction: its size in its own pixels, `scale` of which along either axis make a sample.
struct FullSize {
  std::int64_t height;
  std::int64_t width;
  std::int64_t scale;
};

// What a region must be like; find.py says what each is.
struct RegionLimits {
  std::int64_t least_side;  // in the picture's pixels
  double least_area;
  double same;  // two regions whose sides all differ by less than this share of their length are alike
  std::size_t most;
};

// Of regions of a sheet, n x n of whose picture's samples make one of its own, in the picture's pixels and exact: those
// that are within the limits and like none that was seen, which grow by them; the first `most`. A proposal that has
// fewer than two rows or columns, or came before, is passed over. Throws std::invalid_argument for one outside of the
// sheet.
std::vector<Corners> distinct(const Strided<std::uint8_t>& luma, const FullSize& picture,
                              const std::vector<Corners>& proposed, std::size_t n, int clip, const RegionLimits& limits,
                              std::vector<Corners> seen);

}  // namespace notcontent
