// Samples -> 16x16 coefficients -> 256 bits.
#pragma once

#include <array>

#include "kernels.hpp"

namespace notcontent {

using Bits = std::array<std::uint8_t, static_cast<std::size_t>(kKept) * kKept / 8>;

// What a part of a picture comes to before its bits are taken.
struct Reduced {
  Coefficients values;
  int quality;
};

// To a small picture, in doubles.
void shrink_one(const Kernels& kernels, const Samples& samples, const Axis& rows, const Axis& columns, Small& small);

// The coefficients and the quality. In whole numbers, if `may_be_whole` and they then settle every bit and the quality;
// in doubles otherwise: what is hashed from them is the same either way.
Reduced reduced(const Kernels& kernels, const Samples& samples, const Axis& rows, const Axis& columns,
                bool may_be_whole);

// An axis as it is, and mirrored.
using Ways = std::array<const Axis*, 2>;

// The same for a part as it is and mirrored: without whole numbers, sums over rows serve both.
std::array<Reduced, 2> reduced_ways(const Kernels& kernels, const Samples& samples, const Axis& rows,
                                    const Ways& columns, bool may_be_whole);

// The quality alone, of whole numbers where they settle it; `limited`: of the samples as `spread` makes them.
int quality_of(const Kernels& kernels, const Samples& samples, const Axis& rows, const Axis& columns, bool limited);

// One bit each against the 128th smallest; bit 255 comes first.
Bits against_median(const Coefficients& values);

// The hash of the picture with its axes swapped.
Bits transposed(const Bits& bits);

// How much of a hash's 32 bytes a single pattern explains (grain.py): exact.
float grain(const std::uint8_t* value);

}  // namespace notcontent
