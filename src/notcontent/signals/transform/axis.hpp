// One axis of a picture, or of a part of it: what each of PDQ's 64 samples along it is made of.
//
// Full-size PDQ blurs with a box twice and keeps 64 samples. That is linear, so each kept sample is a short run of
// weights over the pixels. Of a picture decoded at a fraction of its size the pixels are not known, only the means of
// `scale` pixels: they are estimated from the means by a cubic (Catmull-Rom, corrected so that the estimates' own means
// come out near the given ones), which is linear too, and the weights are those of the product.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace notcontent {

constexpr int kGrid = 64;

// A run of weights over samples: `count` of them from sample `start` on, kept in the axis from `offset` on.
struct Tap {
  std::int64_t start;
  std::int64_t count;
  std::size_t offset;
};

class Axis {
 public:
  // The pixels [first, end) of an axis of `pixels`, of which every `scale` make a sample; `mirrored` reads them from
  // the last to the first. Throws std::invalid_argument for an empty part, one outside, or a scale not of 1, 2, 4, 8.
  Axis(std::int64_t pixels, std::int64_t first, std::int64_t end, std::int64_t scale, bool mirrored);

  std::int64_t samples() const { return samples_; }
  std::int64_t part() const { return end_ - first_; }
  const Tap& tap(int k) const { return taps_[static_cast<std::size_t>(k)]; }
  const double* weights(const Tap& tap) const { return weights_.data() + tap.offset; }
  // Away from the edges the two boxes make a tent: at scale 1 tap k then is tent()[i] / area() over whole numbers,
  // which rise to a window and fall again. An axis of longer windows than 128 pixels, or of another scale, has none.
  bool is_tent(int k) const { return tents_[static_cast<std::size_t>(k)]; }
  const std::vector<std::int32_t>& tent() const { return tent_; }
  std::int64_t area() const { return window_ * window_; }
  // The samples that any tap reads: [lowest, highest).
  std::int64_t lowest() const { return lowest_; }
  std::int64_t highest() const { return highest_; }

 private:
  std::int64_t pixels_;
  std::int64_t first_;
  std::int64_t end_;
  std::int64_t scale_;
  std::int64_t samples_;
  std::int64_t lowest_ = 0;
  std::int64_t highest_ = 0;
  std::int64_t window_;
  std::array<bool, kGrid> tents_{};
  std::vector<std::int32_t> tent_;
  std::array<Tap, kGrid> taps_{};
  std::vector<double> weights_;
};

}  // namespace notcontent
