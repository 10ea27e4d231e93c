// Connected regions of a bitmap, as runs of marked samples.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sheet.hpp"

namespace notcontent {

// Runs in the order of their places, row after row: where each begins and ends, and the number of the first run that it
// is connected to, through runs that touch along a column.
struct Runs {
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> starts;
  std::vector<std::int64_t> ends;  // one past
  std::vector<std::int64_t> labels;
};

// Those of at least `shortest` samples, at least 1; the others part what they lie between. Rows lie in one piece each.
Runs runs_of(const Strided<bool>& marks, std::size_t shortest);

// How many samples of some runs, which lie inside, have each level. Rows lie in one piece each, too.
std::array<std::int64_t, 256> levels_of(const Strided<std::uint8_t>& luma, std::size_t count, const std::int64_t* rows,
                                        const std::int64_t* starts, const std::int64_t* ends);

}  // namespace notcontent
