#include "guess_probes.hpp"

#include <algorithm>
#include <cstring>

#include "probe_walk.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#define NOTCONTENT_AVX2 __attribute__((target("avx2,popcnt,bmi")))
#define NOTCONTENT_AVX512 __attribute__((target("avx512f,avx512bw,popcnt,bmi")))
#endif
#define NOTCONTENT_INLINE __attribute__((always_inline)) inline

// As in probes.cpp, the walk is written out for each instruction set. The vector forms add with saturation, so that a
// sum of 255 or more is 255, which is more than any limit: the answers are those of plain addition.

namespace notcontent {
namespace {

std::size_t scan_portable(const Tables& tables, const CheckCosts* costs, const GuessProbe* probes, std::size_t first,
                          std::size_t count, std::size_t enough, Survivors& survivors) {
  ask_for_first(tables, probes, first, count);
  for (std::size_t i = first; i < count; ++i) {
    if (i + kAhead < count) ask_for(tables, probes[i + kAhead]);
    const GuessProbe& probe = probes[i];
    const std::uint16_t* words = tables.checks + probe.chunk * tables.entries_stride;
    const CheckCosts& cost = costs[probe.look];
    survivors.make_room(probe.end - probe.begin);
    for (std::uint32_t at = probe.begin; at < probe.end; ++at) {
      const unsigned word = words[at];
      const unsigned sum = unsigned{cost.of[0][word & 0xfU]} + cost.of[1][word >> 4 & 0xfU] +
                           cost.of[2][word >> 8 & 0xfU] + cost.of[3][word >> 12];
      survivors.add_if(sum <= probe.left, {static_cast<std::uint32_t>(i), at});
    }
    if (survivors.count() >= enough) return i + 1;
  }
  return count;
}

#if defined(__x86_64__)

NOTCONTENT_AVX2 NOTCONTENT_INLINE __m256i table_of(const std::uint8_t* of) {
  return _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(of)));
}

// Which of 32 check words cost at most `left`: word w is bit w. Low and high bytes are brought together first, so that
// a look-up of half bytes serves all 32.
NOTCONTENT_AVX2 NOTCONTENT_INLINE std::uint32_t likely_of(__m256i first, __m256i last, const __m256i (&tables)[4],
                                                          __m256i left) {
  const __m256i low_byte = _mm256_set1_epi16(0x00ff);
  const __m256i half = _mm256_set1_epi8(0x0f);
  const __m256i lows = _mm256_packus_epi16(_mm256_and_si256(first, low_byte), _mm256_and_si256(last, low_byte));
  const __m256i highs = _mm256_packus_epi16(_mm256_srli_epi16(first, 8), _mm256_srli_epi16(last, 8));
  const auto costs = [&](__m256i table, __m256i halves)
                         NOTCONTENT_AVX2 { return _mm256_shuffle_epi8(table, _mm256_and_si256(halves, half)); };
  const __m256i of_lows = _mm256_adds_epu8(costs(tables[0], lows), costs(tables[1], _mm256_srli_epi16(lows, 4)));
  const __m256i of_highs = _mm256_adds_epu8(costs(tables[2], highs), costs(tables[3], _mm256_srli_epi16(highs, 4)));
  const __m256i sums = _mm256_adds_epu8(of_lows, of_highs);
  const __m256i likely = _mm256_cmpeq_epi8(_mm256_min_epu8(sums, left), sums);
  // Packing went by halves of a register: the quarters in the middle change places.
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_permute4x64_epi64(likely, 0xd8)));
}

// Nearly every bucket has at most 32 entries and one survivor, if any: those pass without a branch that could be
// foretold wrongly.
NOTCONTENT_AVX2 std::size_t scan_avx2(const Tables& tables, const CheckCosts* costs, const GuessProbe* probes,
                                      std::size_t first, std::size_t count, std::size_t enough, Survivors& survivors) {
  ask_for_first(tables, probes, first, count);
  for (std::size_t i = first; i < count; ++i) {
    if (i + kAhead < count) ask_for(tables, probes[i + kAhead]);
    const GuessProbe& probe = probes[i];
    const std::uint16_t* words = tables.checks + probe.chunk * tables.entries_stride;
    const CheckCosts& cost = costs[probe.look];
    const __m256i of[4] = {table_of(cost.of[0]), table_of(cost.of[1]), table_of(cost.of[2]), table_of(cost.of[3])};
    const __m256i left = _mm256_set1_epi8(static_cast<char>(probe.left));
    survivors.make_room(probe.end - probe.begin);
    std::uint32_t at = probe.begin;
    do {
      const std::uint32_t here = std::min<std::uint32_t>(32, probe.end - at);
      const auto* some = reinterpret_cast<const __m256i*>(words + at);
      alignas(32) std::uint16_t tail[32];
      // What stands behind the bucket in the table is read along and left out again below.
      if (__builtin_expect(at + std::size_t{32} > tables.entries_stride, 0)) {
        std::memset(tail, 0, sizeof tail);
        std::memcpy(tail, words + at, here * sizeof(std::uint16_t));
        some = reinterpret_cast<const __m256i*>(tail);
      }
      const __m256i* more = here > 16 ? some + 1 : some;  // not memory that nobody asked for
      std::uint32_t near = likely_of(_mm256_loadu_si256(some), _mm256_loadu_si256(more), of, left);
      near &= static_cast<std::uint32_t>((std::uint64_t{1} << here) - 1);
      const auto number = static_cast<std::uint32_t>(i);
      survivors.add_if(near != 0, {number, at + static_cast<std::uint32_t>(__builtin_ctz(near | 1U << 31))});
      for (near &= near - 1; __builtin_expect(near != 0, 0); near &= near - 1) {
        survivors.add_if(true, {number, at + static_cast<std::uint32_t>(__builtin_ctz(near))});
      }
      at += here;
    } while (__builtin_expect(at < probe.end, 0));
    if (__builtin_expect(survivors.count() >= enough, 0)) return i + 1;
  }
  return count;
}

NOTCONTENT_AVX512 NOTCONTENT_INLINE __m512i wide_table_of(const std::uint8_t* of) {
  // The form without a mask leaves a register undefined, which the compiler warns of.
  return _mm512_maskz_broadcast_i32x4(0xffff, _mm_load_si128(reinterpret_cast<const __m128i*>(of)));
}

NOTCONTENT_AVX512 std::size_t scan_avx512(const Tables& tables, const CheckCosts* costs, const GuessProbe* probes,
                                          std::size_t first, std::size_t count, std::size_t enough,
                                          Survivors& survivors) {
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
    survivors.make_room(probe.end - probe.begin);
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
        survivors.add_if(true, {static_cast<std::uint32_t>(i), at + static_cast<std::uint32_t>(__builtin_ctz(near))});
      }
    }
    if (survivors.count() >= enough) return i + 1;
  }
  return count;
}

#endif

}  // namespace

const GuessKernels kPortableGuesses{scan_portable, kPortableRows};
#if defined(__x86_64__)
const GuessKernels kScalarGuesses{scan_portable, kScalarRows};
const GuessKernels kAvx2Guesses{scan_avx2, kAvx2Rows};
const GuessKernels kAvx512Guesses{scan_avx512, kAvx512Rows};
#endif

}  // namespace notcontent
