// The fixed order in which the bits of a hash are kept.
//
// A search cuts a hash into sixteen chunks of sixteen bits and looks each of them up. Neighbouring bits of a picture's
// hash belong together (they are neighbouring frequencies), so chunks cut from it as it comes are skewed: many plain
// pictures share one. Seen as a square of 16 x 16 bits, each row is turned by an amount of its own and then rows and
// columns change places: every chunk gets one bit of each row and one of each column. Distances do not change.
#pragma once

#include <array>
#include <cstdint>

#include "rows.hpp"

namespace notcontent {

constexpr unsigned kChunks = 16;
constexpr unsigned kChunkBits = 16;
// Each number once, and no constant step, so that no chunk follows a diagonal.
constexpr std::array<unsigned, kChunks> kTurns{0, 11, 5, 14, 3, 8, 13, 2, 7, 12, 1, 10, 15, 4, 9, 6};

using Words = std::array<std::uint64_t, kRowWords>;

namespace detail {

constexpr std::uint64_t turned(std::uint64_t word, std::size_t place, bool back) {
  std::uint64_t out = 0;
  for (std::size_t row = 0; row < 4; ++row) {
    const unsigned turn = back ? (16 - kTurns[4 * place + row]) % 16 : kTurns[4 * place + row];
    const auto bits = static_cast<std::uint32_t>(word >> (16 * row) & 0xffffU);
    out |= static_cast<std::uint64_t>((bits << turn | bits >> (16 - turn)) & 0xffffU) << (16 * row);
  }
  return out;
}

// Swap the marked bits of `a`, `shift` places up, with those of `b`.
constexpr void swap_bits(std::uint64_t& a, std::uint64_t& b, unsigned shift, std::uint64_t mask) {
  const std::uint64_t differing = ((a >> shift) ^ b) & mask;
  b ^= differing;
  a ^= differing << shift;
}

// Within one word, swap bits that lie `up` places up with those that lie `across` places up.
constexpr void swap_within(std::uint64_t& word, unsigned up, unsigned across, std::uint64_t mask) {
  const std::uint64_t differing = ((word >> up) ^ (word >> across)) & mask;
  word ^= differing << up ^ differing << across;
}

// Rows and columns of the 16 x 16 bits change places: blocks of eight, of four, of two, of one.
constexpr void transpose(Words& w) {
  swap_bits(w[0], w[2], 8, 0x00ff00ff00ff00ffU);
  swap_bits(w[1], w[3], 8, 0x00ff00ff00ff00ffU);
  swap_bits(w[0], w[1], 4, 0x0f0f0f0f0f0f0f0fU);
  swap_bits(w[2], w[3], 4, 0x0f0f0f0f0f0f0f0fU);
  for (std::uint64_t& word : w) {
    swap_within(word, 2, 32, 0x0000000033333333U);
    swap_within(word, 1, 16, 0x0000555500005555U);
  }
}

}  // namespace detail

// Into the order that the engine keeps.
constexpr Words permuted(Words words) {
  for (std::size_t w = 0; w < kRowWords; ++w) words[w] = detail::turned(words[w], w, false);
  detail::transpose(words);
  return words;
}

// And back.
constexpr Words restored(Words words) {
  detail::transpose(words);
  for (std::size_t w = 0; w < kRowWords; ++w) words[w] = detail::turned(words[w], w, true);
  return words;
}

}  // namespace notcontent
