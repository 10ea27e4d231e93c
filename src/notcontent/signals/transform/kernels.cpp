#include "kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "cosines.hpp"
#include "native/instruction_sets.hpp"
#include "whole_numbers.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__x86_64__)
#define NOTCONTENT_AVX2 __attribute__((target("avx2")))
#define NOTCONTENT_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")))
#endif

namespace notcontent {
namespace {

constexpr std::size_t kBand = 8;  // rows of the small picture that are made together: the lanes of a register

using WeighRows = void (*)(const std::uint8_t* row, std::ptrdiff_t stride, const double* weights, std::int64_t count,
                           std::size_t width, double* sums);

#if defined(__x86_64__)

NOTCONTENT_AVX2 NOTCONTENT_INLINE __m256d four_samples(const std::uint8_t* row) {
  std::int32_t bytes = 0;
  std::memcpy(&bytes, row, sizeof bytes);
  return _mm256_cvtepi32_pd(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(bytes)));
}

// The sums of `weigh_rows` for four columns times kRegisters, which stay in registers for all rows.
template <std::size_t kRegisters>
NOTCONTENT_AVX2 NOTCONTENT_INLINE void weigh_beside(const std::uint8_t* row, std::ptrdiff_t stride,
                                                    const double* weights, std::int64_t count, double* sums) {
  __m256d totals[kRegisters];
  for (__m256d& total : totals) total = _mm256_setzero_pd();
  std::int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const std::uint8_t* second = row + stride;
    const std::uint8_t* third = second + stride;
    const std::uint8_t* fourth = third + stride;
    const __m256d w0 = _mm256_set1_pd(weights[i]);
    const __m256d w1 = _mm256_set1_pd(weights[i + 1]);
    const __m256d w2 = _mm256_set1_pd(weights[i + 2]);
    const __m256d w3 = _mm256_set1_pd(weights[i + 3]);
    for (std::size_t k = 0; k < kRegisters; ++k) {
      const __m256d above = _mm256_add_pd(_mm256_mul_pd(w0, four_samples(row + 4 * k)),
                                          _mm256_mul_pd(w1, four_samples(second + 4 * k)));
      const __m256d below = _mm256_add_pd(_mm256_mul_pd(w2, four_samples(third + 4 * k)),
                                          _mm256_mul_pd(w3, four_samples(fourth + 4 * k)));
      totals[k] = _mm256_add_pd(totals[k], _mm256_add_pd(above, below));
    }
    row = fourth + stride;
  }
  for (; i < count; ++i, row += stride) {
    const __m256d weight = _mm256_set1_pd(weights[i]);
    for (std::size_t k = 0; k < kRegisters; ++k) {
      totals[k] = _mm256_add_pd(totals[k], _mm256_mul_pd(weight, four_samples(row + 4 * k)));
    }
  }
  for (std::size_t k = 0; k < kRegisters; ++k) _mm256_storeu_pd(sums + 4 * k, totals[k]);
}

// The same sums by hand: compilers widen bytes to doubles by a detour that takes as long as the sums.
NOTCONTENT_AVX2 void weigh_rows_by_fours(const std::uint8_t* row, std::ptrdiff_t stride, const double* weights,
                                         std::int64_t count, std::size_t width, double* sums) {
  constexpr std::size_t kBeside = 4;
  std::size_t x = 0;
  for (; x + 4 * kBeside <= width; x += 4 * kBeside) {
    weigh_beside<kBeside>(row + x, stride, weights, count, sums + x);
  }
  for (; x + 4 <= width; x += 4) weigh_beside<1>(row + x, stride, weights, count, sums + x);
  if (x < width) weigh_rows(row + x, stride, weights, count, width - x, sums + x);
}

#endif

// Eight rows of a tap: sums over `count` places of a band, whose rows lie interleaved.
using WeighBand = void (*)(const double* band, const double* weights, std::int64_t count, double* sums);

NOTCONTENT_INLINE void weigh_band(const double* band, const double* weights, std::int64_t count, double* sums) {
  std::fill_n(sums, kBand, 0.0);
  for (std::int64_t i = 0; i < count; ++i, band += kBand) {
    for (std::size_t r = 0; r < kBand; ++r) sums[r] += weights[i] * band[r];
  }
}

#if defined(__x86_64__)

// The same by hand: compilers weigh along the taps, and then shuffle.
NOTCONTENT_AVX2 NOTCONTENT_INLINE void weigh_band_by_fours(const double* band, const double* weights,
                                                           std::int64_t count, double* sums) {
  __m256d upper = _mm256_setzero_pd();
  __m256d lower = _mm256_setzero_pd();
  for (std::int64_t i = 0; i < count; ++i, band += kBand) {
    const __m256d weight = _mm256_set1_pd(weights[i]);
    upper = _mm256_add_pd(upper, _mm256_mul_pd(weight, _mm256_loadu_pd(band)));
    lower = _mm256_add_pd(lower, _mm256_mul_pd(weight, _mm256_loadu_pd(band + 4)));
  }
  _mm256_storeu_pd(sums, upper);
  _mm256_storeu_pd(sums + 4, lower);
}

#endif

// The columns of a band's rows from `lowest` on, which lie interleaved: sample x of row r at x * kBand + r.
NOTCONTENT_INLINE void weigh_columns(const double* __restrict band, std::int64_t lowest, const Axis& columns,
                                     double* __restrict small, WeighBand weigh) {
  for (int k = 0; k < kGrid; ++k) {
    const Tap& tap = columns.tap(k);
    double sums[kBand];
    weigh(band + static_cast<std::size_t>(tap.start - lowest) * kBand, columns.weights(tap), tap.count, sums);
    for (std::size_t r = 0; r < kBand; ++r) small[r * kGrid + static_cast<std::size_t>(k)] = sums[r];
  }
}

NOTCONTENT_INLINE void shrink(const Samples& samples, const Axis& rows, const Axis* const* columns,
                              Small* const* smalls, std::size_t count, WeighRows weigh, WeighBand weigh_across) {
  std::int64_t lowest = columns[0]->lowest();
  std::int64_t highest = columns[0]->highest();
  for (std::size_t i = 1; i < count; ++i) {
    lowest = std::min(lowest, columns[i]->lowest());
    highest = std::max(highest, columns[i]->highest());
  }
  const auto width = static_cast<std::size_t>(highest - lowest);
  std::vector<double> sums(2 * kBand * width);
  double* band = sums.data() + kBand * width;
  for (std::size_t first = 0; first < kGrid; first += kBand) {
    for (std::size_t r = 0; r < kBand; ++r) {
      const Tap& tap = rows.tap(static_cast<int>(first + r));
      const std::uint8_t* row = samples.data + tap.start * samples.stride + lowest;
      weigh(row, samples.stride, rows.weights(tap), tap.count, width, sums.data() + r * width);
    }
    for (std::size_t x = 0; x < width; ++x) {
      for (std::size_t r = 0; r < kBand; ++r) band[x * kBand + r] = sums[r * width + x];
    }
    for (std::size_t i = 0; i < count; ++i) {
      weigh_columns(band, lowest, *columns[i], smalls[i]->data() + first * kGrid, weigh_across);
    }
  }
}

NOTCONTENT_INLINE int steps(const float* __restrict from, const float* __restrict to, std::size_t count) {
  int total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto step = static_cast<int>((to[i] - from[i]) * 100.0F / 255.0F);
    total += step < 0 ? -step : step;
  }
  return total;
}

NOTCONTENT_INLINE int quality(const Small& small) {
  float samples[kSide * kSide];
  for (std::size_t i = 0; i < kSide * kSide; ++i) samples[i] = static_cast<float>(small[i]);
  int total = steps(samples, samples + kSide, kSide * (kSide - 1));
  for (std::size_t row = 0; row < kSide; ++row) total += steps(samples + row * kSide, samples + row * kSide + 1, kSide - 1);
  return std::min(100, total / 90);
}

NOTCONTENT_INLINE Nearest nearest(const std::uint8_t* kept, std::size_t count, const Hash& hash) {
  Nearest found{0, static_cast<int>(8 * sizeof(Hash)) + 1};
  for (std::size_t i = 0; i < count; ++i) {
    Hash other;
    std::memcpy(other.data(), kept + i * sizeof(Hash), sizeof(Hash));
    int bits = 0;
    for (std::size_t word = 0; word < hash.size(); ++word) bits += __builtin_popcountll(other[word] ^ hash[word]);
    if (bits < found.bits) found = {i, bits};
  }
  return found;
}

// The loops for one instruction set, as functions of their own.
#define NOTCONTENT_KERNELS(NAME, TARGET, WEIGH, ACROSS)                                                               \
  TARGET void shrink_##NAME(const Samples& samples, const Axis& rows, const Axis* const* columns,                 \
                            Small* const* smalls, std::size_t count) {                                            \
    shrink(samples, rows, columns, smalls, count, WEIGH, ACROSS);                                                    \
  }                                                                                                               \
  TARGET void shrink_whole_##NAME(const Samples& samples, const Axis& rows, const Axis& columns, bool limited,    \
                                  Small& small) {                                                                 \
    shrink_whole(samples, rows, columns, limited, small);                                                         \
  }                                                                                                               \
  TARGET void transform_##NAME(const Small& small, Coefficients& values) { transform(cosines(), small, values); } \
  TARGET void transform_by_halves_##NAME(const Small& small, Coefficients& values) {                             \
    transform_by_halves(cosines(), small, values);                                                                \
  }                                                                                                               \
  TARGET int quality_##NAME(const Small& small) { return quality(small); }                                        \
  TARGET void spread_##NAME(const std::uint8_t* from, std::size_t count, std::uint8_t* to) {                      \
    spread(from, count, to);                                                                                      \
  }                                                                                                               \
  TARGET Nearest nearest_##NAME(const std::uint8_t* kept, std::size_t count, const Hash& hash) {                  \
    return nearest(kept, count, hash);                                                                            \
  }                                                                                                               \
  const Kernels kernels_##NAME{#NAME,                                                                             \
                               shrink_##NAME,                                                                     \
                               shrink_whole_##NAME,                                                               \
                               transform_##NAME,                                                                  \
                               transform_by_halves_##NAME,                                                        \
                               quality_##NAME,                                                                    \
                               spread_##NAME,                                                                     \
                               nearest_##NAME};

#if defined(__x86_64__)
NOTCONTENT_AVX512 void weigh_rows_avx512(const std::uint8_t* row, std::ptrdiff_t stride, const double* weights,
                                         std::int64_t count, std::size_t width, double* sums) {
  weigh_rows(row, stride, weights, count, width, sums);
}

NOTCONTENT_AVX512 void weigh_band_avx512(const double* band, const double* weights, std::int64_t count, double* sums) {
  weigh_band(band, weights, count, sums);
}

NOTCONTENT_KERNELS(avx512, NOTCONTENT_AVX512, weigh_rows_avx512, weigh_band_avx512)
NOTCONTENT_KERNELS(avx2, NOTCONTENT_AVX2, weigh_rows_by_fours, weigh_band_by_fours)
#endif

void weigh_rows_portable(const std::uint8_t* row, std::ptrdiff_t stride, const double* weights, std::int64_t count,
                         std::size_t width, double* sums) {
  weigh_rows(row, stride, weights, count, width, sums);
}

void weigh_band_portable(const double* band, const double* weights, std::int64_t count, double* sums) {
  weigh_band(band, weights, count, sums);
}

NOTCONTENT_KERNELS(portable, , weigh_rows_portable, weigh_band_portable)

std::vector<const Kernels*> probe_processor() {
  std::vector<const Kernels*> found;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    found.push_back(&kernels_avx512);
  }
  if (__builtin_cpu_supports("avx2")) found.push_back(&kernels_avx2);
#endif
  found.push_back(&kernels_portable);
  return found;
}

}  // namespace

bool are_whole(const Axis& rows, const Axis& columns) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  return !rows.tent().empty() && !columns.tent().empty() && 255 * rows.area() * columns.area() <= kMost;
}

const std::vector<const Kernels*>& available_kernels() {
  static const std::vector<const Kernels*> kernels = probe_processor();
  return kernels;
}

const Kernels& kernels_named(std::string_view name) { return kernels_among(available_kernels(), name); }

}  // namespace notcontent
