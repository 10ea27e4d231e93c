// Source: W3C PNG, third edition, section 9 (filtering). The weights are those of luma.py.
#include "png_rows.hpp"

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace notcontent {
namespace {

using Byte = std::uint8_t;

Byte low(int value) { return static_cast<Byte>(value & 255); }

int paeth(int left, int above, int corner) {
  const int to_left = std::abs(above - corner);
  const int to_above = std::abs(left - corner);
  const int to_corner = std::abs(left + above - 2 * corner);
  if (to_left <= to_above && to_left <= to_corner) return left;
  return to_above <= to_corner ? above : corner;
}

// Each sample is taken together with that of the pixel to the left, N samples back; before the first pixel are zeros.
// The row may be filled in place of nothing else: `row`, `above` and `given` are three stretches of memory.
template <std::size_t N>
void unfilter(int filter, const Byte* given, const Byte* above, Byte* row, std::size_t width) {
  int left[N] = {};
  int corner[N] = {};
  const std::size_t stride = N * width;
  switch (filter) {
    case 0:
      std::memcpy(row, given, stride);
      return;
    case 1:
      for (std::size_t i = 0; i < stride; i += N)
        for (std::size_t k = 0; k < N; ++k) row[i + k] = low(left[k] = (left[k] + given[i + k]) & 255);
      return;
    case 2:
      for (std::size_t i = 0; i < stride; ++i) row[i] = low(given[i] + above[i]);
      return;
    case 3:
      for (std::size_t i = 0; i < stride; i += N)
        for (std::size_t k = 0; k < N; ++k)
          row[i + k] = low(left[k] = (given[i + k] + ((left[k] + above[i + k]) >> 1)) & 255);
      return;
    case 4:
      for (std::size_t i = 0; i < stride; i += N)
        for (std::size_t k = 0; k < N; ++k) {
          const int up = above[i + k];
          row[i + k] = low(left[k] = (given[i + k] + paeth(left[k], up, corner[k])) & 255);
          corner[k] = up;
        }
      return;
    default:
      throw std::invalid_argument("no such filter");
  }
}

unsigned over_white(unsigned channel, unsigned alpha) { return (channel * alpha + 255 * (255 - alpha) + 127) / 255; }

Byte weighed(unsigned red, unsigned green, unsigned blue) {
  return static_cast<Byte>((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16);
}

template <std::size_t N>
void weigh(const Byte* row, Byte* luma, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i, row += N) {
    if constexpr (N == 1) luma[i] = row[0];
    if constexpr (N == 2) luma[i] = static_cast<Byte>(over_white(row[0], row[1]));
    if constexpr (N == 3) luma[i] = weighed(row[0], row[1], row[2]);
    if constexpr (N == 4)
      luma[i] = row[3] == 255
                    ? weighed(row[0], row[1], row[2])
                    : weighed(over_white(row[0], row[3]), over_white(row[1], row[3]), over_white(row[2], row[3]));
  }
}

template <std::size_t N>
void all_rows(const Byte* bytes, std::size_t rows, std::size_t width, Byte* previous, Byte* luma) {
  const std::size_t stride = N * width;
  std::vector<Byte> buffer(2 * stride);
  Byte* row = buffer.data();
  Byte* above = row + stride;
  std::memcpy(above, previous, stride);
  for (std::size_t i = 0; i < rows; ++i, bytes += stride + 1, luma += width) {
    unfilter<N>(bytes[0], bytes + 1, above, row, width);
    weigh<N>(row, luma, width);
    Byte* const done = row;
    row = above;
    above = done;
  }
  std::memcpy(previous, above, stride);
}

}  // namespace

void png_rows(const Byte* bytes, std::size_t rows, std::size_t width, std::size_t samples, Byte* previous, Byte* luma) {
  switch (samples) {
    case 1:
      return all_rows<1>(bytes, rows, width, previous, luma);
    case 2:
      return all_rows<2>(bytes, rows, width, previous, luma);
    case 3:
      return all_rows<3>(bytes, rows, width, previous, luma);
    case 4:
      return all_rows<4>(bytes, rows, width, previous, luma);
    default:
      throw std::invalid_argument("1 to 4 samples a pixel");
  }
}

}  // namespace notcontent
