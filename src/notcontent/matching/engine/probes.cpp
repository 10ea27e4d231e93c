#include "probes.hpp"

#include <algorithm>
#include <cstring>

#include "probe_walk.hpp"
#include "settle.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#define NOTCONTENT_POPCNT __attribute__((target("popcnt")))
#define NOTCONTENT_BMI2 __attribute__((target("popcnt,bmi,bmi2")))
#define NOTCONTENT_AVX2 __attribute__((target("avx2,popcnt,bmi")))
#define NOTCONTENT_AVX512 __attribute__((target("avx512f,avx512bw,avx512bitalg,popcnt,bmi")))
#endif
#define NOTCONTENT_INLINE __attribute__((always_inline)) inline

// Each scan walks the buckets in the same way; only the comparison differs. The walk is written out in each, because
// a function for one instruction set is not inlined into one for all.

namespace notcontent {
namespace {

// Bits of four check words, counted within one 64-bit word: in pairs, fours, eights and sixteens.
NOTCONTENT_INLINE std::uint64_t bits_of_four(std::uint64_t v) {
  v = v - ((v >> 1) & 0x5555555555555555U);
  v = (v & 0x3333333333333333U) + ((v >> 2) & 0x3333333333333333U);
  v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fU;
  return (v + (v >> 8)) & 0x001f001f001f001fU;
}

std::size_t scan_portable(const Tables& tables, const Probe* probes, std::size_t first, std::size_t count,
                          std::size_t enough, std::vector<Survivor>& survivors) {
  constexpr std::uint64_t kEach = 0x0001000100010001U;
  ask_for_first(tables, probes, first, count);
  for (std::size_t i = first; i < count; ++i) {
    if (i + kAhead < count) ask_for(tables, probes[i + kAhead]);
    const Probe& probe = probes[i];
    const std::uint16_t* words = tables.checks + probe.chunk * tables.entries_stride;
    const std::uint64_t wanted = probe.wanted * kEach;
    const std::uint64_t most = (0x8000U + probe.limit) * kEach;  // less the bits: the top bit stays up to the limit
    for (std::uint32_t at = probe.begin; at < probe.end; at += 4) {
      const std::uint32_t lanes = std::min<std::uint32_t>(4, probe.end - at);
      std::uint64_t four = ~wanted;  // lanes past the end differ in every bit
      std::memcpy(&four, words + at, lanes * sizeof(std::uint16_t));
      std::uint64_t near = (most - bits_of_four(four ^ wanted)) & 0x8000U * kEach;
      for (; near != 0; near &= near - 1) {
        report(tables, probe, i, at + static_cast<std::uint32_t>(__builtin_ctzll(near)) / 16, survivors);
      }
    }
    if (survivors.size() >= enough) return i + 1;
  }
  return count;
}

void settle_portable(const Settling& on, const Probe* probes, const std::vector<Survivor>& survivors, Hits& hits) {
  Settler<SelectByClearing>(on, probes, hits).settle(survivors);
}

#if defined(__x86_64__)

NOTCONTENT_POPCNT void settle_popcnt(const Settling& on, const Probe* probes, const std::vector<Survivor>& survivors,
                                     Hits& hits) {
  Settler<SelectByClearing>(on, probes, hits).settle(survivors);
}

NOTCONTENT_BMI2 void settle_bmi2(const Settling& on, const Probe* probes, const std::vector<Survivor>& survivors,
                                 Hits& hits) {
  Settler<SelectByDeposit>(on, probes, hits).settle(survivors);
}

// Two bits of the answer for each of sixteen check words: both set when it is near enough.
NOTCONTENT_AVX2 NOTCONTENT_INLINE std::uint32_t near_sixteen(__m256i words, __m256i wanted, __m256i beyond) {
  const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                         0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i low = _mm256_set1_epi8(0x0f);
  const __m256i v = _mm256_xor_si256(words, wanted);
  const __m256i bytes = _mm256_add_epi8(_mm256_shuffle_epi8(table, _mm256_and_si256(v, low)),
                                        _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(v, 4), low)));
  const __m256i bits = _mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1));
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpgt_epi16(beyond, bits)));
}

NOTCONTENT_AVX2 std::size_t scan_avx2(const Tables& tables, const Probe* probes, std::size_t first, std::size_t count,
                                      std::size_t enough, std::vector<Survivor>& survivors) {
  ask_for_first(tables, probes, first, count);
  for (std::size_t i = first; i < count; ++i) {
    if (i + kAhead < count) ask_for(tables, probes[i + kAhead]);
    const Probe& probe = probes[i];
    const std::uint16_t* words = tables.checks + probe.chunk * tables.entries_stride;
    const __m256i wanted = _mm256_set1_epi16(static_cast<short>(probe.wanted));
    const __m256i beyond = _mm256_set1_epi16(static_cast<short>(probe.limit + 1));
    for (std::uint32_t at = probe.begin; at < probe.end; at += 16) {
      const std::uint32_t left = probe.end - at;
      __m256i some;
      if (at + std::size_t{16} <= tables.entries_stride) {  // what stands behind the bucket is left out below
        some = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words + at));
      } else {
        alignas(32) std::uint16_t tail[16] = {};
        std::memcpy(tail, words + at, std::min<std::uint32_t>(16, left) * sizeof(std::uint16_t));
        some = _mm256_load_si256(reinterpret_cast<const __m256i*>(tail));
      }
      std::uint32_t near = near_sixteen(some, wanted, beyond);
      if (left < 16) near &= (std::uint32_t{1} << (2 * left)) - 1;
      for (near &= 0x55555555U; __builtin_expect(near != 0, 0); near &= near - 1) {
        report(tables, probe, i, at + static_cast<std::uint32_t>(__builtin_ctz(near)) / 2, survivors);
      }
    }
    if (__builtin_expect(survivors.size() >= enough, 0)) return i + 1;
  }
  return count;
}

NOTCONTENT_AVX512 std::size_t scan_avx512(const Tables& tables, const Probe* probes, std::size_t first,
                                          std::size_t count, std::size_t enough, std::vector<Survivor>& survivors) {
  ask_for_first(tables, probes, first, count);
  for (std::size_t i = first; i < count; ++i) {
    if (i + kAhead < count) ask_for(tables, probes[i + kAhead]);
    const Probe& probe = probes[i];
    const std::uint16_t* words = tables.checks + probe.chunk * tables.entries_stride;
    const __m512i wanted = _mm512_set1_epi16(static_cast<short>(probe.wanted));
    const __m512i limit = _mm512_set1_epi16(probe.limit);
    for (std::uint32_t at = probe.begin; at < probe.end; at += 32) {
      const std::uint32_t left = probe.end - at;
      const __mmask32 lanes = left >= 32 ? ~__mmask32{0} : (__mmask32{1} << left) - 1;
      const __m512i v = _mm512_xor_si512(_mm512_maskz_loadu_epi16(lanes, words + at), wanted);
      __mmask32 near = _mm512_mask_cmple_epu16_mask(lanes, _mm512_popcnt_epi16(v), limit);
      for (; __builtin_expect(near != 0, 0); near &= near - 1) {
        report(tables, probe, i, at + static_cast<std::uint32_t>(__builtin_ctz(near)), survivors);
      }
    }
    if (__builtin_expect(survivors.size() >= enough, 0)) return i + 1;
  }
  return count;
}

#endif

}  // namespace

const ProbeKernels kPortableProbes{scan_portable, settle_portable};
#if defined(__x86_64__)
const ProbeKernels kScalarProbes{scan_portable, settle_popcnt};
const ProbeKernels kAvx2Probes{scan_avx2, settle_popcnt};
const ProbeKernels kAvx512Probes{scan_avx512, settle_bmi2};
#endif

}  // namespace notcontent
