#include "profiles.hpp"

#include <algorithm>
#include <limits>

namespace notcontent {
namespace {

constexpr std::size_t kAround = 7;
constexpr float kNone = -std::numeric_limits<float>::infinity();

}  // namespace

float median(std::vector<float> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return values.size() % 2 != 0 ? *middle : (*std::max_element(values.begin(), middle) + *middle) / 2;
}

void standing(const float* values, std::size_t count, float* above) {
  std::vector<float> padded(count + 2 * kAround);
  std::copy_n(values, count, padded.begin() + kAround);
  for (std::size_t i = 1; i <= kAround; ++i) {
    padded[kAround - i] = values[i];
    padded[kAround + count - 1 + i] = values[count - 1 - i];
  }
  // The three largest of the twelve around each value, all values beside each other.
  std::vector<float> first(count, kNone);
  std::vector<float> second(count, kNone);
  std::vector<float> third(count, kNone);
  for (std::size_t other = 0; other < 2 * kAround + 1; ++other) {
    if (other + 1 >= kAround && other <= kAround + 1) continue;
    const float* near = padded.data() + other;
    for (std::size_t at = 0; at < count; ++at) {
      const float value = near[at];
      const float below_first = value < first[at] ? value : first[at];
      first[at] = value > first[at] ? value : first[at];
      const float below_second = below_first < second[at] ? below_first : second[at];
      second[at] = below_first > second[at] ? below_first : second[at];
      third[at] = below_second > third[at] ? below_second : third[at];
    }
  }
  for (std::size_t at = 0; at < count; ++at) above[at] = values[at] - third[at];
}

std::vector<std::pair<float, std::size_t>> peaks(const std::vector<float>& values, float least, std::size_t most) {
  std::vector<std::pair<float, std::size_t>> large;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] >= least) large.emplace_back(values[i], i);
  }
  std::stable_sort(large.begin(), large.end(), [](const auto& one, const auto& two) { return one.first > two.first; });
  large.resize(std::min(large.size(), 3 * most));
  std::vector<std::pair<float, std::size_t>> found;
  for (const auto& peak : large) {
    const auto touches = [&](const auto& other) {
      return std::max(peak.second, other.second) - std::min(peak.second, other.second) <= 2;
    };
    if (found.size() < most && std::none_of(found.begin(), found.end(), touches)) found.push_back(peak);
  }
  return found;
}

std::pair<std::size_t, std::size_t> soft_ends(const float* values, std::size_t count, double share, double most) {
  const std::size_t quarter = count / 4;
  const double middle = median(std::vector<float>(values + quarter, values + count - quarter));
  const auto limit = static_cast<float>(std::min(most, share * middle));
  std::size_t first = 0;
  while (first < count && values[first] <= limit) ++first;
  if (first == count) return {0, 0};
  std::size_t last = 0;
  while (values[count - 1 - last] <= limit) ++last;
  return {first, last};
}

std::pair<std::size_t, float> mirrored_pair(const std::vector<float>& above, std::size_t end) {
  const std::size_t count = above.size();
  std::pair<std::size_t, float> best{0, kNone};
  for (std::size_t row = 2; row < end; ++row) {
    const std::size_t other = count - 1 - row;  // or a neighbour of it: odd heights are off by one
    const float widest = std::max(above[other], std::max(above[other - 1], above[other + 1]));
    const float weaker = std::min(above[row], widest);
    if (weaker > best.second) best = {row + 1, weaker};
  }
  return best;
}

}  // namespace notcontent
