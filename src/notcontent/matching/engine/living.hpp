// A living bank of any size: large tables, and a pile of what came since, merged in the background.
//
// One state is a list of tables (each with those of its rows that left), the pile that is being made into a table,
// and the pile that grows. A writer publishes the next state in one step; a search works on the one that it found at
// its start. Merging builds beside all that and only publishes at its end, so neither searches nor changes wait.
#pragma once

#include <mutex>
#include <optional>

#include "estimates.hpp"
#include "mih_search.hpp"
#include "numbering.hpp"
#include "pile.hpp"
#include "weighted.hpp"

namespace notcontent {

// A pile of this size becomes a table. Searching so many rows one by one takes about as long as searching a table.
constexpr std::size_t kTableRows = std::size_t{1} << 15;

class Living {
 public:
  // Begin with tables that have no id in common. Numbering goes on after the largest.
  Living(const Kernels& kernels, const std::vector<std::shared_ptr<const MihTable>>& tables);

  std::size_t size() const { return now()->size(); }

  // As Brute::add and Brute::remove.
  std::vector<std::uint32_t> add(const std::vector<Words>& rows, std::optional<std::vector<std::uint32_t>> ids);
  std::size_t remove(const std::vector<std::uint32_t>& ids);

  // `queries` holds four words a query, in the engine's order of bits.
  Found search(const std::vector<std::uint64_t>& queries, std::uint32_t radius, unsigned threads) const;
  Scored search_weighted(const std::vector<WeightedQuery>& queries, double threshold, unsigned threads) const;

  // At most kMostLooks looks, of one upload.
  Candidates search_estimates(const std::vector<WeightedQuery>& looks, double threshold, const Leads& leads,
                              GuessLimits limits, std::size_t most, unsigned threads) const;

  // Those of these ids that are held, in order, and their rows in the engine's order of bits.
  std::pair<std::vector<std::uint32_t>, std::vector<Words>> held(const std::vector<std::uint32_t>& ids) const;

  // Whether `tidy` has something to do.
  bool overdue() const;

  // Make the pile a table, join tables of like size, drop what left. One step; false when there was none to make.
  // Throws std::bad_alloc; then everything is as it was, and the next call tries again.
  bool tidy(unsigned threads);

  // Bring everything that is held at the moment into one table, and give it. Null when there are no rows.
  std::shared_ptr<const MihTable> merge(unsigned threads);

  std::size_t table_count() const { return now()->parts.size(); }

 private:
  struct State {
    std::vector<MihPart> parts;
    std::shared_ptr<const Chunks> frozen = std::make_shared<const Chunks>();
    std::shared_ptr<const Chunks> fresh = std::make_shared<const Chunks>();

    std::size_t size() const;
  };
  // What one merge takes: these parts and, if so, the frozen pile.
  struct Choice {
    std::size_t first;
    std::size_t last;
    bool with_frozen;
  };

  std::shared_ptr<const State> now() const;
  void publish(std::shared_ptr<const State> next) noexcept;
  bool holds_in_tables(const State& state, std::uint32_t id) const;
  void freeze();
  Choice chosen(const State& state) const;
  std::shared_ptr<const MihTable> merge_chosen(const Choice& choice, unsigned threads);

  const Kernels& kernels_;
  std::mutex merge_lock_;  // one merge at a time; taken before the next
  std::mutex write_lock_;  // one writer at a time; guards the five below
  Pile fresh_;
  Pile frozen_;
  Numbering numbering_;
  bool merging_ = false;
  std::vector<std::uint32_t> removed_meanwhile_;  // since the merge that is under way began
  mutable std::mutex publish_lock_;               // held only while the pointer below is copied
  std::shared_ptr<const State> current_;
};

}  // namespace notcontent
