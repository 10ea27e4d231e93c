#include "sheet.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <vector>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace notcontent {
namespace {

constexpr std::size_t kLanes = 8;  // sums that are kept beside each other
constexpr std::size_t kAround = 7;
constexpr std::size_t kUpper = 3;  // of the twelve around: the third largest ends the upper quartile

using Lanes = std::array<double, kLanes>;

double total(const Lanes& sums) {
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

float mean_of(const float* row, std::size_t width) {
  Lanes sums{};
  std::size_t x = 0;
  for (; x + kLanes <= width; x += kLanes) {
    for (std::size_t i = 0; i < kLanes; ++i) sums[i] += static_cast<double>(row[x + i]);
  }
  for (; x < width; ++x) sums[x % kLanes] += static_cast<double>(row[x]);
  return static_cast<float>(total(sums) / static_cast<double>(width));
}

double squares_around(const float* row, std::size_t width, float mean) {
  Lanes sums{};
  std::size_t x = 0;
  const auto add = [&](std::size_t at, std::size_t lane) {
    const auto apart = static_cast<double>(row[at] - mean);
    sums[lane] += apart * apart;
  };
  for (; x + kLanes <= width; x += kLanes) {
    for (std::size_t i = 0; i < kLanes; ++i) add(x + i, i);
  }
  for (; x < width; ++x) add(x, x % kLanes);
  return total(sums);
}

#if defined(__x86_64__)  // every such processor has these instructions

// The sums of each two samples beside each other, of sixteen.
__m128i sums_of_two(const std::uint8_t* samples) {
  const __m128i both = _mm_loadu_si128(reinterpret_cast<const __m128i*>(samples));
  return _mm_add_epi16(_mm_and_si128(both, _mm_set1_epi16(0xFF)), _mm_srli_epi16(both, 8));
}

// The rounded means of 2 x 2 samples, as many of `count` as go by eights; tells how many.
std::size_t halve_by_eights(const std::uint8_t* above, const std::uint8_t* below, std::size_t count,
                            std::uint8_t* smaller) {
  std::size_t x = 0;
  for (; x + 8 <= count; x += 8) {
    const __m128i sums = _mm_add_epi16(sums_of_two(above + 2 * x), sums_of_two(below + 2 * x));
    const __m128i means = _mm_srli_epi16(_mm_add_epi16(sums, _mm_set1_epi16(2)), 2);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(smaller + x), _mm_packus_epi16(means, means));
  }
  return x;
}

#else

std::size_t halve_by_eights(const std::uint8_t*, const std::uint8_t*, std::size_t, std::uint8_t*) { return 0; }

#endif

}  // namespace

void halve(const Strided<std::uint8_t>& luma, std::uint8_t* smaller) {
  const std::size_t width = (luma.width + 1) / 2;
  for (std::size_t y = 0; y < luma.height; y += 2, smaller += width) {
    const std::uint8_t* above = luma.data + static_cast<std::ptrdiff_t>(y) * luma.down;
    const std::uint8_t* below = y + 1 < luma.height ? above + luma.down : above;
    for (std::size_t x = halve_by_eights(above, below, luma.width / 2, smaller); x < luma.width / 2; ++x) {
      const int sum = above[2 * x] + above[2 * x + 1] + below[2 * x] + below[2 * x + 1];
      smaller[x] = static_cast<std::uint8_t>((sum + 2) >> 2);
    }
    if (luma.width % 2 != 0) {
      const std::size_t last = luma.width - 1;
      smaller[width - 1] = static_cast<std::uint8_t>((2 * (above[last] + below[last]) + 2) >> 2);
    }
  }
}

void shrink_blocks(const Strided<std::uint8_t>& luma, std::size_t n, float* smaller) {
  const std::size_t height = luma.height / n;
  const std::size_t width = luma.width / n;
  const auto area = static_cast<float>(n * n);
  std::vector<std::uint32_t> sums(width * n);
  for (std::size_t y = 0; y < height; ++y, smaller += width) {
    std::fill(sums.begin(), sums.end(), 0U);
    for (std::size_t k = 0; k < n; ++k) {
      const std::uint8_t* row = luma.data + static_cast<std::ptrdiff_t>(y * n + k) * luma.down;
      for (std::size_t x = 0; x < sums.size(); ++x) sums[x] += row[x];
    }
    for (std::size_t x = 0; x < width; ++x) {
      std::uint32_t sum = 0;
      for (std::size_t k = 0; k < n; ++k) sum += sums[x * n + k];
      smaller[x] = static_cast<float>(sum) / area;
    }
  }
}

void transpose(const float* from, std::size_t height, std::size_t width, float* to) {
  constexpr std::size_t kTile = 16;
  for (std::size_t top = 0; top < height; top += kTile) {
    for (std::size_t left = 0; left < width; left += kTile) {
      const std::size_t right = std::min(left + kTile, width);
      for (std::size_t y = top; y < std::min(top + kTile, height); ++y) {
        for (std::size_t x = left; x < right; ++x) to[x * height + y] = from[y * width + x];
      }
    }
  }
}

void measure(const float* samples, std::size_t height, std::size_t width, float clip, float* steps, float* bends) {
  for (std::size_t y = 0; y < height; ++y) {
    const float* row = samples + y * width;
    if (y + 1 < height) {
      for (std::size_t x = 0; x < width; ++x) steps[y * width + x] = std::min(std::fabs(row[width + x] - row[x]), clip);
    }
    if (width < 3) continue;
    float* bent = bends + y * (width - 2);
    for (std::size_t x = 0; x + 2 < width; ++x) {
      bent[x] = std::min(std::fabs((row[x + 2] + row[x]) - 2 * row[x + 1]), clip);
    }
  }
}

void plain_rows(const Strided<float>& rows, float spread, float* means, bool* plain) {
  const double most = static_cast<double>(spread) * static_cast<double>(spread) * static_cast<double>(rows.width);
  for (std::size_t y = 0; y < rows.height; ++y) {
    const float* row = rows.data + static_cast<std::ptrdiff_t>(y) * rows.down;
    means[y] = mean_of(row, rows.width);
    plain[y] = squares_around(row, rows.width, means[y]) <= most;
  }
}

void row_means(const Strided<float>& rows, float* means) {
  for (std::size_t y = 0; y < rows.height; ++y) {
    means[y] = mean_of(rows.data + static_cast<std::ptrdiff_t>(y) * rows.down, rows.width);
  }
}

void standing(const float* values, std::size_t count, float* above) {
  std::vector<float> padded(count + 2 * kAround);
  std::copy_n(values, count, padded.begin() + kAround);
  for (std::size_t i = 1; i <= kAround; ++i) {
    padded[kAround - i] = values[i];
    padded[kAround + count - 1 + i] = values[count - 1 - i];
  }
  for (std::size_t at = 0; at < count; ++at) {
    const float* near = padded.data() + at;
    std::array<float, 2 * kAround - 2> others{};
    std::copy_n(near, kAround - 1, others.begin());
    std::copy_n(near + kAround + 2, kAround - 1, others.begin() + kAround - 1);
    std::array<float, kUpper> largest{};
    std::partial_sort_copy(others.begin(), others.end(), largest.begin(), largest.end(), std::greater<>());
    above[at] = values[at] - largest[kUpper - 1];
  }
}

std::size_t sharpest(const Strided<std::uint8_t>& rows, std::size_t line, std::size_t n, int clip) {
  const std::size_t first = line > n + 1 ? line - n - 1 : 0;
  const std::size_t last = std::min(rows.height, line + n + 1);
  const auto away = [&](std::size_t place) { return place > line ? place - line : line - place; };
  std::size_t best = line;
  std::int64_t most = -1;
  for (std::size_t y = first; y + 1 < last; ++y) {
    std::int64_t sum = 0;
    for (std::size_t x = 0; x < rows.width; ++x) sum += std::min(std::abs(rows.at(y + 1, x) - rows.at(y, x)), clip);
    if (sum > most || (sum == most && away(y + 1) < away(best))) {
      most = sum;
      best = y + 1;
    }
  }
  return best;
}

}  // namespace notcontent
