// Which of 64 rows may fit an estimate: rough losses of all of them at once, never above the true ones.
//
// A half byte of a row adds one of sixteen numbers to its score, or, said otherwise, loses so much of the most that it
// could add. Rounded down to small whole numbers the losses fit a vector register, in which one instruction looks them
// up for a register full of rows. They are in such units that a row which loses more than a byte holds does not fit: so
// the sums are bytes too, and stop at 255. What rounding lets through is scored exactly afterwards (weighted.hpp), so
// it costs time and changes no answer.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "rows.hpp"

namespace notcontent {

constexpr std::size_t kHalves =
    2 * kRowBytes;  // half bytes of a row: 2 b is the low one of byte b, 2 b + 1 the high one
constexpr std::size_t kHalfValues = 16;
constexpr std::size_t kTileLanes = 64;  // rows of a tile

using HalfTables = std::array<std::array<float, kHalfValues>, kHalves>;

// 64 rows, half byte by half byte.
struct alignas(64) SiftTile {
  std::uint8_t halves[kHalves][kTileLanes];
  std::uint64_t filled;  // the lanes that hold a row: row r is bit r

  // From `count` (at most 64) rows; `row` gives each one's `words`, which lie `stride` apart, or none. Lanes behind
  // them may hold anything.
  template <class RowOf>
  void fill(std::size_t count, RowOf row);
};

// What a row loses by its half bytes, roughly, those first that decide most.
struct alignas(64) Rough {
  Rough() : losses{}, order{} {}
  // `most` is the most that a value of each half byte adds. The value that adds the least, its complement, is as far
  // from 0.
  Rough(const HalfTables& tables, const std::array<float, kHalves>& most, float threshold);

  std::uint8_t losses[kHalves][kHalfValues];
  std::array<std::uint8_t, kHalves> order;  // losses[k] is about half byte order[k]
};

// The rows of a tile that may reach the threshold: row r is bit r.
using Sift = std::uint64_t (*)(const SiftTile& tile, const Rough& rough);

extern const Sift kSiftNothing;  // rules no row out: for processors without wide registers
#if defined(__x86_64__)
extern const Sift kAvx2Sift;
extern const Sift kAvx512Sift;
#endif

namespace detail {

// Eight words as 8 x 8 bytes: rows and columns change places.
inline void transpose_bytes(std::uint64_t (&w)[8]) {
  const auto swap = [&w](std::size_t a, std::size_t b, unsigned shift, std::uint64_t mask) {
    const std::uint64_t differing = ((w[a] >> shift) ^ w[b]) & mask;
    w[b] ^= differing;
    w[a] ^= differing << shift;
  };
  for (std::size_t i = 0; i < 4; ++i) swap(i, i + 4, 32, 0x00000000ffffffffU);
  for (const std::size_t i : {0U, 1U, 4U, 5U}) swap(i, i + 2, 16, 0x0000ffff0000ffffU);
  for (std::size_t i = 0; i < 8; i += 2) swap(i, i + 1, 8, 0x00ff00ff00ff00ffU);
}

}  // namespace detail

template <class RowOf>
void SiftTile::fill(std::size_t count, RowOf row) {
  constexpr std::uint64_t kLow = 0x0f0f0f0f0f0f0f0fU;
  filled = 0;
  for (std::size_t first = 0; first < count; first += 8) {
    std::uint64_t words[kRowWords][8] = {};
    for (std::size_t i = 0; i < 8 && first + i < count; ++i) {
      const auto here = row(first + i);
      if (here.words == nullptr) continue;
      filled |= std::uint64_t{1} << (first + i);
      for (std::size_t word = 0; word < kRowWords; ++word) words[word][i] = here.words[word * here.stride];
    }
    for (std::size_t word = 0; word < kRowWords; ++word) {
      detail::transpose_bytes(words[word]);
      for (std::size_t byte = 0; byte < 8; ++byte) {
        const std::uint64_t low = words[word][byte] & kLow;
        const std::uint64_t high = words[word][byte] >> 4 & kLow;
        std::memcpy(&halves[2 * (8 * word + byte)][first], &low, sizeof low);
        std::memcpy(&halves[2 * (8 * word + byte) + 1][first], &high, sizeof high);
      }
    }
  }
}

}  // namespace notcontent
