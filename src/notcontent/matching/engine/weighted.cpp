#include "weighted.hpp"

#include <algorithm>
#include <cmath>

namespace notcontent {
namespace {

constexpr std::size_t kHalvesAtOnce = 16;  // before looking whether the rest could still reach the threshold
constexpr float kSlack = 1e-3F;            // more than rounding can make of 64 sums

double length_of(const WeightedQuery& query) {
  double squares = 0;
  for (const float weight : query.weights) squares += double{weight} * double{weight};
  return std::sqrt(squares);
}

// What a half byte adds, by its two lower and its two upper bits: their sum is what the whole one adds.
struct HalfAdds {
  HalfAdds(const WeightedQuery& query, std::size_t half, double scale) {
    const auto wanted = static_cast<unsigned>(query.bits[half / 16] >> (half % 16 * 4) & 0xfU);
    float adds[4];  // of a bit that is set
    for (unsigned bit = 0; bit < 4; ++bit) {
      const auto weight = static_cast<float>(double{query.weights[half * 4 + bit]} * scale);
      adds[bit] = (wanted >> bit & 1U) != 0 ? weight : -weight;
    }
    for (unsigned value = 0; value < 4; ++value) {
      lower[value] = ((value & 1U) != 0 ? adds[0] : -adds[0]) + ((value & 2U) != 0 ? adds[1] : -adds[1]);
      upper[value] = ((value & 1U) != 0 ? adds[2] : -adds[2]) + ((value & 2U) != 0 ? adds[3] : -adds[3]);
    }
    most = (std::abs(adds[0]) + std::abs(adds[1])) + (std::abs(adds[2]) + std::abs(adds[3]));
  }
  float of(unsigned value) const { return lower[value & 3U] + upper[value >> 2]; }

  float lower[4];
  float upper[4];
  float most;  // of what some value adds: rounded as that is
};

// What each value of each half byte adds, and the most that one of them does; nothing where there is no weight at all.
void add_up(const WeightedQuery& query, double length, HalfTables& tables, std::array<float, kHalves>& most) {
  if (length == 0) return;
  for (std::size_t half = 0; half < kHalves; ++half) {
    const HalfAdds adds(query, half, 1 / length);
    float* table = tables[half].data();
    for (unsigned upper = 0; upper < 4; ++upper) {
      for (unsigned lower = 0; lower < 4; ++lower) table[4 * upper + lower] = adds.lower[lower] + adds.upper[upper];
    }
    most[half] = adds.most;
  }
}

}  // namespace

WeightedScan::WeightedScan(const WeightedQuery& query, double threshold) : threshold_(static_cast<float>(threshold)) {
  const double length = length_of(query);
  empty_ = length == 0;
  std::array<float, kHalves> most{};
  add_up(query, length, tables_, most);
  rough_ = Rough(tables_, most, threshold_);
  for (std::size_t half = kHalves; half-- > 0;) most_after_[half] = most_after_[half + 1] + most[half];
}

void WeightedScan::look_at(const std::uint64_t* words, std::size_t stride, std::uint32_t id, ScoredHits& hits) const {
  float score = 0;
  for (std::size_t half = 0; half < kHalves; ++half) {
    if (half % kHalvesAtOnce == 0 && score + most_after_[half] + kSlack < threshold_) return;
    score += tables_[half][words[half / 16 * stride] >> (half % 16 * 4) & 0xfU];
  }
  if (score >= threshold_) hits.push_back({score, id});
}

PlainScore::PlainScore(const WeightedQuery& query) : bits_(query.bits), adds_{} {
  const double length = length_of(query);
  if (length == 0) return;
  const double scale = 1 / length;
  for (std::size_t bit = 0; bit < adds_.size(); ++bit) {
    adds_[bit] = static_cast<float>(double{query.weights[bit]} * scale);
  }
}

// Added up in the same order as by table, so that rounding is the same.
float PlainScore::of(const std::uint64_t* words, std::size_t stride) const {
  constexpr float kSigns[] = {1, -1};
  float score = 0;
  for (std::size_t half = 0; half < kHalves; ++half) {
    const std::size_t word = half / 16;
    const std::uint64_t differing = (words[word * stride] ^ bits_[word]) >> (half % 16 * 4);
    const float* adds = adds_.data() + 4 * half;
    const float lower = adds[0] * kSigns[differing & 1U] + adds[1] * kSigns[differing >> 1 & 1U];
    const float upper = adds[2] * kSigns[differing >> 2 & 1U] + adds[3] * kSigns[differing >> 3 & 1U];
    score += lower + upper;
  }
  return score;
}

Scored in_order(std::vector<std::vector<ScoredHits>>& found) {
  Scored scored;
  scored.lims.push_back(0);
  std::vector<ScoredHits>& all = found.front();
  for (std::size_t q = 0; q < all.size(); ++q) {
    for (std::size_t member = 1; member < found.size(); ++member) {
      all[q].insert(all[q].end(), found[member][q].begin(), found[member][q].end());
    }
    std::sort(all[q].begin(), all[q].end(), [](const ScoredHit& a, const ScoredHit& b) {
      return a.score != b.score ? a.score > b.score : a.id < b.id;
    });
    for (const ScoredHit& hit : all[q]) {
      scored.ids.push_back(hit.id);
      scored.scores.push_back(hit.score);
    }
    scored.lims.push_back(static_cast<std::int64_t>(scored.ids.size()));
  }
  return scored;
}

}  // namespace notcontent
