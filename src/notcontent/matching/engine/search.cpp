#include "search.hpp"

#include <algorithm>

#include "crew.hpp"

namespace notcontent {
namespace {

// Queries of one piece of work. Several pieces of work per tile let many threads share a small bank.
constexpr std::size_t kSpanQueries = 256;
// Comparisons that are worth a thread of their own: some tenths of a millisecond.
constexpr std::size_t kPairsPerThread = std::size_t{1} << 18;

}  // namespace

std::vector<Hits> sweep(const std::vector<Rows>& tiles, const std::vector<std::uint64_t>& queries, std::uint32_t radius,
                        unsigned threads, const Kernels& kernels) {
  const std::size_t query_count = queries.size() / kRowWords;
  const std::size_t spans = (query_count + kSpanQueries - 1) / kSpanQueries;
  std::size_t rows = 0;
  for (const Rows& tile : tiles) rows += tile.count;
  const std::size_t members = std::min<std::size_t>(threads, 1 + rows * query_count / kPairsPerThread);

  std::vector<Hits> hits(members);
  share_out(tiles.size() * spans, members, [&](std::size_t unit, std::size_t member) {
    const Rows& tile = tiles[unit / spans];
    std::size_t query = unit % spans * kSpanQueries;
    const std::size_t end = std::min(query + kSpanQueries, query_count);
    while (query < end) {
      const std::size_t together = std::min(kQueriesPerPass, end - query);
      kernels.scan[together - 1](tile, &queries[query * kRowWords], static_cast<std::uint32_t>(query), radius,
                                 hits[member]);
      query += together;
    }
  });
  return hits;
}

Found in_order(std::vector<Hits>& hits, std::size_t query_count) {
  Found found;
  found.lims.assign(query_count + 1, 0);
  for (const Hits& some : hits) {
    for (const Hit& hit : some) ++found.lims[hit.query + 1];
  }
  for (std::size_t q = 0; q < query_count; ++q) found.lims[q + 1] += found.lims[q];

  const auto total = static_cast<std::size_t>(found.lims.back());
  std::vector<std::uint64_t> keys(total);  // distance above id: sorting keys sorts by both
  std::vector<std::int64_t> place(found.lims.begin(), found.lims.end() - 1);
  for (Hits& some : hits) {
    for (const Hit& hit : some) {
      keys[static_cast<std::size_t>(place[hit.query]++)] = std::uint64_t{hit.distance} << 32 | hit.id;
    }
    Hits().swap(some);
  }
  for (std::size_t q = 0; q < query_count; ++q) {
    std::sort(keys.begin() + found.lims[q], keys.begin() + found.lims[q + 1]);
  }

  found.ids.resize(total);
  found.distances.resize(total);
  for (std::size_t i = 0; i < total; ++i) {
    found.ids[i] = static_cast<std::uint32_t>(keys[i]);
    found.distances[i] = static_cast<std::uint8_t>(keys[i] >> 32);
  }
  return found;
}

}  // namespace notcontent
