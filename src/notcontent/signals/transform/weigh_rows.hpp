// What sums in doubles and in whole numbers have in common: rows weighed and added up.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels.hpp"

#define NOTCONTENT_INLINE __attribute__((always_inline)) inline

namespace notcontent {

// One row of the small picture, before its columns are weighed: `width` sums over the rows of a tap.
NOTCONTENT_INLINE void weigh_rows(const std::uint8_t* row, std::ptrdiff_t stride, const double* weights,
                                  std::int64_t count, std::size_t width, double* __restrict sums) {
  std::fill_n(sums, width, 0.0);
  std::int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const std::uint8_t* second = row + stride;
    const std::uint8_t* third = second + stride;
    const std::uint8_t* fourth = third + stride;
    const double w0 = weights[i];
    const double w1 = weights[i + 1];
    const double w2 = weights[i + 2];
    const double w3 = weights[i + 3];
    for (std::size_t x = 0; x < width; ++x) {
      sums[x] += (w0 * row[x] + w1 * second[x]) + (w2 * third[x] + w3 * fourth[x]);
    }
    row = fourth + stride;
  }
  for (; i < count; ++i) {
    const double weight = weights[i];
    for (std::size_t x = 0; x < width; ++x) sums[x] += weight * row[x];
    row += stride;
  }
}

}  // namespace notcontent
