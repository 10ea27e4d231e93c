// A picture, or a part of it -> 64x64 samples: the loops that see every pixel, one for each instruction set.
//
// All sums are of doubles, in one order that does not depend on the instruction set, and multiplications are never
// fused with additions (see CMakeLists.txt): every processor gives the same 64x64 numbers, to the last bit.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "axis.hpp"

namespace notcontent {

using Small = std::array<double, static_cast<std::size_t>(kGrid) * kGrid>;

// Samples in memory: `stride` bytes from one row to the next.
struct Samples {
  const std::uint8_t* data;
  std::ptrdiff_t stride;
};

using Shrink = void (*)(const Samples& samples, const Axis& rows, const Axis& columns, Small& small);

struct Shrinker {
  std::string_view name;
  Shrink shrink;
};

// What this processor can run, fastest first. The last one, "portable", runs everywhere.
const std::vector<Shrinker>& available_shrinkers();

// The named instruction set; "auto" is the fastest. Throws std::invalid_argument when this processor lacks it.
const Shrinker& shrinker_named(std::string_view name);

}  // namespace notcontent
