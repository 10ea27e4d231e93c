#include "axis.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace notcontent {
namespace {

using Weights = std::vector<double>;
constexpr std::int64_t kLongestWindow = 128;

// Weights over the integers from `start` on.
struct Run {
  std::int64_t start = 0;
  Weights weights;
};

std::int64_t window_of(std::int64_t n) { return (n + 2 * kGrid - 1) / (2 * kGrid); }

// What sample k of 64 is made of, over the n pixels of the part. The reference runs a box of `window` pixels twice
// (shorter where it hangs over an edge) and keeps the pixel int((k + 0.5) n / 64). A window of 1 changes nothing.
// Says whether both boxes are whole.
bool blur(std::int64_t n, int k, Run& run) {
  const std::int64_t window = window_of(n);
  const std::int64_t ahead = (window + 2) / 2;
  const std::int64_t behind = window - ahead;
  const std::int64_t centre = (2 * k + 1) * n / (2 * kGrid);
  const std::int64_t first = std::max<std::int64_t>(0, centre - behind);
  const std::int64_t end = std::min(n, centre + ahead);
  const std::int64_t start = std::max<std::int64_t>(0, first - behind);
  const std::int64_t stop = std::min(n, end - 1 + ahead);
  const std::int64_t length = stop - start;
  run.start = start;
  run.weights.assign(static_cast<std::size_t>(length), 0.0);
  if (length == 2 * window - 1) {  // both boxes whole: a tent
    const double unit = 1.0 / static_cast<double>(window * window);
    for (std::int64_t i = 0; i < length; ++i) {
      run.weights[static_cast<std::size_t>(i)] = static_cast<double>(std::min(i + 1, length - i)) * unit;
    }
    return true;
  }
  Weights steps(static_cast<std::size_t>(length) + 1, 0.0);  // each box as a step up and a step down
  for (std::int64_t inner = first; inner < end; ++inner) {
    const std::int64_t low = std::max<std::int64_t>(0, inner - behind);
    const std::int64_t high = std::min(n, inner + ahead);
    const double share = 1.0 / static_cast<double>((end - first) * (high - low));
    steps[static_cast<std::size_t>(low - start)] += share;
    steps[static_cast<std::size_t>(high - start)] -= share;
  }
  double level = 0.0;
  for (std::int64_t i = 0; i < length; ++i) {
    level += steps[static_cast<std::size_t>(i)];
    run.weights[static_cast<std::size_t>(i)] = level;
  }
  return false;
}

// A pixel's estimate from four means: those at `base` + 0..3 from the mean that the pixel is in.
struct Estimate {
  std::int64_t base;
  std::array<double, 4> weights;
};

Estimate estimate(std::int64_t phase, std::int64_t scale) {
  const double x = (static_cast<double>(phase) + 0.5) / static_cast<double>(scale) - 0.5;
  const double below = std::floor(x);
  const double t = x - below;
  const double t2 = t * t;
  const double t3 = t2 * t;
  return {static_cast<std::int64_t>(below) - 1,
          {-0.5 * t + t2 - 0.5 * t3, 1.0 - 2.5 * t2 + 1.5 * t3, 0.5 * t + 2.0 * t2 - 1.5 * t3, -0.5 * t2 + 0.5 * t3}};
}

constexpr std::int64_t kReach = 2;  // how far an estimate looks, in means
constexpr std::size_t kStencil = 2 * kReach + 1;

// From pixels to means, for an axis of `pixels` pixels.
class Folding {
 public:
  Folding(std::int64_t pixels, std::int64_t scale) : scale_(scale), samples_((pixels + scale - 1) / scale) {
    for (std::int64_t phase = 0; phase < scale; ++phase) estimates_.push_back(estimate(phase, scale));
    whole_ = mean_of_estimates(scale);
    last_ = mean_of_estimates(pixels - (samples_ - 1) * scale);
  }

  // Weights over pixels -> weights over means, the second in place of the first.
  void fold(Run& run) {
    const auto stop = run.start + static_cast<std::int64_t>(run.weights.size());
    const std::int64_t low = run.start / scale_ - kReach;
    const std::int64_t high = (stop - 1) / scale_ + kReach + 1;
    plain_.assign(static_cast<std::size_t>(high - low), 0.0);
    for (std::int64_t pixel = run.start; pixel < stop; ++pixel) {
      const double weight = run.weights[static_cast<std::size_t>(pixel - run.start)];
      const Estimate& from = estimates_[static_cast<std::size_t>(pixel % scale_)];
      double* place = &plain_[static_cast<std::size_t>(pixel / scale_ + from.base - low)];
      for (std::size_t i = 0; i < 4; ++i) place[i] += weight * from.weights[i];
    }
    const std::int64_t from = clamp(low, plain_);
    correct(from, run);
    run.start = clamp(run.start, run.weights);
  }

 private:
  using Stencil = std::array<double, kStencil>;

  // The mean of the estimates of a sample's first `count` pixels, as weights on the samples around it.
  Stencil mean_of_estimates(std::int64_t count) const {
    Stencil mean{};
    for (std::int64_t phase = 0; phase < count; ++phase) {
      const Estimate& from = estimates_[static_cast<std::size_t>(phase)];
      for (std::size_t i = 0; i < 4; ++i) {
        mean[static_cast<std::size_t>(from.base + kReach) + i] += from.weights[i] / static_cast<double>(count);
      }
    }
    return mean;
  }

  // Move what lies beyond the first or the last sample onto it: there the edge is repeated. Gives the new start.
  std::int64_t clamp(std::int64_t start, Weights& weights) const {
    const auto beyond = static_cast<std::int64_t>(weights.size()) + start - samples_;
    for (std::int64_t i = 0; i < beyond; ++i) {
      const double moved = weights.back();
      weights.pop_back();
      weights.back() += moved;
    }
    if (start >= 0) return start;
    const auto before = static_cast<std::size_t>(-start);
    for (std::size_t i = 0; i < before; ++i) weights[before] += weights[i];
    weights.erase(weights.begin(), weights.begin() + static_cast<std::ptrdiff_t>(before));
    return 0;
  }

  // The estimates' own means differ a little from the means they were made from: subtract that, once.
  void correct(std::int64_t start, Run& run) const {
    const std::size_t count = plain_.size();
    run.start = start - kReach;
    run.weights.assign(count + 2 * kReach, 0.0);
    for (std::size_t i = 0; i < count; ++i) {
      const Stencil& mean = start + static_cast<std::int64_t>(i) + 1 == samples_ ? last_ : whole_;
      run.weights[i + kReach] += 2.0 * plain_[i];
      for (std::size_t j = 0; j < kStencil; ++j) run.weights[i + j] -= plain_[i] * mean[j];
    }
  }

  std::int64_t scale_;
  std::int64_t samples_;
  std::vector<Estimate> estimates_;
  Stencil whole_{};
  Stencil last_{};
  Weights plain_;
};

}  // namespace

Axis::Axis(std::int64_t pixels, std::int64_t first, std::int64_t end, std::int64_t scale, bool mirrored)
    : pixels_(pixels), first_(first), end_(end), scale_(scale), samples_(0), window_(window_of(end - first)) {
  constexpr std::int64_t kMostPixels = 1 << 24;
  if (pixels < 1 || pixels > kMostPixels || first < 0 || first >= end || end > pixels) {
    throw std::invalid_argument("the part is empty or lies outside of the picture");
  }
  if (scale != 1 && scale != 2 && scale != 4 && scale != 8) throw std::invalid_argument("the scale is 1, 2, 4 or 8");
  samples_ = (pixels + scale - 1) / scale;
  lowest_ = samples_;
  const bool has_tent = scale == 1 && window_ <= kLongestWindow;
  for (std::int64_t i = 1; has_tent && i < 2 * window_; ++i) {
    tent_.push_back(static_cast<std::int32_t>(std::min(i, 2 * window_ - i)));
  }
  Folding folding(pixels, scale);
  Run run;
  for (int k = 0; k < kGrid; ++k) {
    tents_[static_cast<std::size_t>(k)] = blur(part(), k, run) && has_tent;
    if (mirrored) {
      run.start = part() - run.start - static_cast<std::int64_t>(run.weights.size());
      std::reverse(run.weights.begin(), run.weights.end());
    }
    run.start += first;
    if (scale > 1) folding.fold(run);
    const auto count = static_cast<std::int64_t>(run.weights.size());
    taps_[static_cast<std::size_t>(k)] = {run.start, count, weights_.size()};
    weights_.insert(weights_.end(), run.weights.begin(), run.weights.end());
    lowest_ = std::min(lowest_, run.start);
    highest_ = std::max(highest_, run.start + count);
  }
}

}  // namespace notcontent
