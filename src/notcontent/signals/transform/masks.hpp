// What of an upload was probably painted over the picture (views/masks.py says how it is told).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sheet.hpp"

namespace notcontent {

constexpr std::size_t kMaskSide = 24;  // cells of a mask along each axis
using Mask = std::array<bool, kMaskSide * kMaskSide>;

// The likely masks of a sheet, the likeliest first: paint and words together and, where there are both, each alone. A
// cell is masked when more than `covered` of it is; masks of nothing, or of more than `most` of all cells, are left
// out. Rows lie in one piece, and there are twice as many of them, and of columns, as cells at least.
std::vector<Mask> find_masks(const Strided<float>& samples, float covered, double most);

}  // namespace notcontent
