// A PNG's inflated rows -> luma: the filters undone, colour weighed, what is transparent over white.
// Source: W3C PNG, third edition, section 9 (filtering).
//
// Included by kernels.cpp alone, which makes functions of it for each instruction set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "weigh_pixels.hpp"

namespace notcontent {

// The samples of one pixel, in the first lanes: what a filter does depends on the pixel before, so that pixels are
// undone one after the other, but without a branch on what they hold, which no processor could foresee.
using Pixel = std::int16_t __attribute__((vector_size(16)));
using PixelBytes = std::uint8_t __attribute__((vector_size(8)));

template <std::size_t Bytes>
NOTCONTENT_INLINE Pixel load_pixel(const Byte* from) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, Bytes);
  PixelBytes bytes;
  std::memcpy(&bytes, &word, sizeof(bytes));
  return __builtin_convertvector(bytes, Pixel);
}

template <std::size_t Bytes>
NOTCONTENT_INLINE void store_pixel(Pixel pixel, Byte* to) {
  const PixelBytes bytes = __builtin_convertvector(pixel, PixelBytes);
  std::memcpy(to, &bytes, Bytes);
}

NOTCONTENT_INLINE Pixel magnitude(Pixel value) { return value < 0 ? -value : value; }

struct Sub {
  NOTCONTENT_INLINE static Pixel predict(Pixel left, Pixel, Pixel) { return left; }
};

struct Average {
  NOTCONTENT_INLINE static Pixel predict(Pixel left, Pixel above, Pixel) { return (left + above) >> 1; }
};

struct Paeth {
  NOTCONTENT_INLINE static Pixel predict(Pixel left, Pixel above, Pixel corner) {
    const Pixel from_left = above - corner;
    const Pixel from_above = left - corner;
    const Pixel to_left = magnitude(from_left);
    const Pixel to_above = magnitude(from_above);
    const Pixel to_corner = magnitude(from_left + from_above);
    const Pixel other = to_above <= to_corner ? above : corner;
    const Pixel to_other = to_above <= to_corner ? to_above : to_corner;
    return to_left <= to_other ? left : other;
  }
};

// Each pixel from those to the left, above and at the corner between; before the first pixel are zeros. `row`, `above`
// and `given` are three stretches of memory. Of pixels of three bytes four are moved at once, but for the last of the
// row: the fourth is the next pixel's, which is written after.
template <class Filter, std::size_t N>
NOTCONTENT_INLINE void undo(const Byte* given, const Byte* above, Byte* row, std::size_t width) {
  constexpr std::size_t kMoved = N == 3 ? 4 : N;
  Pixel left{};
  Pixel corner{};
  const std::size_t last = N * (width - 1);
  for (std::size_t i = 0; i < last; i += N) {
    const Pixel up = load_pixel<kMoved>(above + i);
    left = (load_pixel<kMoved>(given + i) + Filter::predict(left, up, corner)) & 255;
    corner = up;
    store_pixel<kMoved>(left, row + i);
  }
  left = (load_pixel<N>(given + last) + Filter::predict(left, load_pixel<N>(above + last), corner)) & 255;
  store_pixel<N>(left, row + last);
}

// False for a filter that PNG does not know.
template <std::size_t N>
NOTCONTENT_INLINE bool unfilter(int filter, const Byte* given, const Byte* above, Byte* __restrict row,
                                std::size_t width) {
  switch (filter) {
    case 0:
      std::memcpy(row, given, N * width);
      return true;
    case 1:
      undo<Sub, N>(given, above, row, width);
      return true;
    case 2:
      for (std::size_t i = 0; i < N * width; ++i) row[i] = static_cast<Byte>(given[i] + above[i]);
      return true;
    case 3:
      undo<Average, N>(given, above, row, width);
      return true;
    case 4:
      undo<Paeth, N>(given, above, row, width);
      return true;
    default:
      return false;
  }
}

template <std::size_t N>
NOTCONTENT_INLINE bool png_rows_of(const Byte* bytes, std::size_t rows, std::size_t width, Byte* previous, Byte* luma) {
  const std::size_t stride = N * width;
  std::vector<Byte> buffer(2 * stride);
  Byte* row = buffer.data();
  Byte* above = row + stride;
  std::memcpy(above, previous, stride);
  for (std::size_t i = 0; i < rows; ++i, bytes += stride + 1, luma += width) {
    if (!unfilter<N>(bytes[0], bytes + 1, above, row, width)) return false;
    weigh_pixels<N>(row, width, true, luma);
    Byte* const done = row;
    row = above;
    above = done;
  }
  std::memcpy(previous, above, stride);
  return true;
}

NOTCONTENT_INLINE bool png_rows(const Byte* bytes, std::size_t rows, std::size_t width, std::size_t samples,
                                Byte* previous, Byte* luma) {
  switch (samples) {
    case 1:
      return png_rows_of<1>(bytes, rows, width, previous, luma);
    case 2:
      return png_rows_of<2>(bytes, rows, width, previous, luma);
    case 3:
      return png_rows_of<3>(bytes, rows, width, previous, luma);
    case 4:
      return png_rows_of<4>(bytes, rows, width, previous, luma);
    default:
      return false;
  }
}

}  // namespace notcontent
