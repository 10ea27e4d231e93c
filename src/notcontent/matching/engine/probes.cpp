#include "probes.hpp"

#include <algorithm>
#include <cstring>

#include "near.hpp"
#include "probe_walk.hpp"
#include "settle.hpp"

// Each scan walks the buckets in the same way; only the comparison differs. The walk is written out in each, because
// a function for one instruction set is not inlined into one for all.

namespace notcontent {
namespace {

std::size_t scan_portable(const Tables& tables, const Probe* probes, std::size_t first, std::size_t count,
                          std::size_t enough, std::vector<Survivor>& survivors) {
  ask_for_first(tables, probes, first, count);
  for (std::size_t i = first; i < count; ++i) {
    if (i + kAhead < count) ask_for(tables, probes[i + kAhead]);
    const Probe& probe = probes[i];
    const std::uint16_t* words = tables.checks + probe.chunk * tables.entries_stride;
    const std::uint64_t wanted = probe.wanted * kEachOfFour;
    for (std::uint32_t at = probe.begin; at < probe.end; at += 4) {
      const std::uint32_t lanes = std::min<std::uint32_t>(4, probe.end - at);
      std::uint64_t four = ~wanted;  // lanes past the end differ in every bit
      std::memcpy(&four, words + at, lanes * sizeof(std::uint16_t));
      std::uint64_t near = near_of_four(four, wanted, probe.limit);
      for (; near != 0; near &= near - 1) {
        report(tables, probe, i, at + static_cast<std::uint32_t>(__builtin_ctzll(near)) / 16, survivors);
      }
    }
    if (survivors.size() >= enough) return i + 1;
  }
  return count;
}

template <class Select>
NOTCONTENT_INLINE void settle(const Settling& on, const Probe* probes, const std::vector<Survivor>& survivors,
                              Hits& hits) {
  Settler<Select, Probe> settler(on, hits);
  for (const Survivor& survivor : survivors) {
    const Probe& probe = probes[survivor.probe];
    settler.meet(probe, survivor.probe, probe.query, survivor.entry);
  }
  settler.finish();
}

void settle_portable(const Settling& on, const Probe* probes, const std::vector<Survivor>& survivors, Hits& hits) {
  settle<SelectBySums>(on, probes, survivors, hits);
}

#if defined(__x86_64__)

NOTCONTENT_POPCNT void settle_popcnt(const Settling& on, const Probe* probes, const std::vector<Survivor>& survivors,
                                     Hits& hits) {
  settle<SelectBySums>(on, probes, survivors, hits);
}

NOTCONTENT_BMI2 void settle_bmi2(const Settling& on, const Probe* probes, const std::vector<Survivor>& survivors,
                                 Hits& hits) {
  settle<SelectByDeposit>(on, probes, survivors, hits);
}

template <unsigned Limit>
NOTCONTENT_AVX2 NOTCONTENT_INLINE void walk_avx2(const Tables& tables, const Probe& probe, std::size_t number,
                                                 std::vector<Survivor>& survivors) {
  const std::uint16_t* words = tables.checks + probe.chunk * tables.entries_stride;
  const __m256i wanted = _mm256_set1_epi16(static_cast<short>(probe.wanted));
  const __m256i beyond = _mm256_set1_epi16(static_cast<short>(probe.limit + 1));
  for (std::uint32_t at = probe.begin; at < probe.end; at += 32) {
    const std::uint32_t left = probe.end - at;
    std::uint32_t near;
    if (at + std::size_t{32} <= tables.entries_stride) {  // what stands behind the bucket is left out below
      near = left <= 16 ? near_of_16<Limit>(words + at, wanted, beyond) : near_of_32<Limit>(words + at, wanted, beyond);
    } else {
      std::uint16_t tail[32] = {};
      std::memcpy(tail, words + at, std::min<std::uint32_t>(32, left) * sizeof(std::uint16_t));
      near = near_of_32<Limit>(tail, wanted, beyond);
    }
    if (__builtin_expect(near == 0, 1)) continue;
    near = in_order(near);
    if (left < 32) near &= (std::uint32_t{1} << left) - 1;
    for (; near != 0; near &= near - 1) {
      report(tables, probe, number, at + static_cast<std::uint32_t>(__builtin_ctz(near)), survivors);
    }
  }
}

NOTCONTENT_AVX2 std::size_t scan_avx2(const Tables& tables, const Probe* probes, std::size_t first, std::size_t count,
                                      std::size_t enough, std::vector<Survivor>& survivors) {
  ask_for_first(tables, probes, first, count);
  for (std::size_t i = first; i < count; ++i) {
    if (i + kAhead < count) ask_for(tables, probes[i + kAhead]);
    if (probes[i].limit == 2) {
      walk_avx2<2>(tables, probes[i], i, survivors);
    } else {
      walk_avx2<kCleared + 1>(tables, probes[i], i, survivors);
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

const ProbeKernels kPortableProbes{scan_portable, settle_portable, kPortableCrowds};
#if defined(__x86_64__)
const ProbeKernels kScalarProbes{scan_portable, settle_popcnt, kScalarCrowds};
const ProbeKernels kAvx2Probes{scan_avx2, settle_popcnt, kAvx2Crowds};
const ProbeKernels kAvx512Probes{scan_avx512, settle_bmi2, kAvx512Crowds};
#endif

}  // namespace notcontent
