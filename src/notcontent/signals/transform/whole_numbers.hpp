// The loops of kernels.cpp that reckon in whole numbers wherever weights are whole: several times as fast as in
// doubles.
//
// Included by kernels.cpp alone, which makes functions of them for each instruction set.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "bands.hpp"

namespace notcontent {

constexpr std::int32_t kFits = 65535 / 255;  // weights whose products with a sample may be added up in 16 bits

// Up to `width` sums over some rows of a tent, in 16 bits.
NOTCONTENT_INLINE void weigh_some_rows(const std::uint8_t* row, std::ptrdiff_t stride, const std::int32_t* weights,
                                       std::int64_t count, std::size_t width, std::uint16_t* __restrict sums) {
  const auto first = static_cast<std::uint16_t>(weights[0]);
  for (std::size_t x = 0; x < width; ++x) sums[x] = static_cast<std::uint16_t>(first * row[x]);
  row += stride;
  std::int64_t i = 1;
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
  for (; i + 2 <= count; i += 2) {
    const std::uint8_t* second = row + stride;
    const auto w0 = static_cast<std::uint16_t>(weights[i]);
    const auto w1 = static_cast<std::uint16_t>(weights[i + 1]);
    for (std::size_t x = 0; x < width; ++x) {
      sums[x] = static_cast<std::uint16_t>(sums[x] + w0 * row[x] + w1 * second[x]);
    }
    row = second + stride;
  }
  if (i == count) return;
  const auto last = static_cast<std::uint16_t>(weights[i]);
  for (std::size_t x = 0; x < width; ++x) sums[x] = static_cast<std::uint16_t>(sums[x] + last * row[x]);
}

// The same over all rows of a tent: as many at a time as fit.
NOTCONTENT_INLINE void weigh_tent_rows(const std::uint8_t* row, std::ptrdiff_t stride,
                                       const std::vector<std::int32_t>& tent, std::size_t width,
                                       std::uint16_t* __restrict some, std::int32_t* __restrict sums) {
  const auto count = static_cast<std::int64_t>(tent.size());
  for (std::int64_t i = 0; i < count;) {
    std::int64_t end = i;
    for (std::int32_t total = 0; end < count && total + tent[static_cast<std::size_t>(end)] <= kFits; ++end) {
      total += tent[static_cast<std::size_t>(end)];
    }
    weigh_some_rows(row + i * stride, stride, tent.data() + i, end - i, width, some);
    if (i == 0) {
      for (std::size_t x = 0; x < width; ++x) sums[x] = some[x];
    } else {
      for (std::size_t x = 0; x < width; ++x) sums[x] += some[x];
    }
    i = end;
  }
}

NOTCONTENT_INLINE double weighed(const double* weights, const double* from, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += weights[i] * from[i];
  return sum;
}

// The columns of a band of sums over tents of rows. Where the columns are no tent, at an edge, in doubles.
template <class Bands>
NOTCONTENT_INLINE void weigh_whole(const std::int32_t* band, const Axis& columns, double area, double* small) {
  const double share = 1 / (area * static_cast<double>(columns.area()));  // a quotient rounds once, a product twice
  for (int k = 0; k < kGrid; ++k) {
    const Tap& tap = columns.tap(k);
    const std::int32_t* from = band + static_cast<std::size_t>(tap.start - columns.lowest()) * kBand;
    double* to = small + k;
    if (columns.is_tent(k)) {
      std::int32_t sums[kBand];
      Bands::weigh(from, columns.tent().data(), tap.count, sums);
      double shares[kBand];  // beside each other first, so that they are made together
      for (std::size_t r = 0; r < kBand; ++r) shares[r] = static_cast<double>(sums[r]) * share;
      for (std::size_t r = 0; r < kBand; ++r) to[r * kGrid] = shares[r];
      continue;
    }
    double sums[kBand] = {};
    for (std::int64_t i = 0; i < tap.count; ++i, from += kBand) {
      for (std::size_t r = 0; r < kBand; ++r) sums[r] += columns.weights(tap)[i] * from[r];
    }
    for (std::size_t r = 0; r < kBand; ++r) to[r * kGrid] = sums[r] / area;
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

// The rows of a tap, perhaps as video's range shows them.
class ShownRows {
 public:
  ShownRows(const Samples& samples, const Axis& rows, const Axis& columns, bool limited)
      : from_(samples.data + columns.lowest()),
        stride_(samples.stride),
        width_(static_cast<std::size_t>(columns.highest() - columns.lowest())),
        shown_(limited ? width_ * rows.tent().size() : 0) {}

  NOTCONTENT_INLINE Samples of(const Tap& tap) {
    const Samples rows{from_ + tap.start * stride_, stride_};
    if (shown_.empty()) return rows;
    for (std::int64_t i = 0; i < tap.count; ++i) {
      spread(rows.data + i * stride_, width_, shown_.data() + static_cast<std::size_t>(i) * width_);
    }
    return {shown_.data(), static_cast<std::ptrdiff_t>(width_)};
  }

 private:
  const std::uint8_t* from_;
  std::ptrdiff_t stride_;
  std::size_t width_;
  std::vector<std::uint8_t> shown_;
};

// As `shrink`, but in whole numbers wherever the weights are.
template <class Bands>
NOTCONTENT_INLINE void shrink_whole(const Samples& samples, const Axis& rows, const Axis& columns, bool limited,
                                    Small& small) {
  const auto width = static_cast<std::size_t>(columns.highest() - columns.lowest());
  ShownRows shown(samples, rows, columns, limited);
  std::vector<std::uint16_t> some(width);
  std::vector<std::int32_t> whole(kBand * width);
  const std::unique_ptr<std::int32_t[]> band(new std::int32_t[kBand * width]);
  for (std::size_t first = 0; first < kGrid; first += kBand) {
    for (std::size_t r = 0; r < kBand; ++r) {
      const auto row = static_cast<int>(first + r);
      if (!rows.is_tent(row)) continue;
      const Samples from = shown.of(rows.tap(row));
      weigh_tent_rows(from.data, from.stride, rows.tent(), width, some.data(), whole.data() + r * width);
    }
    Bands::interleave(whole.data(), width, band.get());
    weigh_whole<Bands>(band.get(), columns, static_cast<double>(rows.area()), small.data() + first * kGrid);
  }
  std::vector<double> sums(width);
  for (int row = 0; row < kGrid; ++row) {  // those at the edges, in doubles
    if (rows.is_tent(row)) continue;
    const Tap& tap = rows.tap(row);
    const Samples from = shown.of(tap);
    weigh_rows(from.data, from.stride, rows.weights(tap), tap.count, width, sums.data());
    for (int k = 0; k < kGrid; ++k) {
      const Tap& across = columns.tap(k);
      small[static_cast<std::size_t>(row) * kGrid + static_cast<std::size_t>(k)] =
          weighed(columns.weights(across), sums.data() + (across.start - columns.lowest()), across.count);
    }
  }
}

}  // namespace notcontent
