// What every walk through buckets has in common: asking for memory before it is needed.
//
// Force-inlined into functions that carry a `target` attribute (probes.cpp, crowds.cpp, guess_probes.cpp).
#pragma once

#include <algorithm>

#include "probes.hpp"

namespace notcontent {

constexpr std::size_t kAhead = 16;         // buckets whose memory is asked for before they are needed
constexpr std::uint32_t kLineChecks = 32;  // check words of one cache line
constexpr std::uint32_t kAskedLines = 8;   // the processor follows a longer bucket by itself

template <class Bucket>
[[gnu::always_inline]] inline void ask_for(const Tables& tables, const Bucket& probe) {
  const std::uint16_t* words = tables.checks + probe.chunk * tables.entries_stride;
  const std::uint32_t last = probe.end - 1;
  for (std::uint32_t at = probe.begin, n = 0; at < last && n < kAskedLines; at += kLineChecks, ++n) {
    __builtin_prefetch(words + at);
  }
  __builtin_prefetch(words + last);
}

template <class Bucket>
[[gnu::always_inline]] inline void ask_for_first(const Tables& tables, const Bucket* probes, std::size_t first,
                                                 std::size_t count) {
  for (std::size_t i = first; i < std::min(count, first + kAhead); ++i) ask_for(tables, probes[i]);
}

// The memory that tells an entry's place.
template <class Bucket>
[[gnu::always_inline]] inline void ask_for_place(const Tables& tables, const Bucket& bucket, std::uint32_t entry) {
  // Bits are counted from the bucket's first one on, which may lie in the line before; the entry's own lies about two
  // bits on for every entry before it.
  const std::uint64_t* highs = tables.highs + bucket.chunk * tables.highs_stride;
  const std::size_t first = bucket.begin + bucket.bucket * tables.groups;
  __builtin_prefetch(tables.lows + bucket.chunk * tables.entries_stride + entry);
  __builtin_prefetch(highs + first / 64);
  __builtin_prefetch(highs + (first + 2 * std::size_t{entry - bucket.begin}) / 64);
}

// A survivor's place will be read when the scan is over.
template <class Bucket>
[[gnu::always_inline]] inline void report(const Tables& tables, const Bucket& probe, std::size_t number,
                                          std::uint32_t entry, std::vector<Survivor>& survivors) {
  survivors.push_back({static_cast<std::uint32_t>(number), entry});
  ask_for_place(tables, probe, entry);
}

}  // namespace notcontent
