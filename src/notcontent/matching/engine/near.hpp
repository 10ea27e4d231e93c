// Which check words are near enough to the one that is wanted, for the walks of probes.cpp and crowds.cpp.
//
// Force-inlined into functions that carry a `target` attribute.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#define NOTCONTENT_POPCNT __attribute__((target("popcnt")))
#define NOTCONTENT_BMI2 __attribute__((target("popcnt,bmi,bmi2")))
#define NOTCONTENT_AVX2 __attribute__((target("avx2,popcnt,bmi")))
#define NOTCONTENT_AVX512 __attribute__((target("avx512f,avx512bw,avx512bitalg,popcnt,bmi")))
#endif
#define NOTCONTENT_INLINE __attribute__((always_inline)) inline

namespace notcontent {

constexpr std::uint64_t kEachOfFour = 0x0001000100010001U;

// Bits of four check words, counted within one 64-bit word: in pairs, fours, eights and sixteens.
NOTCONTENT_INLINE std::uint64_t bits_of_four(std::uint64_t v) {
  v = v - ((v >> 1) & 0x5555555555555555U);
  v = (v & 0x3333333333333333U) + ((v >> 2) & 0x3333333333333333U);
  v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fU;
  return (v + (v >> 8)) & 0x001f001f001f001fU;
}

// The top bit of each of four check words that differs from the wanted one (four times) in at most `limit` bits.
NOTCONTENT_INLINE std::uint64_t near_of_four(std::uint64_t words, std::uint64_t wanted, std::uint32_t limit) {
  const std::uint64_t most = (0x8000U + limit) * kEachOfFour;  // less the bits: the top bit stays up to the limit
  return (most - bits_of_four(words ^ wanted)) & 0x8000U * kEachOfFour;
}

#if defined(__x86_64__)

// Up to here taking bits away is quicker than counting them. At the usual radius the limit is 2, mostly.
constexpr unsigned kCleared = 3;

// All bits of each of sixteen words that differs from the wanted one in at most Limit bits; with more than kCleared,
// in fewer than `beyond`, of which each word holds a copy.
template <unsigned Limit>
NOTCONTENT_AVX2 NOTCONTENT_INLINE __m256i near_of_sixteen(__m256i words, __m256i wanted, __m256i beyond) {
  const __m256i v = _mm256_xor_si256(words, wanted);
  if (Limit <= kCleared) {
    __m256i left = v;  // less its lowest set bit, so many times
    for (unsigned bit = 0; bit < Limit; ++bit) {
      left = _mm256_and_si256(left, _mm256_add_epi16(left, _mm256_set1_epi16(-1)));
    }
    return _mm256_cmpeq_epi16(left, _mm256_setzero_si256());
  }
  const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                         0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i low = _mm256_set1_epi8(0x0f);
  const __m256i bytes = _mm256_add_epi8(_mm256_shuffle_epi8(table, _mm256_and_si256(v, low)),
                                        _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(v, 4), low)));
  return _mm256_cmpgt_epi16(beyond, _mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1)));
}

// A bit for each of 32 words, from `words` on; those in the middle in another order, for `in_order` to mend.
template <unsigned Limit>
NOTCONTENT_AVX2 NOTCONTENT_INLINE std::uint32_t near_of_32(const std::uint16_t* words, __m256i wanted, __m256i beyond) {
  const auto* at = reinterpret_cast<const __m256i*>(words);
  const __m256i first = near_of_sixteen<Limit>(_mm256_loadu_si256(at), wanted, beyond);
  const __m256i second = near_of_sixteen<Limit>(_mm256_loadu_si256(at + 1), wanted, beyond);
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_packs_epi16(first, second)));
}

// The same for the first sixteen of them.
template <unsigned Limit>
NOTCONTENT_AVX2 NOTCONTENT_INLINE std::uint32_t near_of_16(const std::uint16_t* words, __m256i wanted, __m256i beyond) {
  const auto* at = reinterpret_cast<const __m256i*>(words);
  const __m256i near = near_of_sixteen<Limit>(_mm256_loadu_si256(at), wanted, beyond);
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_packs_epi16(near, _mm256_setzero_si256())));
}

// Packing leaves words 16 to 23 before words 8 to 15.
NOTCONTENT_INLINE std::uint32_t in_order(std::uint32_t packed) {
  return (packed & 0xff0000ffU) | (packed >> 8 & 0x0000ff00U) | (packed << 8 & 0x00ff0000U);
}

#endif

}  // namespace notcontent
