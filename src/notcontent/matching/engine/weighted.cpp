#include "weighted.hpp"

#include <algorithm>
#include <cmath>

namespace notcontent {
namespace {

constexpr std::size_t kBytesAtOnce = 8;  // before looking whether the rest could still reach the threshold
constexpr float kSlack = 1e-3F;          // more than rounding can make of 256 sums

}  // namespace

WeightedScan::WeightedScan(const WeightedQuery& query, double threshold)
    : tables_{}, most_after_{}, threshold_(static_cast<float>(threshold)) {
  double squares = 0;
  for (const float weight : query.weights) squares += double{weight} * double{weight};
  empty_ = squares == 0;
  const double length = empty_ ? 1 : std::sqrt(squares);
  for (std::size_t byte = 0; byte < kRowBytes; ++byte) {
    const auto wanted = static_cast<unsigned>(query.bits[byte / 8] >> (byte % 8 * 8) & 0xffU);
    for (unsigned value = 0; value < 256; ++value) {
      double sum = 0;
      for (unsigned bit = 0; bit < 8; ++bit) {
        const double weight = double{query.weights[byte * 8 + bit]} / length;
        sum += (value ^ wanted) >> bit & 1 ? -weight : weight;
      }
      tables_[byte][value] = static_cast<float>(sum);
    }
  }
  for (std::size_t byte = kRowBytes; byte-- > 0;) {
    most_after_[byte] = most_after_[byte + 1] + *std::max_element(tables_[byte].begin(), tables_[byte].end());
  }
}

void WeightedScan::look_at(const std::uint64_t* words, std::size_t stride, std::uint32_t id, ScoredHits& hits) const {
  if (empty_) return;
  float score = 0;
  for (std::size_t byte = 0; byte < kRowBytes; ++byte) {
    if (byte % kBytesAtOnce == 0 && score + most_after_[byte] + kSlack < threshold_) return;
    score += tables_[byte][words[byte / 8 * stride] >> (byte % 8 * 8) & 0xffU];
  }
  if (score >= threshold_) hits.push_back({score, id});
}

void WeightedScan::look_at_all(const Rows& rows, ScoredHits& hits) const {
  for (std::size_t r = 0; r < rows.count; ++r) {
    look_at(rows.blocks + r / kBlockRows * kBlockWords + r % kBlockRows, kBlockRows, rows.ids[r], hits);
  }
}

Scored in_order(std::vector<ScoredHits>& hits) {
  Scored scored;
  scored.lims.push_back(0);
  for (ScoredHits& some : hits) {
    std::sort(some.begin(), some.end(), [](const ScoredHit& a, const ScoredHit& b) {
      return a.score != b.score ? a.score > b.score : a.id < b.id;
    });
    for (const ScoredHit& hit : some) {
      scored.ids.push_back(hit.id);
      scored.scores.push_back(hit.score);
    }
    scored.lims.push_back(static_cast<std::int64_t>(scored.ids.size()));
  }
  return scored;
}

}  // namespace notcontent
