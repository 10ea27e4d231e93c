// From entries whose check word is likely enough to their rows, and whether these may fit as a whole.

#include <algorithm>

#include "guess_probes.hpp"
#include "settle.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#define NOTCONTENT_POPCNT __attribute__((target("popcnt")))
#define NOTCONTENT_BMI2 __attribute__((target("popcnt,bmi,bmi2")))
#define NOTCONTENT_AVX2 __attribute__((target("avx2,popcnt,bmi")))
#endif
#define NOTCONTENT_INLINE __attribute__((always_inline)) inline

namespace notcontent {
namespace {

constexpr std::size_t kSurvivorsAhead = 24;  // whose place is asked for before it is needed
constexpr std::size_t kRowsAhead = 24;

template <class Select>
NOTCONTENT_INLINE void find(const MihTable& table, const GuessProbe* probes, const Survivors& survivors,
                            Appended<NearRow>& rows) {
  const Layout& layout = table.layout();
  const Tables tables{table.checks(0),       table.lows(0),       table.highs(0),
                      layout.entries_stride, layout.highs_stride, layout.groups};
  const Survivor* all = survivors.data();
  const std::size_t count = survivors.count();
  rows.make_room(count);
  Places<Select> places(table);
  for (std::size_t i = 0; i < std::min(kSurvivorsAhead, count); ++i) {
    ask_for_place(tables, probes[all[i].probe], all[i].entry);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (const std::size_t later = i + kSurvivorsAhead; later < count) {
      ask_for_place(tables, probes[all[later].probe], all[later].entry);
    }
    const Survivor& survivor = all[i];
    const GuessProbe& probe = probes[survivor.probe];
    const std::size_t start = probe.begin + probe.bucket * layout.groups;
    const std::uint32_t rank = survivor.entry - probe.begin;
    const std::uint64_t* at = table.highs(probe.chunk) + start / 64;
    const std::uint64_t window = at[0] >> start % 64 | at[1] << 1 << (63 - start % 64);
    std::size_t place;
    if (static_cast<std::uint32_t>(__builtin_popcountll(window)) > rank) {
      place = (Select::at(window, rank) - rank) << 16 | table.lows(probe.chunk)[survivor.entry];
      place = place < table.size() ? place : 0;  // a damaged file may lead anywhere
    } else {
      place = places.of(probe, survivor.probe, survivor.entry);
    }
    rows.add_if(true, {static_cast<std::uint32_t>(place), probe.look});
  }
}

template <class MayFit>
NOTCONTENT_INLINE void sift(const MihTable& table, const Losses* losses, const NearRow* rows, std::size_t count,
                            std::vector<NearRow>& near, MayFit may_fit) {
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kRowsAhead < count) __builtin_prefetch(table.row(rows[i + kRowsAhead].place));
    if (__builtin_expect(may_fit(losses[rows[i].look], table.row(rows[i].place)), 0)) near.push_back(rows[i]);
  }
}

void find_portable(const MihTable& table, const GuessProbe* probes, const Survivors& survivors,
                   Appended<NearRow>& rows) {
  find<SelectBySums>(table, probes, survivors, rows);
}

void sift_portable(const MihTable& table, const Losses* losses, const NearRow* rows, std::size_t count,
                   std::vector<NearRow>& near) {
  sift(table, losses, rows, count, near,
       [](const Losses& of, const std::uint64_t* words) { return of.may_fit(words); });
}

#if defined(__x86_64__)

NOTCONTENT_POPCNT void find_popcnt(const MihTable& table, const GuessProbe* probes, const Survivors& survivors,
                                   Appended<NearRow>& rows) {
  find<SelectBySums>(table, probes, survivors, rows);
}

NOTCONTENT_BMI2 void find_bmi2(const MihTable& table, const GuessProbe* probes, const Survivors& survivors,
                               Appended<NearRow>& rows) {
  find<SelectByDeposit>(table, probes, survivors, rows);
}

// Each of 64 differing bits is spread over a byte, which lets the bit's loss through.
NOTCONTENT_AVX2 NOTCONTENT_INLINE bool may_fit_avx2(const Losses& losses, const std::uint64_t* words) {
  const __m256i low = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1,  //
                                       2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
  const __m256i high = _mm256_add_epi8(low, _mm256_set1_epi8(4));
  const __m256i bits = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201U));
  __m256i lost = _mm256_setzero_si256();
  for (std::size_t word = 0; word < kRowWords; ++word) {
    const __m256i differing = _mm256_set1_epi64x(static_cast<long long>(words[word] ^ losses.bits[word]));
    const auto* of = reinterpret_cast<const __m256i*>(losses.of.data() + word * 64);
    const __m256i first = _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(differing, low), bits), bits);
    const __m256i last = _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(differing, high), bits), bits);
    const __m256i zero = _mm256_setzero_si256();
    lost = _mm256_add_epi64(lost, _mm256_sad_epu8(_mm256_and_si256(first, _mm256_load_si256(of)), zero));
    lost = _mm256_add_epi64(lost, _mm256_sad_epu8(_mm256_and_si256(last, _mm256_load_si256(of + 1)), zero));
  }
  const __m128i halves = _mm_add_epi64(_mm256_castsi256_si128(lost), _mm256_extracti128_si256(lost, 1));
  return _mm_cvtsi128_si32(_mm_add_epi64(halves, _mm_unpackhi_epi64(halves, halves))) <= losses.most;
}

NOTCONTENT_AVX2 void sift_avx2(const MihTable& table, const Losses* losses, const NearRow* rows, std::size_t count,
                               std::vector<NearRow>& near) {
  sift(table, losses, rows, count, near,
       [](const Losses& of, const std::uint64_t* words) NOTCONTENT_AVX2 { return may_fit_avx2(of, words); });
}

#endif

}  // namespace

const RowKernels kPortableRows{find_portable, sift_portable};
#if defined(__x86_64__)
const RowKernels kScalarRows{find_popcnt, sift_portable};
const RowKernels kAvx2Rows{find_popcnt, sift_avx2};
const RowKernels kAvx512Rows{find_bmi2, sift_avx2};
#endif

}  // namespace notcontent
