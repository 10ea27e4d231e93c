#include "search.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

namespace notcontent {
namespace {

// Queries of one piece of work. Several pieces of work per tile let many threads share a small bank.
constexpr std::size_t kSpanQueries = 256;
// Comparisons that are worth a thread of their own: some tenths of a millisecond.
constexpr std::size_t kPairsPerThread = std::size_t{1} << 18;

// One search, shared by its threads. Work is a grid of (tile, span of queries), handed out tile by tile.
class Sweep {
 public:
  Sweep(const std::vector<Rows>& tiles, const std::vector<std::uint64_t>& queries, std::uint32_t radius,
        const Kernels& kernels)
      : tiles_(tiles),
        queries_(queries),
        query_count_(queries.size() / kRowWords),
        spans_((query_count_ + kSpanQueries - 1) / kSpanQueries),
        radius_(radius),
        kernels_(kernels) {}

  unsigned useful_threads(unsigned wanted) const {
    std::size_t rows = 0;
    for (const Rows& tile : tiles_) rows += tile.count;
    const std::size_t most = std::min(1 + rows * query_count_ / kPairsPerThread, std::max<std::size_t>(1, units()));
    return static_cast<unsigned>(std::min<std::size_t>(wanted, most));
  }

  std::vector<Hits> run(unsigned wanted) {
    const unsigned count = useful_threads(wanted);
    std::vector<Hits> hits(count);
    std::vector<std::thread> threads;
    threads.reserve(count);
    for (unsigned t = 1; t < count; ++t) {
      try {
        threads.emplace_back([this, &hits, t] { work(hits[t]); });
      } catch (const std::system_error&) {
        break;  // the system gives no more threads; those that run take over the rest
      }
    }
    work(hits[0]);
    for (std::thread& thread : threads) thread.join();
    if (failure_) std::rethrow_exception(failure_);
    return hits;
  }

 private:
  std::size_t units() const { return tiles_.size() * spans_; }

  void work(Hits& hits) noexcept {
    try {
      for (std::size_t unit = next_++; unit < units(); unit = next_++) scan(unit, hits);
    } catch (...) {
      next_ = units();  // out of memory: let the other threads stop as well
      const std::lock_guard<std::mutex> guard(failure_lock_);
      failure_ = std::current_exception();
    }
  }

  void scan(std::size_t unit, Hits& hits) const {
    const Rows& tile = tiles_[unit / spans_];
    std::size_t query = unit % spans_ * kSpanQueries;
    const std::size_t end = std::min(query + kSpanQueries, query_count_);
    while (query < end) {
      const std::size_t together = std::min(kQueriesPerPass, end - query);
      kernels_.scan[together - 1](tile, &queries_[query * kRowWords], static_cast<std::uint32_t>(query), radius_, hits);
      query += together;
    }
  }

  const std::vector<Rows>& tiles_;
  const std::vector<std::uint64_t>& queries_;
  const std::size_t query_count_;
  const std::size_t spans_;
  const std::uint32_t radius_;
  const Kernels& kernels_;
  std::atomic<std::size_t> next_{0};
  std::mutex failure_lock_;
  std::exception_ptr failure_;
};

// Bring the hits of all threads into the order of queries, and each query's into the order (distance, id).
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

}  // namespace

std::vector<Rows> tiled(const Rows& rows) {
  std::vector<Rows> tiles;
  tiles.reserve((rows.count + kTileRows - 1) / kTileRows);
  for (std::size_t row = 0; row < rows.count; row += kTileRows) {
    tiles.push_back({rows.blocks + row / kBlockRows * kBlockWords, rows.ids + row, std::min(kTileRows, rows.count - row)});
  }
  return tiles;
}

Found search(const std::vector<Rows>& tiles, const std::vector<std::uint64_t>& queries, std::uint32_t radius,
             unsigned threads, const Kernels& kernels) {
  std::vector<Hits> hits = Sweep(tiles, queries, radius, kernels).run(threads);
  return in_order(hits, queries.size() / kRowWords);
}

}  // namespace notcontent
