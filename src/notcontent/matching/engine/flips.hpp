// The ways in which a chunk, or half of one, may differ from a query's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mih_table.hpp"

namespace notcontent {

constexpr unsigned kMostFlips = kMaxRadius / kChunks;
constexpr std::size_t kHalf = 256;  // values of half a chunk

// Numbers below 2^Width by how many bits they have, up to kMostFlips.
template <unsigned Width>
struct Flips {
  Flips() {
    for (unsigned bits = 0; bits <= kMostFlips; ++bits) {
      for (std::uint32_t v = 0; v < (1U << Width); ++v) {
        if (static_cast<unsigned>(__builtin_popcount(v)) == bits)
          of_bits[bits].push_back(static_cast<std::uint16_t>(v));
      }
    }
  }
  std::array<std::vector<std::uint16_t>, kMostFlips + 1> of_bits;
};

inline const Flips<16>& whole_flips() {
  static const Flips<16> flips;
  return flips;
}

inline const Flips<8>& half_flips() {
  static const Flips<8> flips;
  return flips;
}

// A flip of the low half of a chunk, and how many bits it has.
struct LowFlip {
  std::uint8_t flip;
  std::uint8_t bits;
};

// Those of at most `bits` bits, fewest first, in one list.
inline const std::vector<LowFlip>& low_flips(int bits) {
  static const std::array<std::vector<LowFlip>, kMostFlips + 1> lists = [] {
    std::array<std::vector<LowFlip>, kMostFlips + 1> made;
    for (unsigned most = 0; most <= kMostFlips; ++most) {
      for (unsigned b = 0; b <= most; ++b) {
        for (const std::uint16_t flip : half_flips().of_bits[b]) {
          made[most].push_back({static_cast<std::uint8_t>(flip), static_cast<std::uint8_t>(b)});
        }
      }
    }
    return made;
  }();
  return lists[static_cast<std::size_t>(bits)];
}

}  // namespace notcontent
