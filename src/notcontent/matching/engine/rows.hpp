// How 256-bit rows lie in memory, and what a scan over them finds.
//
// Eight rows make one block of 256 bytes: word 0 of all eight rows, then word 1, word 2, word 3. One 64-byte load
// therefore brings the same word of eight rows, which is what a vector register wants. Row r of a bank is lane
// r % 8 of block r / 8; lanes past the last row are zero and never reported.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Index files hold little-endian numbers that are searched in place; this machine is big-endian."
#endif

namespace notcontent {

constexpr std::size_t kRowBytes = 32;
constexpr std::size_t kRowWords = 4;
constexpr std::size_t kBlockRows = 8;
constexpr std::size_t kBlockWords = kRowWords * kBlockRows;
constexpr std::uint32_t kMaxRadius = 63;

constexpr std::size_t blocks_for(std::size_t rows) { return (rows + kBlockRows - 1) / kBlockRows; }

// A run of rows that lie one after the other, with the id of each. Borrowed: somebody else keeps the memory alive.
struct Rows {
  const std::uint64_t* blocks;
  const std::uint32_t* ids;
  std::size_t count;
};

struct Hit {
  std::uint32_t query;
  std::uint32_t id;
  std::uint32_t distance;
};

using Hits = std::vector<Hit>;

}  // namespace notcontent
