// From entries whose check word is likely enough to their rows, and whether these may fit as a whole.

#include <algorithm>

#include "guess_probes.hpp"
#include "settle.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#define NOTCONTENT_POPCNT __attribute__((target("popcnt")))
#define NOTCONTENT_AVX2 __attribute__((target("avx2,popcnt,bmi")))
#define NOTCONTENT_AVX512 __attribute__((target("avx2,popcnt,bmi,bmi2")))
#endif
#define NOTCONTENT_INLINE __attribute__((always_inline)) inline

namespace notcontent {
namespace {

constexpr std::size_t kTogether = 256;  // survivors whose rows are asked for before the first is looked at
constexpr std::size_t kSurvivorsAhead = 24;

// The walk over the survivors is the same for all instruction sets: ask for what tells a row's place, find the place
// and ask for the row, and look at it.
template <class Select, class MayFit>
NOTCONTENT_INLINE void settle(const MihTable& table, const Losses* losses, const GuessProbe* probes,
                              const Survivors& survivors, std::vector<NearRow>& near, MayFit may_fit) {
  const Layout& layout = table.layout();
  const Tables tables{table.checks(0),       table.lows(0),       table.highs(0),
                      layout.entries_stride, layout.highs_stride, layout.groups};
  const Survivor* all = survivors.data();
  const std::size_t count = survivors.count();
  Places<Select> places(table);
  NearRow rows[kTogether];
  for (std::size_t i = 0; i < std::min(kSurvivorsAhead, count); ++i) {
    ask_for_place(tables, probes[all[i].probe], all[i].entry);
  }
  for (std::size_t first = 0; first < count; first += kTogether) {
    const std::size_t here = std::min(kTogether, count - first);
    for (std::size_t i = 0; i < here; ++i) {
      if (const std::size_t later = first + i + kSurvivorsAhead; later < count) {
        ask_for_place(tables, probes[all[later].probe], all[later].entry);
      }
      const Survivor& survivor = all[first + i];
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
      __builtin_prefetch(table.row(place));
      rows[i] = {static_cast<std::uint32_t>(place), probe.look};
    }
    for (std::size_t i = 0; i < here; ++i) {
      if (__builtin_expect(may_fit(losses[rows[i].look], table.row(rows[i].place)), 0)) near.push_back(rows[i]);
    }
  }
}

bool may_fit_portable(const Losses& losses, const std::uint64_t* words) { return losses.may_fit(words); }

void settle_portable(const MihTable& table, const Losses* losses, const GuessProbe* probes, const Survivors& survivors,
                     std::vector<NearRow>& near) {
  settle<SelectBySums>(table, losses, probes, survivors, near, may_fit_portable);
}

#if defined(__x86_64__)

NOTCONTENT_POPCNT void settle_popcnt(const MihTable& table, const Losses* losses, const GuessProbe* probes,
                                     const Survivors& survivors, std::vector<NearRow>& near) {
  settle<SelectBySums>(table, losses, probes, survivors, near, may_fit_portable);
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

NOTCONTENT_AVX2 void settle_avx2(const MihTable& table, const Losses* losses, const GuessProbe* probes,
                                 const Survivors& survivors, std::vector<NearRow>& near) {
  settle<SelectBySums>(table, losses, probes, survivors, near,
                       [](const Losses& of, const std::uint64_t* words)
                           NOTCONTENT_AVX2 { return may_fit_avx2(of, words); });
}

NOTCONTENT_AVX512 void settle_avx512(const MihTable& table, const Losses* losses, const GuessProbe* probes,
                                     const Survivors& survivors, std::vector<NearRow>& near) {
  settle<SelectByDeposit>(table, losses, probes, survivors, near,
                          [](const Losses& of, const std::uint64_t* words)
                              NOTCONTENT_AVX512 { return may_fit_avx2(of, words); });
}

#endif

}  // namespace

const SettleGuesses kPortableSettleGuesses = settle_portable;
#if defined(__x86_64__)
const SettleGuesses kScalarSettleGuesses = settle_popcnt;
const SettleGuesses kAvx2SettleGuesses = settle_avx2;
const SettleGuesses kAvx512SettleGuesses = settle_avx512;
#endif

}  // namespace notcontent
