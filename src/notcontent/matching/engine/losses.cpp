#include "losses.hpp"

#include <algorithm>
#include <cmath>

namespace notcontent {
namespace {

constexpr float kLargest = 255;  // what the weightiest bit loses
constexpr float kMostOfAll = kLargest * 256;
constexpr float kSlack = 1e-3F;  // of a score: more than rounding can make of the sums here and of the exact ones
constexpr std::size_t kSums = 8;  // kept at once, so that they can be added side by side

}  // namespace

Losses::Losses(const WeightedQuery& look, double threshold) : of{}, bits(look.bits), most(-1) {
  std::array<float, kSums> largest{};
  for (std::size_t bit = 0; bit < 256; ++bit) largest[bit % kSums] = std::max(largest[bit % kSums], look.weights[bit]);
  const float unit = *std::max_element(largest.begin(), largest.end());
  if (unit == 0) return;  // without any weight nothing is found

  // In shares of the largest one, whose squares neither vanish nor overflow.
  std::array<float, kSums> sums{};
  std::array<float, kSums> squares{};
  for (std::size_t bit = 0; bit < 256; ++bit) {
    const float share = look.weights[bit] / unit;
    sums[bit % kSums] += share;
    squares[bit % kSums] += share * share;
    of[bit] = static_cast<std::uint8_t>(static_cast<int>(share * kLargest));
  }
  float sum = 0;
  float square = 0;
  for (std::size_t i = 0; i < kSums; ++i) {
    sum += sums[i];
    square += squares[i];
  }
  const float spare = (sum - (static_cast<float>(threshold) - kSlack) * std::sqrt(square)) / 2 * kLargest;
  if (spare >= 0) most = static_cast<std::int32_t>(std::min(spare, kMostOfAll));
}

bool Losses::may_fit(const std::uint64_t* words) const {
  std::int32_t lost = 0;
  for (std::size_t word = 0; word < kRowWords; ++word) {
    for (std::uint64_t differing = words[word] ^ bits[word]; differing != 0; differing &= differing - 1) {
      lost += of[word * 64 + static_cast<std::size_t>(__builtin_ctzll(differing))];
    }
  }
  return lost <= most;
}

}  // namespace notcontent
