// Samples -> 16x16 coefficients -> 256 bits.
#pragma once

#include <array>

#include "kernels.hpp"

namespace notcontent {

using Bits = std::array<std::uint8_t, static_cast<std::size_t>(kKept) * kKept / 8>;

// What a part of a picture comes to.
struct Hashed {
  Bits bits;
  int quality;
};

// To a small picture, in doubles.
void shrink_one(const Kernels& kernels, const Samples& samples, const Axis& rows, const Axis& columns, Small& small);

// One bit for each coefficient, and the quality. If it `may_be_quick`, sums are of whole numbers where weights are, and
// cosines are taken by halves, wherever that settles every bit and the quality; otherwise all is summed in doubles, one
// after the other: what is given is the same either way.
Hashed hash_of(const Kernels& kernels, const Samples& samples, const Axis& rows, const Axis& columns,
               bool may_be_quick);

// An axis as it is, and mirrored.
using Ways = std::array<const Axis*, 2>;

// The same for a part as it is and mirrored: without whole numbers, sums over rows serve both.
std::array<Hashed, 2> hash_ways_of(const Kernels& kernels, const Samples& samples, const Axis& rows,
                                   const Ways& columns, bool may_be_quick);

// The quality alone, of whole numbers where they settle it; `limited`: of the samples as `spread` makes them.
int quality_of(const Kernels& kernels, const Samples& samples, const Axis& rows, const Axis& columns, bool limited);

// The hash of the picture with its axes swapped.
Bits transposed(const Bits& bits);

// How much of a hash's 32 bytes a single pattern explains (grain.py): exact.
float grain(const std::uint8_t* value);

}  // namespace notcontent
