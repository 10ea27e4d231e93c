// Bands: so many rows of the small picture that are made together, interleaved, so that each is a lane of a register.
//
// Included by kernels.cpp alone, which makes functions of them for each instruction set.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "weigh_rows.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__x86_64__)
#define NOTCONTENT_AVX2 __attribute__((target("avx2")))
#define NOTCONTENT_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")))
#endif

namespace notcontent {

constexpr std::size_t kBand = 8;

using WeighRows = void (*)(const std::uint8_t* row, std::ptrdiff_t stride, const double* weights, std::int64_t count,
                           std::size_t width, double* sums);

// Eight rows of a tap: sums over `count` places of a band, whose rows lie interleaved.
using WeighBand = void (*)(const double* band, const double* weights, std::int64_t count, double* sums);

NOTCONTENT_INLINE void weigh_band(const double* band, const double* weights, std::int64_t count, double* sums) {
  std::fill_n(sums, kBand, 0.0);
  for (std::int64_t i = 0; i < count; ++i, band += kBand) {
    for (std::size_t r = 0; r < kBand; ++r) sums[r] += weights[i] * band[r];
  }
}

// What is done with bands, on any processor.
struct PlainBands {
  // `count` places of the band's rows, which lie `count` apart, one beside the other: sample x of row r to x * kBand +
  // r.
  template <class T>
  NOTCONTENT_INLINE static void interleave(const T* __restrict rows, std::size_t count, T* __restrict band) {
    for (std::size_t x = 0; x < count; ++x) {
      for (std::size_t r = 0; r < kBand; ++r) band[x * kBand + r] = rows[r * count + x];
    }
  }

  // As `weigh_band`, of whole numbers.
  NOTCONTENT_INLINE static void weigh(const std::int32_t* band, const std::int32_t* weights, std::int64_t count,
                                      std::int32_t* sums) {
    std::fill_n(sums, kBand, 0);
    for (std::int64_t i = 0; i < count; ++i, band += kBand) {
      for (std::size_t r = 0; r < kBand; ++r) sums[r] += weights[i] * band[r];
    }
  }
};

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
      const __m256d above =
          _mm256_add_pd(_mm256_mul_pd(w0, four_samples(row + 4 * k)), _mm256_mul_pd(w1, four_samples(second + 4 * k)));
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

// What is done with bands, by hand. Called, not inlined: a template that has no instruction set may not inline what has
// one.
struct Avx2Bands {
  NOTCONTENT_AVX2 static void interleave(const double* rows, std::size_t count, double* band) {
    std::size_t x = 0;
    for (; x + 4 <= count; x += 4) {
      for (std::size_t r = 0; r < kBand; r += 4) {
        const double* from = rows + r * count + x;
        const __m256d a = _mm256_loadu_pd(from);
        const __m256d b = _mm256_loadu_pd(from + count);
        const __m256d c = _mm256_loadu_pd(from + 2 * count);
        const __m256d d = _mm256_loadu_pd(from + 3 * count);
        const __m256d even_ab = _mm256_unpacklo_pd(a, b);
        const __m256d odd_ab = _mm256_unpackhi_pd(a, b);
        const __m256d even_cd = _mm256_unpacklo_pd(c, d);
        const __m256d odd_cd = _mm256_unpackhi_pd(c, d);
        double* to = band + x * kBand + r;
        _mm256_storeu_pd(to, _mm256_permute2f128_pd(even_ab, even_cd, 0x20));
        _mm256_storeu_pd(to + kBand, _mm256_permute2f128_pd(odd_ab, odd_cd, 0x20));
        _mm256_storeu_pd(to + 2 * kBand, _mm256_permute2f128_pd(even_ab, even_cd, 0x31));
        _mm256_storeu_pd(to + 3 * kBand, _mm256_permute2f128_pd(odd_ab, odd_cd, 0x31));
      }
    }
    for (; x < count; ++x) {
      for (std::size_t r = 0; r < kBand; ++r) band[x * kBand + r] = rows[r * count + x];
    }
  }

  NOTCONTENT_AVX2 static void interleave(const std::int32_t* rows, std::size_t count, std::int32_t* band) {
    std::size_t x = 0;
    for (; x + 4 <= count; x += 4) {
      for (std::size_t r = 0; r < kBand; r += 4) {
        const auto row = [&](std::size_t i) {
          return _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows + (r + i) * count + x));
        };
        const auto put = [&](std::size_t i, __m128i four) {
          _mm_storeu_si128(reinterpret_cast<__m128i*>(band + (x + i) * kBand + r), four);
        };
        const __m128i first_ab = _mm_unpacklo_epi32(row(0), row(1));
        const __m128i last_ab = _mm_unpackhi_epi32(row(0), row(1));
        const __m128i first_cd = _mm_unpacklo_epi32(row(2), row(3));
        const __m128i last_cd = _mm_unpackhi_epi32(row(2), row(3));
        put(0, _mm_unpacklo_epi64(first_ab, first_cd));
        put(1, _mm_unpackhi_epi64(first_ab, first_cd));
        put(2, _mm_unpacklo_epi64(last_ab, last_cd));
        put(3, _mm_unpackhi_epi64(last_ab, last_cd));
      }
    }
    for (; x < count; ++x) {
      for (std::size_t r = 0; r < kBand; ++r) band[x * kBand + r] = rows[r * count + x];
    }
  }

  NOTCONTENT_AVX2 static void weigh(const std::int32_t* band, const std::int32_t* weights, std::int64_t count,
                                    std::int32_t* sums) {
    __m256i total = _mm256_setzero_si256();
    for (std::int64_t i = 0; i < count; ++i, band += kBand) {
      const __m256i eight = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(band));
      total = _mm256_add_epi32(total, _mm256_mullo_epi32(_mm256_set1_epi32(weights[i]), eight));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums), total);
  }
};

#endif

}  // namespace notcontent
