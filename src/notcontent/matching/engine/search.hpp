// Every row within the radius of every query, over rows that lie in one or many pieces.
#pragma once

#include "kernels.hpp"

namespace notcontent {

// Answers of all queries one after the other: those of query q are at lims[q] .. lims[q + 1], by (distance, id).
struct Found {
  std::vector<std::int64_t> lims;
  std::vector<std::uint32_t> ids;
  std::vector<std::uint8_t> distances;
};

// Rows scanned for one group of queries before the next group: small enough to stay in the processor's cache.
constexpr std::size_t kTileRows = 2048;

// Look at every row. `queries` holds four words a query. The hits come in no order, in one piece a thread.
// Throws std::bad_alloc.
std::vector<Hits> sweep(const std::vector<Rows>& tiles, const std::vector<std::uint64_t>& queries, std::uint32_t radius,
                        unsigned threads, const Kernels& kernels);

// Bring hits into the order of queries, and each query's into the order (distance, id). Empties `hits`.
Found in_order(std::vector<Hits>& hits, std::size_t query_count);

}  // namespace notcontent
