// The rows that fit some look of one upload, looked up instead of scored one and all.
//
// Some of the looks lead: each guesses what the chunks of the row that it was made from may be (guesses.hpp). What lies
// in those buckets with a check word that fits is scored for the look that guessed it, roughly (losses.hpp) and then
// exactly (weighted.hpp). A row that comes up to the hint for one leading look is scored for all looks, so the scores
// are those of scoring every row. What no leading look guessed is missed: that is the price, and how often it happens
// is measured (docs/explanation/matching.md). Looks of one upload are much alike, so a lower hint makes up for those
// that do not lead.
#pragma once

#include <array>
#include <optional>

#include "kernels.hpp"
#include "mih_search.hpp"
#include "pile.hpp"

namespace notcontent {

constexpr std::array<unsigned, 2> kSampledChunks{3, 11};  // that tell how many guesses there will be

// The best first: by descending score, then id.
struct Candidates {
  std::vector<std::uint32_t> ids;
  std::vector<float> scores;
  std::vector<std::uint32_t> looks;  // the number of the look that each fits best; the first one of equals
  std::size_t left_out;              // how many more there are that fit less well
};

// The looks that guess, by number, ascending, and from which score on their rows are scored for all looks: at most the
// threshold of the search.
struct Leads {
  std::vector<std::uint32_t> looks;
  double hint;
};

// All rows of a table, in order, or of a pile's tile, as `sweep_weighted` wants them.
class PartRows {
 public:
  explicit PartRows(const MihPart& part) : table_(*part.table), dead_(*part.dead) {}
  WeightedRow operator()(std::size_t r) const { return {dead_.has(r) ? nullptr : table_.row(r), 1, table_.id(r)}; }

 private:
  const MihTable& table_;
  const DeadRows& dead_;
};

class TileRows {
 public:
  explicit TileRows(const Rows& tile) : tile_(tile) {}
  WeightedRow operator()(std::size_t r) const {
    return {tile_.blocks + r / kBlockRows * kBlockWords + r % kBlockRows, kBlockRows, tile_.ids[r]};
  }

 private:
  const Rows& tile_;
};

// What the leading looks guess about one chunk, and what the chunk after it costs each of them.
struct GuessedChunk {
  std::vector<Guess> guesses;
  std::vector<CheckCosts> checks;
};

// What one thread looks up with.
struct LookUp {
  Guesser guesser;
  GuessedChunk guessed;
  std::vector<GuessProbe> probes;
  Survivors survivors;
  std::vector<Appended<NearRow>> met;  // of each table: rows that are still to be looked at
  std::vector<NearRow> in_order;
  std::vector<std::vector<NearRow>> near;  // of each table: rows that may fit
};

// One search for one upload. Used up by `best`.
class EstimateSearch {
 public:
  // At most kMostLooks looks, which are borrowed.
  EstimateSearch(const std::vector<WeightedQuery>& looks, double threshold, const Leads& leads, GuessLimits limits,
                 const Kernels& kernels, unsigned threads);

  // Look up the tables' rows; or score all of a table's, where that is less work.
  void search(const std::vector<MihPart>& parts);
  // Score all rows of a pile.
  void search(const Chunks& pile);

  Candidates best(std::size_t most);

 private:
  const std::vector<WeightedScan>& scans();
  bool is_worth_looking_up(const MihPart& part);
  void guess(Guesser& guesser, unsigned chunk, GuessedChunk& guessed) const;
  void look_up(const std::vector<const MihPart*>& parts);
  std::vector<std::vector<NearRow>> near_rows(const std::vector<const MihPart*>& parts) const;
  void open_buckets(const MihTable& table, unsigned chunk, const GuessedChunk& guessed, LookUp& with,
                    std::size_t part) const;
  void look_at_rows(const MihTable& table, LookUp& with, std::size_t part) const;
  std::vector<std::uint32_t> fitting(const MihPart& part, std::vector<NearRow> near) const;
  void score_all(const MihPart& part);
  void score_some(const MihPart& part, const std::vector<std::uint32_t>& places);

  const Kernels& kernels_;
  const unsigned threads_;
  const GuessLimits limits_;
  const std::vector<WeightedQuery>& looks_;
  const double threshold_;
  const double hint_;
  std::vector<const WeightedQuery*> leads_;
  std::vector<WeightedScan> scans_;  // of all looks, by the threshold; made when they are first asked for
  // Of leads. Made when some table is large enough to ask whether looking up is worth it.
  std::vector<LookCosts> costs_;
  std::array<GuessedChunk, kSampledChunks.size()> sampled_;
  std::optional<std::size_t> expected_guesses_;
  std::vector<Losses> losses_;                  // by the hint
  std::vector<std::vector<ScoredHits>> found_;  // by thread and look
};

}  // namespace notcontent
