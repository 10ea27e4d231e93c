#include "sheet.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <type_traits>
#include <vector>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace notcontent {
namespace {

constexpr std::size_t kLanes = 8;  // sums that are kept beside each other

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

// Whether `squares_around` surely comes to more than `most`: two samples' squares around any level are at least half of
// that of their difference. Samples half a row apart tell of slopes and of grain, and of most rows a few of them tell
// enough.
bool surely_varies(const float* row, std::size_t width, double most) {
  constexpr std::size_t kSome = 4 * kLanes;
  constexpr double kRounding = 1.001;  // far more than sums are rounded by
  const std::size_t half = width / 2;
  double squares = 0.0;
  for (std::size_t x = 0; x + kSome <= half; x += kSome) {
    std::array<float, kLanes> some{};
    for (std::size_t i = 0; i < kSome; ++i) {
      const float apart = row[x + i] - row[half + x + i];
      some[i % kLanes] += apart * apart;
    }
    for (const float each : some) squares += static_cast<double>(each) / 2;
    if (squares > kRounding * most) return true;
  }
  return false;
}

// What `squares_around` comes to, at the most, in a row whose standard deviation is at most `spread`.
double squares_at_most(float spread, std::size_t width) {
  return static_cast<double>(spread) * static_cast<double>(spread) * static_cast<double>(width);
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

// The line between rows, within n rows of `line`, at which they change most: by the sum of steps, each up to `clip`. Of
// equals the nearest; then the first. `line` is none of the plane's own ends.
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

// The means of n x n samples. N: std::size_t, or a constant of it.
template <class N>
void shrink_by(const Strided<std::uint8_t>& luma, N n, float* smaller) {
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
      smaller[x] = static_cast<float>(static_cast<std::int32_t>(sum)) / area;
    }
  }
}

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
  switch (n) {  // so that the most common ones are compiled for themselves
    case 1:
      return shrink_by(luma, std::integral_constant<std::size_t, 1>(), smaller);
    case 2:
      return shrink_by(luma, std::integral_constant<std::size_t, 2>(), smaller);
    case 3:
      return shrink_by(luma, std::integral_constant<std::size_t, 3>(), smaller);
    case 4:
      return shrink_by(luma, std::integral_constant<std::size_t, 4>(), smaller);
    default:
      return shrink_by(luma, n, smaller);
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

void measure(const float* samples, std::size_t height, std::size_t width, float clip, float* steps, float* details) {
  std::vector<float> bends(width < 3 ? 0 : width - 2);
  for (std::size_t y = 0; y < height; ++y) {
    const float* row = samples + y * width;
    if (y + 1 < height) {
      for (std::size_t x = 0; x < width; ++x) steps[y * width + x] = std::min(std::fabs(row[width + x] - row[x]), clip);
    }
    for (std::size_t x = 0; x < bends.size(); ++x) {
      bends[x] = std::min(std::fabs((row[x + 2] + row[x]) - 2 * row[x + 1]), clip);
    }
    details[y] = bends.empty() ? 0.0F : mean_of(bends.data(), bends.size());
  }
}

void row_means(const Strided<float>& rows, float* means) {
  for (std::size_t y = 0; y < rows.height; ++y) {
    means[y] = mean_of(rows.data + static_cast<std::ptrdiff_t>(y) * rows.down, rows.width);
  }
}

std::pair<std::size_t, std::size_t> plain_ends(const Strided<float>& rows, float spread, float same_level) {
  const double most = squares_at_most(spread, rows.width);
  const auto row = [&](std::size_t y) { return rows.data + static_cast<std::ptrdiff_t>(y) * rows.down; };
  const auto belongs = [&](std::size_t y, float level) {
    if (surely_varies(row(y), rows.width, most)) return false;
    const float mean = mean_of(row(y), rows.width);
    return std::fabs(mean - level) <= same_level && squares_around(row(y), rows.width, mean) <= most;
  };
  std::size_t first = 0;
  const float top = mean_of(row(0), rows.width);
  while (first < rows.height && belongs(first, top)) ++first;
  if (first == rows.height) return {0, 0};
  std::size_t last = 0;
  const float bottom = mean_of(row(rows.height - 1), rows.width);
  while (last < rows.height && belongs(rows.height - 1 - last, bottom)) ++last;
  return {first, last};
}

std::vector<Run> filled_runs(const Strided<float>& rows, float spread, std::size_t gap) {
  const double most = squares_at_most(spread, rows.width);
  std::vector<Run> runs;
  for (std::size_t y = 0; y < rows.height; ++y) {
    const float* row = rows.data + static_cast<std::ptrdiff_t>(y) * rows.down;
    const bool varies = surely_varies(row, rows.width, most);
    if (!varies && squares_around(row, rows.width, mean_of(row, rows.width)) <= most) continue;
    if (!runs.empty() && y - runs.back().second < gap) {
      runs.back().second = y + 1;
    } else {
      runs.emplace_back(y, y + 1);
    }
  }
  return runs;
}

Part exact(const Strided<std::uint8_t>& luma, const Part& on_sheet, std::size_t n, int clip) {
  constexpr std::size_t kLookedAt = 256;  // so many places along a side are compared, at most
  const auto end = [n](std::size_t line, std::size_t all) { return (line + 1) * n > all ? all : line * n; };
  Part found{on_sheet.top * n, on_sheet.left * n, end(on_sheet.bottom, luma.height), end(on_sheet.right, luma.width)};
  const auto moved = [&](const Strided<std::uint8_t>& rows, std::size_t line) {
    return line == 0 || line == rows.height ? line : sharpest(rows, line, n, clip);
  };
  const auto some = [](std::size_t length, std::size_t step) { return (length + step - 1) / step; };
  const std::size_t width = found.right - found.left;
  const std::size_t across = std::max<std::size_t>(1, width / kLookedAt);
  const Strided<std::uint8_t> rows{luma.data + static_cast<std::ptrdiff_t>(found.left) * luma.across, luma.height,
                                   some(width, across), luma.down, static_cast<std::ptrdiff_t>(across) * luma.across};
  found.top = moved(rows, found.top);
  found.bottom = moved(rows, found.bottom);
  const std::size_t height = found.bottom - found.top;
  const std::size_t down = std::max<std::size_t>(1, height / kLookedAt);
  const Strided<std::uint8_t> columns{luma.data + static_cast<std::ptrdiff_t>(found.top) * luma.down, luma.width,
                                      some(height, down), luma.across, static_cast<std::ptrdiff_t>(down) * luma.down};
  found.left = moved(columns, found.left);
  found.right = moved(columns, found.right);
  return found;
}

}  // namespace notcontent
