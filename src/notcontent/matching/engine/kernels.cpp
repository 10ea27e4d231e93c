#include "kernels.hpp"

#include "kernel_scalar.hpp"
#include "native/instruction_sets.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#define NOTCONTENT_POPCNT __attribute__((target("popcnt")))
#define NOTCONTENT_AVX2 __attribute__((target("avx2,popcnt,bmi")))
#define NOTCONTENT_AVX512 __attribute__((target("avx512f,avx512dq,avx512vpopcntdq,popcnt,bmi")))
#endif

// Each vector kernel first compares two of a row's four words. Half a row that is already farther than the radius
// rules the row out, which is so for nearly all rows (half of a random row is 64 bits away); the rest are finished
// by `report`. This changes the speed only: a row within the radius always has its half within it.

namespace notcontent {
namespace {

template <std::size_t K>
void scan_portable(const Rows& rows, const std::uint64_t* queries, std::uint32_t first_query, std::uint32_t radius,
                   Hits& hits) {
  scan_words<K>(rows, queries, first_query, radius, hits);
}

void scan_rows_portable(const std::uint64_t* rows, std::size_t count, const std::uint64_t* query,
                        std::uint32_t query_number, std::uint32_t radius, Hits& hits) {
  compare_rows(rows, 0, count, query, query_number, radius, hits);
}

#if defined(__x86_64__)

NOTCONTENT_POPCNT void scan_rows_popcnt(const std::uint64_t* rows, std::size_t count, const std::uint64_t* query,
                                        std::uint32_t query_number, std::uint32_t radius, Hits& hits) {
  compare_rows(rows, 0, count, query, query_number, radius, hits);
}

// Four rows in two registers; the sums of their words meet in lanes 0 (row 0), 1 (row 2), 4 (row 1) and 5 (row 3).
NOTCONTENT_AVX512 void scan_rows_avx512(const std::uint64_t* rows, std::size_t count, const std::uint64_t* query,
                                        std::uint32_t query_number, std::uint32_t radius, Hits& hits) {
  constexpr __mmask8 kAll = 0xff;  // the forms without a mask leave a register undefined, which the compiler warns of
  const __m512i wanted =
      _mm512_maskz_broadcast_i64x4(kAll, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(query)));
  const __m512i limit = _mm512_set1_epi64(static_cast<long long>(radius));
  std::size_t row = 0;
  for (; row + 4 <= count; row += 4) {
    const __m512i first = _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(rows + row * kRowWords), wanted));
    const __m512i last =
        _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(rows + (row + 2) * kRowWords), wanted));
    const __m512i pairs = _mm512_add_epi64(_mm512_maskz_unpacklo_epi64(kAll, first, last),
                                           _mm512_maskz_unpackhi_epi64(kAll, first, last));
    const __m512i sums =
        _mm512_add_epi64(pairs, _mm512_maskz_shuffle_i64x2(kAll, pairs, pairs, _MM_SHUFFLE(2, 3, 0, 1)));
    if (__builtin_expect(_mm512_mask_cmple_epu64_mask(0x33, sums, limit) != 0, 0)) {
      compare_rows(rows, row, row + 4, query, query_number, radius, hits);
    }
  }
  compare_rows(rows, row, count, query, query_number, radius, hits);
}

template <std::size_t K>
NOTCONTENT_POPCNT void scan_popcnt(const Rows& rows, const std::uint64_t* queries, std::uint32_t first_query,
                                   std::uint32_t radius, Hits& hits) {
  scan_words<K>(rows, queries, first_query, radius, hits);
}

// Set bits of each byte: two table look-ups, one for each half byte.
NOTCONTENT_AVX2 NOTCONTENT_INLINE __m256i bits_of_bytes(__m256i v) {
  const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                         0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i low = _mm256_set1_epi8(0x0f);
  return _mm256_add_epi8(_mm256_shuffle_epi8(table, _mm256_and_si256(v, low)),
                         _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(v, 4), low)));
}

// All ones in each 64-bit lane whose two words together differ from the query's by at most `radius` bits.
NOTCONTENT_AVX2 NOTCONTENT_INLINE __m256i near_lanes(__m256i word0, __m256i word1, __m256i query0, __m256i query1,
                                                     __m256i beyond) {
  const __m256i bytes =
      _mm256_add_epi8(bits_of_bytes(_mm256_xor_si256(word0, query0)), bits_of_bytes(_mm256_xor_si256(word1, query1)));
  return _mm256_cmpgt_epi64(beyond, _mm256_sad_epu8(bytes, _mm256_setzero_si256()));
}

NOTCONTENT_AVX2 NOTCONTENT_INLINE unsigned lane_bits(__m256i lanes) {
  return static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(lanes)));
}

template <std::size_t K>
NOTCONTENT_AVX2 void scan_avx2(const Rows& rows, const std::uint64_t* queries, std::uint32_t first_query,
                               std::uint32_t radius, Hits& hits) {
  const __m256i beyond = _mm256_set1_epi64x(static_cast<long long>(radius) + 1);
  __m256i query0[K];
  __m256i query1[K];
  for (std::size_t k = 0; k < K; ++k) {
    query0[k] = _mm256_set1_epi64x(static_cast<long long>(queries[k * kRowWords]));
    query1[k] = _mm256_set1_epi64x(static_cast<long long>(queries[k * kRowWords + 1]));
  }
  const std::size_t blocks = blocks_for(rows.count);
  for (std::size_t b = 0; b < blocks; ++b) {
    const auto* words = reinterpret_cast<const __m256i*>(rows.blocks + b * kBlockWords);
    const __m256i first0 = _mm256_loadu_si256(words);      // word 0 of rows 0..3
    const __m256i last0 = _mm256_loadu_si256(words + 1);   // word 0 of rows 4..7
    const __m256i first1 = _mm256_loadu_si256(words + 2);  // word 1 of rows 0..3
    const __m256i last1 = _mm256_loadu_si256(words + 3);
    for (std::size_t k = 0; k < K; ++k) {
      const __m256i first = near_lanes(first0, first1, query0[k], query1[k], beyond);
      const __m256i last = near_lanes(last0, last1, query0[k], query1[k], beyond);
      const __m256i any = _mm256_or_si256(first, last);
      if (__builtin_expect(!_mm256_testz_si256(any, any), 0)) {
        report(rows, b, lane_bits(first) | lane_bits(last) << 4, queries + k * kRowWords,
               first_query + static_cast<std::uint32_t>(k), radius, hits);
      }
    }
  }
}

template <std::size_t K>
NOTCONTENT_AVX512 void scan_avx512(const Rows& rows, const std::uint64_t* queries, std::uint32_t first_query,
                                   std::uint32_t radius, Hits& hits) {
  const __m512i limit = _mm512_set1_epi64(static_cast<long long>(radius));
  __m512i query0[K];
  __m512i query1[K];
  for (std::size_t k = 0; k < K; ++k) {
    query0[k] = _mm512_set1_epi64(static_cast<long long>(queries[k * kRowWords]));
    query1[k] = _mm512_set1_epi64(static_cast<long long>(queries[k * kRowWords + 1]));
  }
  const std::size_t blocks = blocks_for(rows.count);
  for (std::size_t b = 0; b < blocks; ++b) {
    const std::uint64_t* words = rows.blocks + b * kBlockWords;
    const __m512i word0 = _mm512_loadu_si512(words);
    const __m512i word1 = _mm512_loadu_si512(words + kBlockRows);
    unsigned near[K];
    unsigned any = 0;
    for (std::size_t k = 0; k < K; ++k) {
      const __m512i half = _mm512_add_epi64(_mm512_popcnt_epi64(_mm512_xor_si512(word0, query0[k])),
                                            _mm512_popcnt_epi64(_mm512_xor_si512(word1, query1[k])));
      near[k] = _mm512_cmple_epu64_mask(half, limit);
      any |= near[k];
    }
    if (__builtin_expect(any != 0, 0)) {
      for (std::size_t k = 0; k < K; ++k) {
        report(rows, b, near[k], queries + k * kRowWords, first_query + static_cast<std::uint32_t>(k), radius, hits);
      }
    }
  }
}

const Kernels kAvx512{"avx512",         {scan_avx512<1>, scan_avx512<2>, scan_avx512<3>, scan_avx512<4>},
                      scan_rows_avx512, kAvx512Probes,
                      kAvx512Guesses,   kAvx512Sift};
const Kernels kAvx2{"avx2",           {scan_avx2<1>, scan_avx2<2>, scan_avx2<3>, scan_avx2<4>},
                    scan_rows_popcnt, kAvx2Probes,
                    kAvx2Guesses,     kAvx2Sift};
const Kernels kScalar{"scalar",         {scan_popcnt<1>, scan_popcnt<2>, scan_popcnt<3>, scan_popcnt<4>},
                      scan_rows_popcnt, kScalarProbes,
                      kScalarGuesses,   kSiftNothing};

#endif

const Kernels kPortable{"portable",         {scan_portable<1>, scan_portable<2>, scan_portable<3>, scan_portable<4>},
                        scan_rows_portable, kPortableProbes,
                        kPortableGuesses,   kSiftNothing};

std::vector<const Kernels*> probe_processor() {
  std::vector<const Kernels*> found;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512bitalg") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")) {
    found.push_back(&kAvx512);
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi")) {
    found.push_back(&kAvx2);
  }
  if (__builtin_cpu_supports("popcnt")) found.push_back(&kScalar);
#endif
  found.push_back(&kPortable);
  return found;
}

}  // namespace

const std::vector<const Kernels*>& available_kernels() {
  static const std::vector<const Kernels*> kernels = probe_processor();
  return kernels;
}

const Kernels& kernels_named(std::string_view name) { return kernels_among(available_kernels(), name); }

}  // namespace notcontent
