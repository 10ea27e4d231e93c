// Which rows may fit an estimate, one row at a time: what a row loses by the bits in which it is not as estimated.
//
// A row's score is the most that any could have, less twice the weights of the bits in which it differs, over the
// weights' length. So it fits where those weights are at most so much together. Rounded down to bytes they can be added
// 32 at a time, and what rounding lets through is scored exactly afterwards (weighted.hpp): it costs time and changes
// no answer. That is for rows that come one by one, each for a look of its own; rows that many looks share are sifted
// (sift.hpp).
#pragma once

#include <array>
#include <cstdint>

#include "permute.hpp"
#include "weighted.hpp"

namespace notcontent {

struct alignas(32) Losses {
  Losses(const WeightedQuery& look, double threshold);

  // Whether a row of four words that lie one after the other may reach the threshold.
  bool may_fit(const std::uint64_t* words) const;

  std::array<std::uint8_t, 256> of;  // a bit's not being as estimated
  Words bits;
  std::int32_t most;  // that a row may lose in all; negative where no row fits
};

}  // namespace notcontent
