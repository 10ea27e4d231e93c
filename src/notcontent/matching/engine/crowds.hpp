// The innermost loop of a look-up of many queries: a bucket with all the queries that look into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rows.hpp"

namespace notcontent {

struct Settling;
struct Tables;

// A query that looks into a bucket.
struct Asker {
  std::uint32_t query;
  std::uint16_t wanted;  // its next chunk
  std::uint16_t limit;   // bits in which a check word may differ from it
};

// A bucket and its askers, which lie one after the other.
struct Crowd {
  std::uint32_t begin;  // the bucket's entries, in its chunk's table: at least one
  std::uint32_t end;
  std::uint32_t first;  // the numbers of its askers
  std::uint32_t last;
  std::uint16_t bucket;
  std::uint16_t chunk;
};

// What a walk takes at a time.
constexpr std::uint32_t kStepEntries = 32;

// Entries from `at` on whose check words are near enough to the asker's: a bit each. Bits of entries behind the
// bucket's end mean nothing.
struct Near {
  std::uint32_t crowd;
  std::uint32_t asker;
  std::uint32_t at;
  std::uint32_t entries;
};

// Walk through the buckets of the crowds with numbers `first` to `last`, for all of their askers. Writes what is near
// from `to` on, each asker's in the order of entries, and returns where that ends: there must be room for every step of
// every asker.
using WalkCrowds = Near* (*)(const Tables& tables, const Crowd* crowds, std::size_t first, std::size_t last,
                             const Asker* askers, Near* to);

// Compare `count` of these as a whole, and report the rows within the radius.
using SettleCrowds = void (*)(const Settling& on, const Crowd* crowds, const Asker* askers, const Near* near,
                              std::size_t count, Hits& hits);

// Both loops, for one instruction set.
struct CrowdKernels {
  WalkCrowds walk;
  SettleCrowds settle;
};

extern const CrowdKernels kPortableCrowds;
#if defined(__x86_64__)
extern const CrowdKernels kScalarCrowds;  // with the popcnt instruction
extern const CrowdKernels kAvx2Crowds;
extern const CrowdKernels kAvx512Crowds;
#endif

}  // namespace notcontent
