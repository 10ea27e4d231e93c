#include "hash.hpp"

#include <algorithm>

namespace notcontent {
namespace {

constexpr std::size_t kRows = kKept;
constexpr std::size_t kMedianRank = 127;  // the reference's integer median: the 128th smallest of 256

}  // namespace

Coefficients transposed(const Coefficients& values) {
  Coefficients turned{};
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t j = 0; j < kRows; ++j) turned[j * kRows + i] = values[i * kRows + j];
  }
  return turned;
}

Bits against_median(const Coefficients& values) {
  Coefficients ordered = values;
  std::nth_element(ordered.begin(), ordered.begin() + kMedianRank, ordered.end());
  const double median = ordered[kMedianRank];
  Bits bits{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] > median) bits[bits.size() - 1 - i / 8] |= static_cast<std::uint8_t>(1U << (i % 8));
  }
  return bits;
}

}  // namespace notcontent
