#include "sift.hpp"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#define NOTCONTENT_AVX2 __attribute__((target("avx2,popcnt,bmi")))
#define NOTCONTENT_AVX512 __attribute__((target("avx512f,avx512bw,popcnt,bmi")))
#endif

namespace notcontent {
namespace {

constexpr float kMostLost = 254;  // of a row that may fit; sums end at 255
constexpr float kSlack = 1e-3F;   // more than rounding can make of a sum of 64

std::uint64_t sift_nothing(const SiftTile&, const Rough&) { return ~std::uint64_t{0}; }

#if defined(__x86_64__)

// After so many half bytes one looks whether any row is left: by the first few alone hardly a row is lost.
constexpr std::size_t kHalvesBeforeLooking = 8;
constexpr std::size_t kHalvesBetweenLooks = 4;

NOTCONTENT_AVX512 std::uint64_t sift_avx512(const SiftTile& tile, const Rough& rough) {
  constexpr __mmask16 kAll =
      0xffff;  // the form without a mask leaves a register undefined, which the compiler warns of
  const __m512i out = _mm512_set1_epi8(-1);
  __m512i lost = _mm512_setzero_si512();
  std::uint64_t left = ~std::uint64_t{0};
  for (std::size_t k = 0; k < kHalves && left != 0;) {
    const std::size_t stop = k == 0 ? kHalvesBeforeLooking : k + kHalvesBetweenLooks;
    for (; k < stop; ++k) {
      const __m512i losses =
          _mm512_maskz_broadcast_i32x4(kAll, _mm_load_si128(reinterpret_cast<const __m128i*>(rough.losses[k])));
      const __m512i lanes = _mm512_load_si512(tile.halves[rough.order[k]]);
      lost = _mm512_adds_epu8(lost, _mm512_shuffle_epi8(losses, lanes));
    }
    left = _mm512_cmpneq_epu8_mask(lost, out);
  }
  return left;
}

NOTCONTENT_AVX2 std::uint64_t sift_avx2(const SiftTile& tile, const Rough& rough) {
  const __m256i out = _mm256_set1_epi8(-1);
  __m256i first = _mm256_setzero_si256();
  __m256i last = _mm256_setzero_si256();
  for (std::size_t k = 0; k < kHalves;) {
    const std::size_t stop = k == 0 ? kHalvesBeforeLooking : k + kHalvesBetweenLooks;
    for (; k < stop; ++k) {
      const __m256i losses =
          _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(rough.losses[k])));
      const auto* lanes = reinterpret_cast<const __m256i*>(tile.halves[rough.order[k]]);
      first = _mm256_adds_epu8(first, _mm256_shuffle_epi8(losses, _mm256_load_si256(lanes)));
      last = _mm256_adds_epu8(last, _mm256_shuffle_epi8(losses, _mm256_load_si256(lanes + 1)));
    }
    if (_mm256_testc_si256(_mm256_and_si256(first, last), out) != 0) return 0;  // all of both are ones
  }
  const auto gone = [&](__m256i lost) NOTCONTENT_AVX2 {
    return std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(lost, out)))};
  };
  return ~(gone(first) | gone(last) << 32);
}

#endif

}  // namespace

Rough::Rough(const HalfTables& tables, const std::array<float, kHalves>& most, float threshold) : losses{}, order{} {
  std::array<std::uint64_t, kHalves> ranked{};
  float spare = kSlack - threshold;  // what a row may lose and still fit
  for (std::size_t half = 0; half < kHalves; ++half) {
    spare += most[half];
    std::uint32_t bits = 0;  // of a number that is not negative: in the order of the numbers
    std::memcpy(&bits, &most[half], sizeof bits);
    ranked[half] = std::uint64_t{~bits} << 32 | half;
  }
  std::sort(ranked.begin(), ranked.end());
  // A row that loses nothing has the slack to spare: where there is not even that, no row fits.
  if (spare < kSlack / 2) {
    std::memset(losses, 255, sizeof losses);
    return;
  }
  const float scale = kMostLost / spare;
  for (std::size_t k = 0; k < kHalves; ++k) {
    const std::size_t half = order[k] = static_cast<std::uint8_t>(ranked[k]);
    const float* adds = tables[half].data();
    for (std::size_t value = 0; value < kHalfValues; ++value) {
      const float lost = (most[half] - adds[value]) * scale;  // rounded down: what fits is never out
      losses[k][value] = static_cast<std::uint8_t>(static_cast<int>(lost < kMostLost + 1 ? lost : kMostLost + 1));
    }
  }
}

const Sift kSiftNothing = sift_nothing;
#if defined(__x86_64__)
const Sift kAvx2Sift = sift_avx2;
const Sift kAvx512Sift = sift_avx512;
#endif

}  // namespace notcontent
