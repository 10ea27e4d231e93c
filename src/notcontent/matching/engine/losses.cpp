#include "losses.hpp"

#include <algorithm>
#include <cmath>

namespace notcontent {
namespace {

constexpr float kLargest = 255;  // what the weightiest bit loses
constexpr float kMostOfAll = kLargest * 256;
constexpr float kSlack = 1e-3F;      // of a score: more than rounding can make of the sums here and of the exact ones
constexpr std::size_t kAtOnce = 16;  // weights that are added side by side

}  // namespace

Losses::Losses(const WeightedQuery& look, double threshold) : of{}, bits(look.bits), most(-1) {
  const float* weights = look.weights.data();
  float largest[kAtOnce] = {};
  for (std::size_t first = 0; first < 256; first += kAtOnce) {
    for (std::size_t i = 0; i < kAtOnce; ++i) largest[i] = std::max(largest[i], weights[first + i]);
  }
  const float unit = *std::max_element(largest, largest + kAtOnce);
  if (unit == 0) return;  // without any weight nothing is found

  // In shares of the largest one, whose squares neither vanish nor overflow.
  float sums[kAtOnce] = {};
  float squares[kAtOnce] = {};
  for (std::size_t first = 0; first < 256; first += kAtOnce) {
    float shares[kAtOnce];
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      shares[i] = weights[first + i] / unit;
      sums[i] += shares[i];
      squares[i] += shares[i] * shares[i];
    }
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      of[first + i] = static_cast<std::uint8_t>(static_cast<int>(shares[i] * kLargest));
    }
  }
  float sum = 0;
  float square = 0;
  for (std::size_t i = 0; i < kAtOnce; ++i) {
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
