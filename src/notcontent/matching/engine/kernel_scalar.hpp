// Word-at-a-time scanning, shared by the kernels that differ only in the instructions the compiler may use.
//
// Everything here is force-inlined into functions that carry a `target` attribute, so the same text compiles to
// the `popcnt` instruction in one kernel and to plain arithmetic in another.
#pragma once

#include "kernels.hpp"

#define NOTCONTENT_INLINE __attribute__((always_inline)) inline

namespace notcontent {

NOTCONTENT_INLINE std::uint32_t bits(std::uint64_t word) {
  return static_cast<std::uint32_t>(__builtin_popcountll(word));
}

// Report those of a block's rows named by `lanes` (bit i: row i) that are within the radius as a whole.
// The vector kernels look at half of each row first and leave the few survivors to this.
NOTCONTENT_INLINE void report(const Rows& rows, std::size_t block, unsigned lanes, const std::uint64_t* query,
                              std::uint32_t query_number, std::uint32_t radius, Hits& hits) {
  const std::uint64_t* words = rows.blocks + block * kBlockWords;
  while (lanes != 0) {
    const auto lane = static_cast<std::size_t>(__builtin_ctz(lanes));
    lanes &= lanes - 1;
    const std::size_t row = block * kBlockRows + lane;
    if (row >= rows.count) return;  // padding after the last row
    std::uint32_t distance = 0;
    for (std::size_t w = 0; w < kRowWords; ++w) distance += bits(words[w * kBlockRows + lane] ^ query[w]);
    if (distance <= radius) hits.push_back({query_number, rows.ids[row], distance});
  }
}

template <std::size_t K>
NOTCONTENT_INLINE void scan_words(const Rows& rows, const std::uint64_t* queries, std::uint32_t first_query,
                                  std::uint32_t radius, Hits& hits) {
  const std::size_t blocks = blocks_for(rows.count);
  for (std::size_t b = 0; b < blocks; ++b) {
    const std::uint64_t* words = rows.blocks + b * kBlockWords;
    for (std::size_t k = 0; k < K; ++k) {
      const std::uint64_t* query = queries + k * kRowWords;
      unsigned near = 0;
      for (std::size_t lane = 0; lane < kBlockRows; ++lane) {
        const std::uint32_t half = bits(words[lane] ^ query[0]) + bits(words[kBlockRows + lane] ^ query[1]);
        near |= static_cast<unsigned>(half <= radius) << lane;
      }
      if (__builtin_expect(near != 0, 0)) {
        report(rows, b, near, query, first_query + static_cast<std::uint32_t>(k), radius, hits);
      }
    }
  }
}

// One row after the other, first to last, from rows of four words. Hits carry their places.
NOTCONTENT_INLINE void compare_rows(const std::uint64_t* rows, std::size_t first, std::size_t last,
                                    const std::uint64_t* query, std::uint32_t query_number, std::uint32_t radius,
                                    Hits& hits) {
  for (std::size_t row = first; row < last; ++row) {
    const std::uint64_t* words = rows + row * kRowWords;
    const std::uint32_t half = bits(words[0] ^ query[0]) + bits(words[1] ^ query[1]);
    if (__builtin_expect(half > radius, 1)) continue;
    const std::uint32_t distance = half + bits(words[2] ^ query[2]) + bits(words[3] ^ query[3]);
    if (distance <= radius) hits.push_back({query_number, static_cast<std::uint32_t>(row), distance});
  }
}

}  // namespace notcontent
