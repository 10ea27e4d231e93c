// 64x64 samples -> 16x16 coefficients -> 256 bits, and the quality.
#pragma once

#include <array>
#include <cstdint>

#include "shrink.hpp"

namespace notcontent {

constexpr int kKept = 16;
using Coefficients = std::array<double, static_cast<std::size_t>(kKept) * kKept>;
using Bits = std::array<std::uint8_t, kKept * kKept / 8>;

// Rows 1..16 of the cosine transform along each axis.
Coefficients transform(const Small& small);

// The coefficients of the picture with its axes swapped.
Coefficients transposed(const Coefficients& values);

// One bit each against the 128th smallest; bit 255 comes first.
Bits against_median(const Coefficients& values);

// Steps between neighbours, in float32 as the reference takes them: 0 for a flat picture, 100 for a busy one.
int quality(const Small& small);

}  // namespace notcontent
