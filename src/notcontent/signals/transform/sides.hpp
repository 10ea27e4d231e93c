// A side of a picture at a slant before a plain ground: the line along which the ground ends (views/quads.py).
#pragma once

#include <optional>

#include "sheet.hpp"

namespace notcontent {

// So far in from the plane's left, in samples, at its first row, and so much more a row.
struct Side {
  double offset;
  double slope;
};

// The level that most corners of a plane have, give or take `same_ground`; nothing when no two have the same. The plane
// has two rows and two columns at least.
std::optional<float> find_ground(const Strided<float>& plane, float same_ground);

// What a line must be like; quads.py says what each is.
struct SideLimits {
  float same_ground;
  double steepest;
  double near;
  double agreeing;
  double least_seen;
};

// The line at which a ground of `level` at the left ends; the plane's own side where the ground is hardly seen. Nothing
// where the ground ends along no line, or not at once. The plane is two samples wide at least.
std::optional<Side> find_side(const Strided<float>& plane, float level, const SideLimits& limits);

}  // namespace notcontent
