#include "sift.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#if defined(__x86_64__)
#include <immintrin.h>
#define NOTCONTENT_AVX2 __attribute__((target("avx2,popcnt,bmi")))
#define NOTCONTENT_AVX512 __attribute__((target("avx512f,avx512bw,popcnt,bmi")))
#endif

namespace notcontent {
namespace {

constexpr float kMostAdded = 127;   // two of them fit a byte
constexpr float kSlack = 1e-3F;     // more than rounding can make of a sum of 64
constexpr std::uint16_t kNever = 0xffff;

// After so many half bytes one looks whether any row is left.
bool is_time_to_look(std::size_t done) { return done % kHalvesBetweenLooks == 0 && done > kHalvesBetweenLooks; }

std::uint64_t sift_nothing(const SiftTile&, const Rough&) { return ~std::uint64_t{0}; }

#if defined(__x86_64__)

// Rows in even lanes and in odd ones were compared apart: bit i of each stands for rows 2 i and 2 i + 1.
std::uint64_t woven(std::uint32_t even, std::uint32_t odd) {
  std::uint64_t rows = 0;
  for (; even != 0; even &= even - 1) rows |= std::uint64_t{1} << (2 * __builtin_ctz(even));
  for (; odd != 0; odd &= odd - 1) rows |= std::uint64_t{2} << (2 * __builtin_ctz(odd));
  return rows;
}

NOTCONTENT_AVX512 std::uint64_t sift_avx512(const SiftTile& tile, const Rough& rough) {
  constexpr __mmask16 kAll = 0xffff;  // the form without a mask leaves a register undefined, which the compiler warns of
  const __m512i low = _mm512_set1_epi16(0x00ff);
  __m512i even = _mm512_setzero_si512();
  __m512i odd = _mm512_setzero_si512();
  for (std::size_t k = 0; k < kHalves; k += 2) {
    const __m512i first = _mm512_shuffle_epi8(
        _mm512_maskz_broadcast_i32x4(kAll, _mm_load_si128(reinterpret_cast<const __m128i*>(rough.adds[k]))),
        _mm512_load_si512(tile.halves[rough.order[k]]));
    const __m512i second = _mm512_shuffle_epi8(
        _mm512_maskz_broadcast_i32x4(kAll, _mm_load_si128(reinterpret_cast<const __m128i*>(rough.adds[k + 1]))),
        _mm512_load_si512(tile.halves[rough.order[k + 1]]));
    const __m512i both = _mm512_add_epi8(first, second);
    even = _mm512_add_epi16(even, _mm512_and_si512(both, low));
    odd = _mm512_add_epi16(odd, _mm512_srli_epi16(both, 8));
    if (is_time_to_look(k + 2)) {
      const __m512i needed = _mm512_set1_epi16(static_cast<short>(rough.needed[k + 2]));
      const std::uint32_t evens = _mm512_cmpge_epu16_mask(even, needed);
      const std::uint32_t odds = _mm512_cmpge_epu16_mask(odd, needed);
      if ((evens | odds) == 0) return 0;
      if (k + 2 == kHalves) return woven(evens, odds);
    }
  }
  return 0;
}

// Bit i: lane i of sixteen is at least `needed`.
NOTCONTENT_AVX2 std::uint32_t reached(__m256i sums, __m256i needed) {
  const __m256i lanes = _mm256_cmpeq_epi16(_mm256_max_epu16(sums, needed), sums);
  const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(lanes, _mm256_setzero_si256()), 0xd8);
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes));
}

NOTCONTENT_AVX2 std::uint64_t sift_avx2(const SiftTile& tile, const Rough& rough) {
  constexpr std::size_t kLanes = 32;
  const __m256i low = _mm256_set1_epi16(0x00ff);
  std::uint64_t rows = 0;
  for (std::size_t half = 0; half < kTileLanes; half += kLanes) {
    __m256i even = _mm256_setzero_si256();
    __m256i odd = _mm256_setzero_si256();
    for (std::size_t k = 0; k < kHalves; k += 2) {
      const auto looked_up = [&](std::size_t at) NOTCONTENT_AVX2 {
        const __m128i adds = _mm_load_si128(reinterpret_cast<const __m128i*>(rough.adds[at]));
        const auto* lanes = reinterpret_cast<const __m256i*>(tile.halves[rough.order[at]] + half);
        return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(adds), _mm256_load_si256(lanes));
      };
      const __m256i both = _mm256_add_epi8(looked_up(k), looked_up(k + 1));
      even = _mm256_add_epi16(even, _mm256_and_si256(both, low));
      odd = _mm256_add_epi16(odd, _mm256_srli_epi16(both, 8));
      if (is_time_to_look(k + 2)) {
        const __m256i needed = _mm256_set1_epi16(static_cast<short>(rough.needed[k + 2]));
        const std::uint32_t evens = reached(even, needed);
        const std::uint32_t odds = reached(odd, needed);
        if ((evens | odds) == 0) break;
        if (k + 2 == kHalves) rows |= woven(evens, odds) << half;
      }
    }
  }
  return rows;
}

#endif

}  // namespace

Rough::Rough(const HalfTables& tables, float threshold) : adds{}, order{}, needed{} {
  std::array<float, kHalves> least{};
  std::array<float, kHalves> range{};
  for (std::size_t half = 0; half < kHalves; ++half) {
    const auto ends = std::minmax_element(tables[half].begin(), tables[half].end());
    least[half] = *ends.first;
    range[half] = *ends.second - *ends.first;
  }
  std::iota(order.begin(), order.end(), std::uint8_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::uint8_t a, std::uint8_t b) { return range[a] > range[b]; });
  const float scale = range[order[0]] > 0 ? kMostAdded / range[order[0]] : 1;

  std::array<std::uint32_t, kHalves> most{};
  for (std::size_t k = 0; k < kHalves; ++k) {
    for (std::size_t value = 0; value < kHalfValues; ++value) {
      const float above = (tables[order[k]][value] - least[order[k]]) * scale;
      const auto whole = static_cast<int>(std::min(kMostAdded, above));  // rounded down, for it is never below zero
      adds[k][value] = static_cast<std::uint8_t>(whole + (static_cast<float>(whole) < std::min(kMostAdded, above)));
      most[k] = std::max<std::uint32_t>(most[k], adds[k][value]);
    }
  }
  const float base = std::accumulate(least.begin(), least.end(), 0.0F);
  const float wanted = std::floor((threshold - kSlack - base) * scale);
  std::uint32_t rest = 0;
  for (std::size_t k = kHalves + 1; k-- > 0;) {
    needed[k] = static_cast<std::uint16_t>(std::clamp(wanted - static_cast<float>(rest), 0.0F, float{kNever}));
    if (k > 0) rest += most[k - 1];
  }
}

const Sift kSiftNothing = sift_nothing;
#if defined(__x86_64__)
const Sift kAvx2Sift = sift_avx2;
const Sift kAvx512Sift = sift_avx512;
#endif

}  // namespace notcontent
