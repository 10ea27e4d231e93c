// The loops of kernels.cpp that reckon in whole numbers wherever weights are whole: several times as fast as in doubles.
//
// Included by kernels.cpp alone, which makes functions of them for each instruction set.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "weigh_rows.hpp"

namespace notcontent {

constexpr std::int32_t kFits = 65535 / 255;  // weights whose products with a sample may be added up in 16 bits

// Up to `width` sums over some rows of a tent, in 16 bits.
NOTCONTENT_INLINE void weigh_some_rows(const std::uint8_t* row, std::ptrdiff_t stride, const std::int32_t* weights,
                                       std::int64_t count, std::size_t width, std::uint16_t* __restrict sums) {
  std::fill_n(sums, width, std::uint16_t{0});
  std::int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const std::uint8_t* second = row + stride;
    const std::uint8_t* third = second + stride;
    const std::uint8_t* fourth = third + stride;
    const auto w0 = static_cast<std::uint16_t>(weights[i]);
    const auto w1 = static_cast<std::uint16_t>(weights[i + 1]);
    const auto w2 = static_cast<std::uint16_t>(weights[i + 2]);
    const auto w3 = static_cast<std::uint16_t>(weights[i + 3]);
    for (std::size_t x = 0; x < width; ++x) {
      sums[x] = static_cast<std::uint16_t>(sums[x] + w0 * row[x] + w1 * second[x] + w2 * third[x] + w3 * fourth[x]);
    }
    row = fourth + stride;
  }
  for (; i < count; ++i) {
    const auto weight = static_cast<std::uint16_t>(weights[i]);
    for (std::size_t x = 0; x < width; ++x) sums[x] = static_cast<std::uint16_t>(sums[x] + weight * row[x]);
    row += stride;
  }
}

// The same over all rows of a tent: as many at a time as fit.
NOTCONTENT_INLINE void weigh_tent_rows(const std::uint8_t* row, std::ptrdiff_t stride,
                                       const std::vector<std::int32_t>& tent, std::size_t width,
                                       std::uint16_t* __restrict some, std::int32_t* __restrict sums) {
  std::fill_n(sums, width, 0);
  const auto count = static_cast<std::int64_t>(tent.size());
  for (std::int64_t i = 0; i < count;) {
    std::int64_t end = i;
    for (std::int32_t total = 0; end < count && total + tent[static_cast<std::size_t>(end)] <= kFits; ++end) {
      total += tent[static_cast<std::size_t>(end)];
    }
    weigh_some_rows(row + i * stride, stride, tent.data() + i, end - i, width, some);
    for (std::size_t x = 0; x < width; ++x) sums[x] += some[x];
    i = end;
  }
}

template <typename Sum, typename Weight, typename Given>
NOTCONTENT_INLINE Sum weighed(const Weight* weights, const Given* from, std::int64_t count) {
  Sum sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<Sum>(weights[i]) * static_cast<Sum>(from[i]);
  return sum;
}

// One row of the small picture from sums over a tent of rows. Where the columns are no tent, at an edge, in doubles.
NOTCONTENT_INLINE void weigh_whole(const std::int32_t* sums, const Axis& columns, double area, double* line) {
  const std::vector<std::int32_t>& tent = columns.tent();
  const double both = area * static_cast<double>(columns.area());
  for (int k = 0; k < kGrid; ++k) {
    const Tap& tap = columns.tap(k);
    const std::int32_t* from = sums + (tap.start - columns.lowest());
    line[k] = columns.is_tent(k)
                  ? static_cast<double>(weighed<std::int32_t>(tent.data(), from, tap.count)) / both
                  : weighed<double>(columns.weights(tap), from, tap.count) / area;
  }
}

// (x - 16) · 255 / 219 is t + t · 36 / 219; twice the second part is cut off here, and then rounded to a whole.
NOTCONTENT_INLINE void spread(const std::uint8_t* from, std::size_t count, std::uint8_t* __restrict to) {
  constexpr std::uint32_t kTwice = 72 * 65536 / 219 + 1;
  for (std::size_t i = 0; i < count; ++i) {
    const auto t = static_cast<std::uint16_t>(std::min<int>(std::max<int>(from[i], 16), 235) - 16);
    const auto twice = static_cast<std::uint16_t>((t * kTwice) >> 16);
    to[i] = static_cast<std::uint8_t>(t + ((twice + 1) >> 1));
  }
}

// As `shrink`, but in whole numbers wherever the weights are.
NOTCONTENT_INLINE void shrink_whole(const Samples& samples, const Axis& rows, const Axis& columns, bool limited,
                                    Small& small) {
  const auto width = static_cast<std::size_t>(columns.highest() - columns.lowest());
  std::vector<std::uint8_t> shown(limited ? width * rows.tent().size() : 0);
  std::vector<std::uint16_t> some(width);
  std::vector<std::int32_t> whole(width);
  std::vector<double> sums(width);
  for (int r = 0; r < kGrid; ++r) {
    const Tap& tap = rows.tap(r);
    const std::uint8_t* row = samples.data + tap.start * samples.stride + columns.lowest();
    std::ptrdiff_t stride = samples.stride;
    if (limited) {
      for (std::int64_t i = 0; i < tap.count; ++i) {
        spread(row + i * stride, width, shown.data() + static_cast<std::size_t>(i) * width);
      }
      row = shown.data();
      stride = static_cast<std::ptrdiff_t>(width);
    }
    double* line = small.data() + static_cast<std::size_t>(r) * kGrid;
    if (rows.is_tent(r)) {
      weigh_tent_rows(row, stride, rows.tent(), width, some.data(), whole.data());
      weigh_whole(whole.data(), columns, static_cast<double>(rows.area()), line);
      continue;
    }
    weigh_rows(row, stride, rows.weights(tap), tap.count, width, sums.data());
    for (int k = 0; k < kGrid; ++k) {
      const Tap& across = columns.tap(k);
      line[k] = weighed<double>(columns.weights(across), sums.data() + (across.start - columns.lowest()), across.count);
    }
  }
}

}  // namespace notcontent
