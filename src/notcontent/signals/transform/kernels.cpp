#include "kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "bands.hpp"
#include "cosines.hpp"
#include "native/instruction_sets.hpp"
#include "png_rows.hpp"
#include "weigh_pixels.hpp"
#include "whole_numbers.hpp"

namespace notcontent {
namespace {

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

template <class Bands>
NOTCONTENT_INLINE void shrink(const Samples& samples, const Axis& rows, const Axis* const* columns,
                              Small* const* smalls, std::size_t count, WeighRows weigh, WeighBand weigh_across) {
  std::int64_t lowest = columns[0]->lowest();
  std::int64_t highest = columns[0]->highest();
  for (std::size_t i = 1; i < count; ++i) {
    lowest = std::min(lowest, columns[i]->lowest());
    highest = std::max(highest, columns[i]->highest());
  }
  const auto width = static_cast<std::size_t>(highest - lowest);
  const std::unique_ptr<double[]> sums(new double[2 * kBand * width]);
  double* band = sums.get() + kBand * width;
  for (std::size_t first = 0; first < kGrid; first += kBand) {
    for (std::size_t r = 0; r < kBand; ++r) {
      const Tap& tap = rows.tap(static_cast<int>(first + r));
      const std::uint8_t* row = samples.data + tap.start * samples.stride + lowest;
      weigh(row, samples.stride, rows.weights(tap), tap.count, width, sums.get() + r * width);
    }
    Bands::interleave(sums.get(), width, band);
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
  for (std::size_t row = 0; row < kSide; ++row)
    total += steps(samples + row * kSide, samples + row * kSide + 1, kSide - 1);
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
#define NOTCONTENT_KERNELS(NAME, TARGET, WEIGH, ACROSS, BANDS)                                                    \
  TARGET void shrink_##NAME(const Samples& samples, const Axis& rows, const Axis* const* columns,                 \
                            Small* const* smalls, std::size_t count) {                                            \
    shrink<BANDS>(samples, rows, columns, smalls, count, WEIGH, ACROSS);                                          \
  }                                                                                                               \
  TARGET void shrink_whole_##NAME(const Samples& samples, const Axis& rows, const Axis& columns, bool limited,    \
                                  Small& small) {                                                                 \
    shrink_whole<BANDS>(samples, rows, columns, limited, small);                                                  \
  }                                                                                                               \
  TARGET void transform_##NAME(const Small& small, Coefficients& values) { transform(cosines(), small, values); } \
  TARGET void transform_by_halves_##NAME(const Small& small, Coefficients& values) {                              \
    transform_by_halves(cosines(), small, values);                                                                \
  }                                                                                                               \
  TARGET int quality_##NAME(const Small& small) { return quality(small); }                                        \
  TARGET void spread_##NAME(const std::uint8_t* from, std::size_t count, std::uint8_t* to) {                      \
    spread(from, count, to);                                                                                      \
  }                                                                                                               \
  TARGET bool png_rows_##NAME(const Byte* bytes, std::size_t rows, std::size_t width, std::size_t samples,        \
                              Byte* previous, Byte* luma) {                                                       \
    return png_rows(bytes, rows, width, samples, previous, luma);                                                 \
  }                                                                                                               \
  TARGET void weigh_rgba_##NAME(const Byte* pixels, std::size_t count, bool alpha, Byte* luma) {                  \
    weigh_rgba(pixels, count, alpha, luma);                                                                       \
  }                                                                                                               \
  TARGET Nearest nearest_##NAME(const std::uint8_t* kept, std::size_t count, const Hash& hash) {                  \
    return nearest(kept, count, hash);                                                                            \
  }                                                                                                               \
  const Kernels kernels_##NAME{                                                                                   \
      #NAME,          shrink_##NAME, shrink_whole_##NAME, transform_##NAME,  transform_by_halves_##NAME,          \
      quality_##NAME, spread_##NAME, png_rows_##NAME,     weigh_rgba_##NAME, nearest_##NAME};

#if defined(__x86_64__)
NOTCONTENT_AVX512 void weigh_rows_avx512(const std::uint8_t* row, std::ptrdiff_t stride, const double* weights,
                                         std::int64_t count, std::size_t width, double* sums) {
  weigh_rows(row, stride, weights, count, width, sums);
}

NOTCONTENT_AVX512 void weigh_band_avx512(const double* band, const double* weights, std::int64_t count, double* sums) {
  weigh_band(band, weights, count, sums);
}

NOTCONTENT_KERNELS(avx512, NOTCONTENT_AVX512, weigh_rows_avx512, weigh_band_avx512, PlainBands)
NOTCONTENT_KERNELS(avx2, NOTCONTENT_AVX2, weigh_rows_by_fours, weigh_band_by_fours, Avx2Bands)
#endif

void weigh_rows_portable(const std::uint8_t* row, std::ptrdiff_t stride, const double* weights, std::int64_t count,
                         std::size_t width, double* sums) {
  weigh_rows(row, stride, weights, count, width, sums);
}

void weigh_band_portable(const double* band, const double* weights, std::int64_t count, double* sums) {
  weigh_band(band, weights, count, sums);
}

NOTCONTENT_KERNELS(portable, , weigh_rows_portable, weigh_band_portable, PlainBands)

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
