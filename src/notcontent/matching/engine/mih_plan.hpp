// What a look-up goes by: how far each chunk may differ.
#pragma once

#include <array>

#include "mih_table.hpp"

namespace notcontent {

inline std::uint16_t chunk_of(const std::uint64_t* words, unsigned chunk) {
  return static_cast<std::uint16_t>(words[chunk / 4] >> (chunk % 4 * kChunkBits));
}

// By the cycle lemma: each chunk is allowed its limit and one bit more, and the allowances add up to radius + 1.
struct Plan {
  explicit Plan(std::uint32_t radius) {
    const auto allowance = static_cast<int>(radius + 1);
    for (int c = 0; c < static_cast<int>(kChunks); ++c) {
      alone[static_cast<std::size_t>(c)] = (c + 1) * allowance / 16 - c * allowance / 16 - 1;  // spread evenly
    }
    for (std::size_t c = 0; c < kChunks; ++c) together[c] = alone[c] + alone[(c + 1) % kChunks] + 1;
  }

  std::array<int, kChunks> alone;     // bits in which chunk c may differ; -1: it is not looked up at all
  std::array<int, kChunks> together;  // bits in which chunks c and c + 1 may differ in all
};

// One search of one table.
struct Settling {
  const MihTable& table;
  const DeadRows& dead;
  const std::uint64_t* queries;
  std::uint32_t radius;
  const Plan& plan;
};

}  // namespace notcontent
