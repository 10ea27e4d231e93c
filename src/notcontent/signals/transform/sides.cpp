#include "sides.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>
#include <vector>

#include "profiles.hpp"

namespace notcontent {
namespace {

constexpr std::size_t kPoints = 40;  // rows along which the end of the ground is sought
constexpr std::size_t kApart = 6;    // points that lines are tried through lie so many rows of points from each other

struct Point {
  std::size_t row;
  double depth;  // samples of ground before it

  double place() const { return static_cast<double>(row) + 0.5; }
};

// Where the ground ends in each row, if it does so before the middle: at the first of two samples that are not of it.
std::vector<Point> ends_of_ground(const Strided<float>& plane, float level, float same_ground) {
  std::vector<Point> found;
  found.reserve(kPoints);
  const double step = static_cast<double>(plane.height - 1) / (kPoints - 1);
  for (std::size_t i = 0; i < kPoints; ++i) {
    const std::size_t row =
        i + 1 == kPoints ? plane.height - 1 : static_cast<std::size_t>(static_cast<double>(i) * step);
    const auto apart = [&](std::size_t x) { return std::fabs(plane.at(row, x) - level) > same_ground; };
    std::size_t x = 0;
    while (2 * x < plane.width && x + 1 < plane.width && !(apart(x) && apart(x + 1))) ++x;  // one alone is noise
    if (2 * x < plane.width && x + 1 < plane.width) found.push_back({row, static_cast<double>(x)});
  }
  return found;
}

bool is_near(const Side& line, const Point& point, double near) {
  return std::fabs(std::max(line.offset + line.slope * point.place(), 0.0) - point.depth) <= near;
}

std::size_t count_near(const Side& line, const std::vector<Point>& points, double near) {
  return static_cast<std::size_t>(
      std::count_if(points.begin(), points.end(), [&](const Point& point) { return is_near(line, point, near); }));
}

// Of lines through two points, and the plane's own side, the first that most points are near to, and how many are.
std::pair<Side, std::size_t> likeliest(const std::vector<Point>& points, const SideLimits& limits) {
  std::pair<Side, std::size_t> best{{0.0, 0.0}, 0};
  const auto attempt = [&](const Side& line) {
    const std::size_t count = count_near(line, points, limits.near);
    if (count > best.second) best = {line, count};
  };
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = i + kApart; j < points.size(); ++j) {
      const Point& one = points[i];
      const Point& two = points[j];
      if (one.depth == 0 || two.depth == 0) continue;
      const double slope = (two.depth - one.depth) / (two.place() - one.place());
      if (std::fabs(slope) <= limits.steepest) attempt({one.depth - slope * one.place(), slope});
    }
  }
  attempt({0.0, 0.0});
  return best;
}

// The line of least squares through two points at least.
Side through(const std::vector<Point>& points) {
  double place = 0.0;
  double depth = 0.0;
  for (const Point& point : points) {
    place += point.place();
    depth += point.depth;
  }
  place /= static_cast<double>(points.size());
  depth /= static_cast<double>(points.size());
  double product = 0.0;
  double square = 0.0;
  for (const Point& point : points) {
    product += (point.place() - place) * (point.depth - depth);
    square += (point.place() - place) * (point.place() - place);
  }
  const double slope = product / square;
  return {depth - slope * place, slope};
}

}  // namespace

std::optional<float> find_ground(const Strided<float>& plane, float same_ground) {
  std::array<float, 4> corners{};
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const std::size_t y = i < 2 ? 0 : plane.height - 2;
    const std::size_t x = i % 2 == 0 ? 0 : plane.width - 2;
    corners[i] = (((plane.at(y, x) + plane.at(y, x + 1)) + plane.at(y + 1, x)) + plane.at(y + 1, x + 1)) / 4;
  }
  std::vector<float> most;
  for (const float corner : corners) {
    std::vector<float> alike;
    std::copy_if(corners.begin(), corners.end(), std::back_inserter(alike),
                 [&](float other) { return std::fabs(corner - other) <= same_ground; });
    if (alike.size() > most.size()) most = std::move(alike);
  }
  if (most.size() < 2) return std::nullopt;
  return median(std::move(most));
}

std::optional<Side> find_side(const Strided<float>& plane, float level, const SideLimits& limits) {
  const std::vector<Point> points = ends_of_ground(plane, level, limits.same_ground);
  if (points.size() < kPoints / 3) return std::nullopt;
  const auto [line, count] = likeliest(points, limits);
  if (static_cast<double>(count) / static_cast<double>(points.size()) < limits.agreeing) return std::nullopt;
  std::vector<Point> on;
  std::vector<float> before;
  for (const Point& point : points) {
    if (point.depth == 0 || line.offset + line.slope * point.place() <= 0 || !is_near(line, point, limits.near))
      continue;
    on.push_back(point);
    const std::size_t x = static_cast<std::size_t>(std::max(point.depth - 2, 0.0));
    before.push_back(std::fabs(plane.at(point.row, x) - level));
  }
  if (on.size() < 2 || static_cast<double>(on.size()) < limits.least_seen * kPoints) return Side{0.0, 0.0};
  if (median(std::move(before)) > limits.same_ground / 2) return std::nullopt;
  return through(on);
}

}  // namespace notcontent
