#include "guess_probes.hpp"

#include <algorithm>
#include <cstring>

#include "probe_walk.hpp"
#include "settle.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#define NOTCONTENT_POPCNT __attribute__((target("popcnt")))
#define NOTCONTENT_BMI2 __attribute__((target("popcnt,bmi,bmi2")))
#define NOTCONTENT_AVX2 __attribute__((target("avx2,popcnt,bmi")))
#define NOTCONTENT_AVX512 __attribute__((target("avx512f,avx512bw,popcnt,bmi")))
#endif
#define NOTCONTENT_INLINE __attribute__((always_inline)) inline

// As in probes.cpp, the walk is written out for each instruction set. The vector forms add with saturation, so that a
// sum of 255 or more is 255, which is more than any limit: the answers are those of plain addition.

namespace notcontent {
namespace {

std::size_t scan_portable(const Tables& tables, const CheckCosts* costs, const GuessProbe* probes, std::size_t first,
                          std::size_t count, std::size_t enough, std::vector<Survivor>& survivors) {
  ask_for_first(tables, probes, first, count);
  for (std::size_t i = first; i < count; ++i) {
    if (i + kAhead < count) ask_for(tables, probes[i + kAhead]);
    const GuessProbe& probe = probes[i];
    const std::uint16_t* words = tables.checks + probe.chunk * tables.entries_stride;
    const CheckCosts& cost = costs[probe.look];
    for (std::uint32_t at = probe.begin; at < probe.end; ++at) {
      const unsigned word = words[at];
      const unsigned sum = unsigned{cost.of[0][word & 0xfU]} + cost.of[1][word >> 4 & 0xfU] +
                           cost.of[2][word >> 8 & 0xfU] + cost.of[3][word >> 12];
      if (sum <= probe.left) report(tables, probe, i, at, survivors);
    }
    if (survivors.size() >= enough) return i + 1;
  }
  return count;
}

template <class Select>
NOTCONTENT_INLINE void locate(const MihTable& table, const GuessProbe* probes, const std::vector<Survivor>& survivors,
                              std::vector<std::vector<std::uint32_t>>& places_of_looks) {
  Places<Select> places(table);
  for (const Survivor& survivor : survivors) {
    const GuessProbe& probe = probes[survivor.probe];
    const std::size_t place = places.of(probe, survivor.probe, survivor.entry);
    places_of_looks[probe.look].push_back(static_cast<std::uint32_t>(place));
  }
}

void locate_portable(const MihTable& table, const GuessProbe* probes, const std::vector<Survivor>& survivors,
                     std::vector<std::vector<std::uint32_t>>& places_of_looks) {
  locate<SelectByClearing>(table, probes, survivors, places_of_looks);
}

#if defined(__x86_64__)

NOTCONTENT_POPCNT void locate_popcnt(const MihTable& table, const GuessProbe* probes,
                                     const std::vector<Survivor>& survivors,
                                     std::vector<std::vector<std::uint32_t>>& places_of_looks) {
  locate<SelectByClearing>(table, probes, survivors, places_of_looks);
}

NOTCONTENT_BMI2 void locate_bmi2(const MihTable& table, const GuessProbe* probes,
                                 const std::vector<Survivor>& survivors,
                                 std::vector<std::vector<std::uint32_t>>& places_of_looks) {
  locate<SelectByDeposit>(table, probes, survivors, places_of_looks);
}

NOTCONTENT_AVX2 NOTCONTENT_INLINE __m256i table_of(const std::uint8_t* of) {
  return _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(of)));
}

// What sixteen check words cost. Half bytes 0 and 1 are looked up in the low bytes of the words, 2 and 3 in the high
// ones; what the look-ups give in the other bytes is masked out.
NOTCONTENT_AVX2 NOTCONTENT_INLINE __m256i costs_of_sixteen(__m256i words, const __m256i (&tables)[4]) {
  const __m256i half = _mm256_set1_epi8(0x0f);
  const __m256i evens = _mm256_and_si256(words, half);
  const __m256i odds = _mm256_and_si256(_mm256_srli_epi16(words, 4), half);
  const __m256i low = _mm256_adds_epu8(_mm256_shuffle_epi8(tables[0], evens), _mm256_shuffle_epi8(tables[1], odds));
  const __m256i high = _mm256_adds_epu8(_mm256_shuffle_epi8(tables[2], evens), _mm256_shuffle_epi8(tables[3], odds));
  const __m256i sums = _mm256_adds_epu8(low, _mm256_srli_epi16(high, 8));
  return _mm256_and_si256(sums, _mm256_set1_epi16(0x00ff));
}

NOTCONTENT_AVX2 std::size_t scan_avx2(const Tables& tables, const CheckCosts* costs, const GuessProbe* probes,
                                      std::size_t first, std::size_t count, std::size_t enough,
                                      std::vector<Survivor>& survivors) {
  ask_for_first(tables, probes, first, count);
  for (std::size_t i = first; i < count; ++i) {
    if (i + kAhead < count) ask_for(tables, probes[i + kAhead]);
    const GuessProbe& probe = probes[i];
    const std::uint16_t* words = tables.checks + probe.chunk * tables.entries_stride;
    const CheckCosts& cost = costs[probe.look];
    const __m256i of[4] = {table_of(cost.of[0]), table_of(cost.of[1]), table_of(cost.of[2]), table_of(cost.of[3])};
    const __m256i beyond = _mm256_set1_epi16(static_cast<short>(probe.left + 1));
    for (std::uint32_t at = probe.begin; at < probe.end; at += 16) {
      const std::uint32_t here = std::min<std::uint32_t>(16, probe.end - at);
      __m256i some;
      // Nearly every bucket is shorter. What stands behind it in the table is read along and left out again below.
      if (at + std::size_t{16} <= tables.entries_stride) {
        some = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words + at));
      } else {
        alignas(32) std::uint16_t tail[16] = {};
        std::memcpy(tail, words + at, here * sizeof(std::uint16_t));
        some = _mm256_load_si256(reinterpret_cast<const __m256i*>(tail));
      }
      const __m256i fits = _mm256_cmpgt_epi16(beyond, costs_of_sixteen(some, of));
      // Two bits for each word.
      auto near = static_cast<std::uint32_t>(_mm256_movemask_epi8(fits)) & 0x55555555U;
      if (here < 16) near &= (std::uint32_t{1} << (2 * here)) - 1;
      for (; near != 0; near &= near - 1) {
        report(tables, probe, i, at + static_cast<std::uint32_t>(__builtin_ctz(near)) / 2, survivors);
      }
    }
    if (survivors.size() >= enough) return i + 1;
  }
  return count;
}

NOTCONTENT_AVX512 NOTCONTENT_INLINE __m512i wide_table_of(const std::uint8_t* of) {
  // The form without a mask leaves a register undefined, which the compiler warns of.
  return _mm512_maskz_broadcast_i32x4(0xffff, _mm_load_si128(reinterpret_cast<const __m128i*>(of)));
}

NOTCONTENT_AVX512 std::size_t scan_avx512(const Tables& tables, const CheckCosts* costs, const GuessProbe* probes,
                                          std::size_t first, std::size_t count, std::size_t enough,
                                          std::vector<Survivor>& survivors) {
  const __m512i half = _mm512_set1_epi8(0x0f);
  const __m512i low_byte = _mm512_set1_epi16(0x00ff);
  ask_for_first(tables, probes, first, count);
  for (std::size_t i = first; i < count; ++i) {
    if (i + kAhead < count) ask_for(tables, probes[i + kAhead]);
    const GuessProbe& probe = probes[i];
    const std::uint16_t* words = tables.checks + probe.chunk * tables.entries_stride;
    const CheckCosts& cost = costs[probe.look];
    const __m512i of0 = wide_table_of(cost.of[0]);
    const __m512i of1 = wide_table_of(cost.of[1]);
    const __m512i of2 = wide_table_of(cost.of[2]);
    const __m512i of3 = wide_table_of(cost.of[3]);
    const __m512i limit = _mm512_set1_epi16(probe.left);
    for (std::uint32_t at = probe.begin; at < probe.end; at += 32) {
      const std::uint32_t here = probe.end - at;
      const __mmask32 lanes = here >= 32 ? ~__mmask32{0} : (__mmask32{1} << here) - 1;
      const __m512i some = _mm512_maskz_loadu_epi16(lanes, words + at);
      // As for sixteen words above.
      const __m512i evens = _mm512_and_si512(some, half);
      const __m512i odds = _mm512_and_si512(_mm512_srli_epi16(some, 4), half);
      const __m512i low = _mm512_adds_epu8(_mm512_shuffle_epi8(of0, evens), _mm512_shuffle_epi8(of1, odds));
      const __m512i high = _mm512_adds_epu8(_mm512_shuffle_epi8(of2, evens), _mm512_shuffle_epi8(of3, odds));
      const __m512i sums = _mm512_adds_epu8(low, _mm512_srli_epi16(high, 8));
      __mmask32 near = _mm512_mask_cmple_epu16_mask(lanes, _mm512_and_si512(sums, low_byte), limit);
      for (; near != 0; near &= near - 1) {
        report(tables, probe, i, at + static_cast<std::uint32_t>(__builtin_ctz(near)), survivors);
      }
    }
    if (survivors.size() >= enough) return i + 1;
  }
  return count;
}

#endif

}  // namespace

const GuessKernels kPortableGuesses{scan_portable, locate_portable};
#if defined(__x86_64__)
const GuessKernels kScalarGuesses{scan_portable, locate_popcnt};
const GuessKernels kAvx2Guesses{scan_avx2, locate_popcnt};
const GuessKernels kAvx512Guesses{scan_avx512, locate_bmi2};
#endif

}  // namespace notcontent
