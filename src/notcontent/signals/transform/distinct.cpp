#include "distinct.hpp"

#include <algorithm>
#include <stdexcept>

namespace notcontent {
namespace {

std::int64_t height_of(const Corners& region) { return region[2] - region[0]; }
std::int64_t width_of(const Corners& region) { return region[3] - region[1]; }

// Whether all sides lie within a share of those of another region, by the larger one's height and width.
bool are_alike(const Corners& one, const Corners& other, double same) {
  const double down = same * static_cast<double>(std::max(height_of(one), height_of(other)));
  const double across = same * static_cast<double>(std::max(width_of(one), width_of(other)));
  for (std::size_t side = 0; side < one.size(); ++side) {
    const auto apart = static_cast<double>(std::max(one[side] - other[side], other[side] - one[side]));
    if (apart > (side % 2 == 0 ? down : across)) return false;
  }
  return true;
}

// A region of the sheet in the picture's own pixels, exactly.
Corners exact_region(const Strided<std::uint8_t>& luma, const FullSize& picture, const Corners& box, std::size_t n,
                     int clip) {
  const auto whole_height = static_cast<std::int64_t>(luma.height / n);
  const auto whole_width = static_cast<std::int64_t>(luma.width / n);
  if (box[0] < 0 || box[1] < 0 || box[2] > whole_height || box[3] > whole_width) {
    throw std::invalid_argument("the region lies outside of the sheet");
  }
  const Part on_sheet{static_cast<std::size_t>(box[0]), static_cast<std::size_t>(box[1]),
                      static_cast<std::size_t>(box[2]), static_cast<std::size_t>(box[3])};
  const Part fine = exact(luma, on_sheet, n, clip);
  const auto pixels = [&](std::size_t samples) { return static_cast<std::int64_t>(samples) * picture.scale; };
  return {pixels(fine.top), pixels(fine.left), fine.bottom == luma.height ? picture.height : pixels(fine.bottom),
          fine.right == luma.width ? picture.width : pixels(fine.right)};
}

}  // namespace

std::vector<Corners> distinct(const Strided<std::uint8_t>& luma, const FullSize& picture,
                              const std::vector<Corners>& proposed, std::size_t n, int clip, const RegionLimits& limits,
                              std::vector<Corners> seen) {
  std::vector<Corners> kept;
  for (auto box = proposed.begin(); box != proposed.end() && kept.size() < limits.most; ++box) {
    if (std::min(height_of(*box), width_of(*box)) < 2 || std::find(proposed.begin(), box, *box) != box) continue;
    const Corners region = exact_region(luma, picture, *box, n, clip);
    const std::int64_t height = height_of(region);
    const std::int64_t width = width_of(region);
    if (std::min(height, width) < limits.least_side || static_cast<double>(height * width) < limits.least_area)
      continue;
    const auto alike = [&](const Corners& other) { return are_alike(region, other, limits.same); };
    if (std::any_of(seen.begin(), seen.end(), alike)) continue;
    kept.push_back(region);
    seen.push_back(region);
  }
  return kept;
}

}  // namespace notcontent
