// The innermost loop of a look-up: buckets whose check words are compared with the one that is wanted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "crowds.hpp"
#include "rows.hpp"

namespace notcontent {

struct Settling;

// One bucket to look into for one query.
struct Probe {
  std::uint32_t begin;  // its entries, in its chunk's table
  std::uint32_t end;
  std::uint32_t query;
  std::uint16_t bucket;
  std::uint16_t wanted;  // the query's next chunk
  std::uint8_t limit;    // bits in which a check word may differ from it
  std::uint8_t chunk;
};

// An entry whose check word is near enough.
struct Survivor {
  std::uint32_t probe;
  std::uint32_t entry;
};

// What a scan reads, and what it asks for on behalf of the survivors. Of chunk c, each begins at c * its stride.
struct Tables {
  const std::uint16_t* checks;
  const std::uint16_t* lows;
  const std::uint64_t* highs;
  std::size_t entries_stride;
  std::size_t highs_stride;
  std::size_t groups;
};

// Look into `count` buckets beginning with number `first`, and append what survives. Stops after a bucket when there
// are `enough` survivors. Returns the number of the first bucket that was not looked into.
using ScanProbes = std::size_t (*)(const Tables& tables, const Probe* probes, std::size_t first, std::size_t count,
                                   std::size_t enough, std::vector<Survivor>& survivors);

// Compare the survivors of these probes as a whole, and report the rows within the radius.
using Settle = void (*)(const Settling& on, const Probe* probes, const std::vector<Survivor>& survivors, Hits& hits);

// Both loops, for one instruction set, and those for many queries.
struct ProbeKernels {
  ScanProbes scan;
  Settle settle;
  const CrowdKernels& crowds;
};

extern const ProbeKernels kPortableProbes;
#if defined(__x86_64__)
extern const ProbeKernels kScalarProbes;  // with the popcnt instruction
extern const ProbeKernels kAvx2Probes;
extern const ProbeKernels kAvx512Probes;
#endif

}  // namespace notcontent
