#include "crowds.hpp"

#include <algorithm>
#include <cstring>

#include "near.hpp"
#include "settle.hpp"

// A bucket that several queries look into stays in the nearest cache for all of them. Nothing is asked for ahead: the
// buckets of a half chunk lie one after the other, which the processor follows by itself. What is near is written down
// at every step and kept if it is anything, because a branch on that would be guessed wrong whenever it is.

namespace notcontent {
namespace {

NOTCONTENT_INLINE Near* keep(Near* to, std::uint32_t number, std::uint32_t asker, std::uint32_t at,
                             std::uint32_t entries) {
  *to = {number, asker, at, entries};
  return to + (entries != 0);
}

Near* walk_one(const Tables& tables, const Crowd& crowd, std::uint32_t number, const Asker* askers, Near* to) {
  const std::uint16_t* words = tables.checks + crowd.chunk * tables.entries_stride;
  for (std::uint32_t a = crowd.first; a < crowd.last; ++a) {
    const std::uint64_t wanted = askers[a].wanted * kEachOfFour;
    for (std::uint32_t at = crowd.begin; at < crowd.end; at += kStepEntries) {
      const std::uint32_t here = std::min(kStepEntries, crowd.end - at);
      std::uint32_t entries = 0;
      for (std::uint32_t i = 0; i < here; i += 4) {
        std::uint64_t four = 0;
        std::memcpy(&four, words + at + i, std::min<std::uint32_t>(4, here - i) * sizeof(std::uint16_t));
        std::uint64_t near = near_of_four(four, wanted, askers[a].limit);
        for (; near != 0; near &= near - 1) {
          entries |= std::uint32_t{1} << (i + static_cast<std::uint32_t>(__builtin_ctzll(near)) / 16);
        }
      }
      to = keep(to, number, a, at, entries);
    }
  }
  return to;
}

Near* walk_portable(const Tables& tables, const Crowd* crowds, std::size_t first, std::size_t last, const Asker* askers,
                    Near* to) {
  for (std::size_t c = first; c < last; ++c) {
    to = walk_one(tables, crowds[c], static_cast<std::uint32_t>(c), askers, to);
  }
  return to;
}

template <class Select>
NOTCONTENT_INLINE void settle(const Settling& on, const Crowd* crowds, const Asker* askers, const Near* near,
                              std::size_t count, Hits& hits) {
  const Layout& layout = on.table.layout();
  const Tables tables{on.table.checks(0),    on.table.lows(0),    on.table.highs(0),
                      layout.entries_stride, layout.highs_stride, layout.groups};
  Settler<Select, Crowd> settler(on, hits);
  for (const Near* some = near; some != near + count; ++some) {
    const Crowd& crowd = crowds[some->crowd];
    for (std::uint32_t entries = some->entries; entries != 0; entries &= entries - 1) {
      const std::uint32_t entry = some->at + static_cast<std::uint32_t>(__builtin_ctz(entries));
      if (entry >= crowd.end) break;
      ask_for_place(tables, crowd, entry);
      settler.meet(crowd, some->asker, askers[some->asker].query, entry);
    }
  }
  settler.finish();
}

void settle_portable(const Settling& on, const Crowd* crowds, const Asker* askers, const Near* near, std::size_t count,
                     Hits& hits) {
  settle<SelectBySums>(on, crowds, askers, near, count, hits);
}

#if defined(__x86_64__)

NOTCONTENT_POPCNT void settle_popcnt(const Settling& on, const Crowd* crowds, const Asker* askers, const Near* near,
                                     std::size_t count, Hits& hits) {
  settle<SelectBySums>(on, crowds, askers, near, count, hits);
}

NOTCONTENT_BMI2 void settle_bmi2(const Settling& on, const Crowd* crowds, const Asker* askers, const Near* near,
                                 std::size_t count, Hits& hits) {
  settle<SelectByDeposit>(on, crowds, askers, near, count, hits);
}

template <unsigned Limit>
NOTCONTENT_AVX2 NOTCONTENT_INLINE Near* walk_avx2_for(const std::uint16_t* words, const Crowd& crowd,
                                                      std::uint32_t number, const Asker& asker, std::uint32_t a,
                                                      Near* to) {
  const __m256i wanted = _mm256_set1_epi16(static_cast<short>(asker.wanted));
  const __m256i beyond = _mm256_set1_epi16(static_cast<short>(asker.limit + 1));
  std::uint32_t at = crowd.begin;
  do {
    to = keep(to, number, a, at, near_of_32<Limit>(words + at, wanted, beyond));
    at += kStepEntries;
  } while (at < crowd.end);
  return to;
}

NOTCONTENT_AVX2 Near* walk_avx2(const Tables& tables, const Crowd* crowds, std::size_t first, std::size_t last,
                                const Asker* askers, Near* to) {
  Near* const begin = to;
  for (std::size_t c = first; c < last; ++c) {
    const Crowd crowd = crowds[c];
    const auto number = static_cast<std::uint32_t>(c);
    // What stands behind a bucket is read along, but nothing behind its chunk's table.
    if (__builtin_expect(crowd.end + std::size_t{kStepEntries} > tables.entries_stride, 0)) continue;
    const std::uint16_t* words = tables.checks + crowd.chunk * tables.entries_stride;
    for (std::uint32_t a = crowd.first; a < crowd.last; ++a) {
      const Asker asker = askers[a];
      switch (asker.limit) {
        case 2:
          to = walk_avx2_for<2>(words, crowd, number, asker, a, to);
          break;
        case 3:
          to = walk_avx2_for<3>(words, crowd, number, asker, a, to);
          break;
        case 1:
          to = walk_avx2_for<1>(words, crowd, number, asker, a, to);
          break;
        case 0:
          to = walk_avx2_for<0>(words, crowd, number, asker, a, to);
          break;
        default:
          to = walk_avx2_for<kCleared + 1>(words, crowd, number, asker, a, to);
      }
    }
  }
  for (Near* some = begin; some != to; ++some) some->entries = in_order(some->entries);
  for (std::size_t c = last; c > first; --c) {  // those that were left out above stand at the end of the chunk
    if (crowds[c - 1].end + std::size_t{kStepEntries} <= tables.entries_stride) break;
    to = walk_one(tables, crowds[c - 1], static_cast<std::uint32_t>(c - 1), askers, to);
  }
  return to;
}

NOTCONTENT_AVX512 Near* walk_avx512(const Tables& tables, const Crowd* crowds, std::size_t first, std::size_t last,
                                    const Asker* askers, Near* to) {
  for (std::size_t c = first; c < last; ++c) {
    const Crowd& crowd = crowds[c];
    const std::uint16_t* words = tables.checks + crowd.chunk * tables.entries_stride;
    for (std::uint32_t a = crowd.first; a < crowd.last; ++a) {
      const __m512i wanted = _mm512_set1_epi16(static_cast<short>(askers[a].wanted));
      const __m512i limit = _mm512_set1_epi16(static_cast<short>(askers[a].limit));
      for (std::uint32_t at = crowd.begin; at < crowd.end; at += kStepEntries) {
        const std::uint32_t left = crowd.end - at;
        const __mmask32 lanes = left >= 32 ? ~__mmask32{0} : (__mmask32{1} << left) - 1;
        const __m512i v = _mm512_xor_si512(_mm512_maskz_loadu_epi16(lanes, words + at), wanted);
        const __mmask32 near = _mm512_mask_cmple_epu16_mask(lanes, _mm512_popcnt_epi16(v), limit);
        to = keep(to, static_cast<std::uint32_t>(c), a, at, near);
      }
    }
  }
  return to;
}

#endif

}  // namespace

const CrowdKernels kPortableCrowds{walk_portable, settle_portable};
#if defined(__x86_64__)
const CrowdKernels kScalarCrowds{walk_portable, settle_popcnt};
const CrowdKernels kAvx2Crowds{walk_avx2, settle_popcnt};
const CrowdKernels kAvx512Crowds{walk_avx512, settle_bmi2};
#endif

}  // namespace notcontent
