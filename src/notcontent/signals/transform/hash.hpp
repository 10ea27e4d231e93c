// 16x16 coefficients -> 256 bits.
#pragma once

#include "kernels.hpp"

namespace notcontent {

using Bits = std::array<std::uint8_t, static_cast<std::size_t>(kKept) * kKept / 8>;

// The coefficients of the picture with its axes swapped.
Coefficients transposed(const Coefficients& values);

// One bit each against the 128th smallest; bit 255 comes first.
Bits against_median(const Coefficients& values);

}  // namespace notcontent
