#include "shrink.hpp"

#include <algorithm>
#include <stdexcept>

#define NOTCONTENT_INLINE __attribute__((always_inline)) inline
#if defined(__x86_64__)
#define NOTCONTENT_AVX2 __attribute__((target("avx2")))
#define NOTCONTENT_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")))
#endif

namespace notcontent {
namespace {

constexpr std::size_t kBand = 8;  // rows of the small picture that are made together: the lanes of a register

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

// The columns of a band's rows, which lie interleaved: sample x of row r at x * kBand + r.
NOTCONTENT_INLINE void weigh_columns(const double* __restrict band, const Axis& columns, double* __restrict small) {
  for (int k = 0; k < kGrid; ++k) {
    const Tap& tap = columns.tap(k);
    const double* weights = columns.weights(tap);
    const double* from = band + static_cast<std::size_t>(tap.start - columns.lowest()) * kBand;
    double sums[kBand] = {};
    for (std::int64_t i = 0; i < tap.count; ++i, from += kBand) {
      for (std::size_t r = 0; r < kBand; ++r) sums[r] += weights[i] * from[r];
    }
    for (std::size_t r = 0; r < kBand; ++r) small[r * kGrid + static_cast<std::size_t>(k)] = sums[r];
  }
}

NOTCONTENT_INLINE void shrink(const Samples& samples, const Axis& rows, const Axis& columns, Small& small) {
  const auto width = static_cast<std::size_t>(columns.highest() - columns.lowest());
  std::vector<double> sums(2 * kBand * width);
  double* band = sums.data() + kBand * width;
  for (std::size_t first = 0; first < kGrid; first += kBand) {
    for (std::size_t r = 0; r < kBand; ++r) {
      const Tap& tap = rows.tap(static_cast<int>(first + r));
      const std::uint8_t* row = samples.data + tap.start * samples.stride + columns.lowest();
      weigh_rows(row, samples.stride, rows.weights(tap), tap.count, width, sums.data() + r * width);
    }
    for (std::size_t x = 0; x < width; ++x) {
      for (std::size_t r = 0; r < kBand; ++r) band[x * kBand + r] = sums[r * width + x];
    }
    weigh_columns(band, columns, small.data() + first * kGrid);
  }
}

void shrink_portable(const Samples& samples, const Axis& rows, const Axis& columns, Small& small) {
  shrink(samples, rows, columns, small);
}

#if defined(__x86_64__)
NOTCONTENT_AVX2 void shrink_avx2(const Samples& samples, const Axis& rows, const Axis& columns, Small& small) {
  shrink(samples, rows, columns, small);
}

NOTCONTENT_AVX512 void shrink_avx512(const Samples& samples, const Axis& rows, const Axis& columns, Small& small) {
  shrink(samples, rows, columns, small);
}
#endif

std::vector<Shrinker> probe_processor() {
  std::vector<Shrinker> found;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    found.push_back({"avx512", shrink_avx512});
  }
  if (__builtin_cpu_supports("avx2")) found.push_back({"avx2", shrink_avx2});
#endif
  found.push_back({"portable", shrink_portable});
  return found;
}

}  // namespace

const std::vector<Shrinker>& available_shrinkers() {
  static const std::vector<Shrinker> shrinkers = probe_processor();
  return shrinkers;
}

const Shrinker& shrinker_named(std::string_view name) {
  const auto& shrinkers = available_shrinkers();
  if (name == "auto") return shrinkers.front();
  for (const Shrinker& each : shrinkers) {
    if (each.name == name) return each;
  }
  throw std::invalid_argument("instruction set not available");
}

}  // namespace notcontent
