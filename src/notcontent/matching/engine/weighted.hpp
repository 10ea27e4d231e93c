// Rows by how well they fit an estimate: bits that are not all equally sure.
//
// A row's score is the sum, over its 256 bits, of the bit's weight (its log-odds) where the row has the estimated bit
// and of its negative where it has not, divided by the length of the vector of weights. A stranger's score is about
// normal with mean 0 and spread 1; a row that has every estimated bit has the largest, the weights' sum over length.
#pragma once

#include <array>
#include <vector>

#include "rows.hpp"

namespace notcontent {

struct WeightedQuery {
  std::array<std::uint64_t, kRowWords> bits;
  std::array<float, 256> weights;  // of the same bits
};

struct ScoredHit {
  float score;
  std::uint32_t id;
};

using ScoredHits = std::vector<ScoredHit>;

// As Found: by descending score, then id.
struct Scored {
  std::vector<std::int64_t> lims;
  std::vector<std::uint32_t> ids;
  std::vector<float> scores;
};

// Scores rows for one query, eight bits at a time by table. Rows of a table and of a pile get the same score.
class WeightedScan {
 public:
  WeightedScan(const WeightedQuery& query, double threshold);

  // A row whose words lie `stride` apart.
  void look_at(const std::uint64_t* words, std::size_t stride, std::uint32_t id, ScoredHits& hits) const;
  void look_at_all(const Rows& rows, ScoredHits& hits) const;

 private:
  std::array<std::array<float, 256>, kRowBytes> tables_;  // what each value of each byte adds to the score
  std::array<float, kRowBytes + 1> most_after_;           // at most added by this byte and those after it
  float threshold_;
  bool empty_;  // no weight at all: nothing fits
};

Scored in_order(std::vector<ScoredHits>& hits);

}  // namespace notcontent
