// The innermost loops: one for each instruction set, all with the same answer.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "guess_probes.hpp"
#include "probes.hpp"
#include "sift.hpp"

namespace notcontent {

// Up to this many queries share one pass over the rows, so that each load is used several times.
constexpr std::size_t kQueriesPerPass = 4;

// Report every row within `radius` of each query. `queries` holds four words a query; hits carry
// `first_query` + the query's place in the pass.
using Scan = void (*)(const Rows& rows, const std::uint64_t* queries, std::uint32_t first_query, std::uint32_t radius,
                      Hits& hits);

// The same for one query and `count` rows of four words that lie one after the other; hits carry their places for ids.
using ScanRows = void (*)(const std::uint64_t* rows, std::size_t count, const std::uint64_t* query,
                          std::uint32_t query_number, std::uint32_t radius, Hits& hits);

// One instruction set. `scan[k - 1]` takes exactly k queries.
struct Kernels {
  std::string_view name;
  std::array<Scan, kQueriesPerPass> scan;
  ScanRows scan_rows;
  const ProbeKernels& probes;
  const GuessKernels& guesses;
  const Sift& sift;
};

// What this processor can run, fastest first. The last one, "portable", runs everywhere.
const std::vector<const Kernels*>& available_kernels();

// The named instruction set; "auto" is the fastest. Throws std::invalid_argument when this processor lacks it.
const Kernels& kernels_named(std::string_view name);

}  // namespace notcontent
